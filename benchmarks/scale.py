"""What 1, 10 and 100 million tracks take: ``python -m benchmarks.scale``.

Costs of one track, each measured (benchmarks/README.md), times the number of tracks.
Prices are assumptions: hand in your own. A test compares the tables with those of
docs/scale.md.
"""

from dataclasses import dataclass
from typing import Annotated

import typer

from lyre.console import command_line, run

_TRACKS = (1_000_000, 10_000_000, 100_000_000)
_MACHINES = (1, 10, 100)
_GB = 1e9
_FEATURES_BYTES = 938 * 96 * 2  # Frames of 30 s at hop 512 and 16 kHz, bands, float16.

app = command_line("Tell what many tracks take.")


@dataclass(frozen=True)
class Stage:
    """What one track costs in a stage.

    Attributes
    ----------
    name : str
        The command.
    milliseconds : float
        Of one core for one track (and epoch); where it is not shared, by the clock on
        two cores.
    shared : bool
        Whether machines share it, or one does it alone.
    source : str
        How benchmarks/README.md writes the figure.
    """

    name: str
    milliseconds: float
    shared: bool
    source: str


STAGES = (
    Stage("ingest msd, lastfm", (8.67 + 4.75) / 1000, False, "8.67 | 4.75 | 18.88"),
    Stage("ingest audio", 20.07, True, "| | lyre | 20.07 |"),
    Stage("ingest audio, the driver", 0.086, False, "86 us"),
    Stage("dbt run", 60.2 / 1000, False, "| | everything | 60.2 | 90.1 |"),
    Stage("export tfrecord", 32.4, True, "| | lyre | 32.4 |"),
    Stage(
        "export, the driver", 18 / 500, False, "`relabel` of 500,000 tracks\ntook 18 s"
    ),
)
# Two cores took 10.9 clips a second; a track an epoch.
TRAIN = Stage(
    "train fit, an epoch", 2 / 10.9 * 1000, True, "batch 32, clips/s | 10.9 |"
)
PREDICT = Stage("train predict", 248.3, True, "7.42 | 1.00 | 248.3 |")
# Bytes of one track: a clip of 30 s at 128 kbit/s, its features, rows of the warehouse.
CLIP_BYTES = 30 * 128_000 // 8
WAREHOUSE_BYTES = 500


@dataclass(frozen=True)
class Prices:
    """What the reader pays; the defaults are assumptions.

    Attributes
    ----------
    core_hour : float
        Of one core for an hour.
    gb_month : float
        Of a gigabyte for a month.
    cores : int
        Cores of a machine.
    """

    core_hour: float = 0.04
    gb_month: float = 0.02
    cores: int = 16


def core_hours(stage: Stage, tracks: int) -> float:
    """Return the hours of one core; of a stage that is not shared, of its machine."""
    return stage.milliseconds * tracks / 3_600_000


def hours(tracks: int, machines: int, prices: Prices) -> tuple[float, float]:
    """Return the hours of what is shared, and of what one machine does alone.

    The first assume that cores do not hinder one another.
    """
    shared = sum(core_hours(each, tracks) for each in STAGES if each.shared)
    alone = sum(core_hours(each, tracks) for each in STAGES if not each.shared)
    return shared / (machines * prices.cores), alone


def knee(prices: Prices) -> float:
    """Return the number of machines at which both take equally long."""
    shared, alone = hours(1_000_000, 1, prices)
    return shared / alone


def costs(prices: Prices) -> str:
    """Return core-hours, bytes and money for each number of tracks."""
    rows = ["| | 1 M | 10 M | 100 M |", "|---|---:|---:|---:|"]
    for stage in (*STAGES, TRAIN, PREDICT):
        unit = "core-hours" if stage.shared else "hours"
        rows.append(
            _row(f"{stage.name}, {unit}", [core_hours(stage, n) for n in _TRACKS])
        )
    for name, size in (
        ("clips, GB", CLIP_BYTES),
        ("features, GB", _FEATURES_BYTES),
        ("warehouse, GB", WAREHOUSE_BYTES),
    ):
        rows.append(_row(name, [size * n / _GB for n in _TRACKS]))
    work = [
        prices.core_hour * sum(core_hours(each, n) for each in STAGES if each.shared)
        for n in _TRACKS
    ]
    kept = CLIP_BYTES + _FEATURES_BYTES + WAREHOUSE_BYTES
    rows.append(_row("ingest audio and export, money", work))
    rows.append(
        _row(
            "train, 10 epochs, money",
            [10 * prices.core_hour * core_hours(TRAIN, n) for n in _TRACKS],
        )
    )
    rows.append(
        _row(
            "a month of storage, money",
            [prices.gb_month * kept * n / _GB for n in _TRACKS],
        )
    )
    return "\n".join(rows)


def times(prices: Prices) -> str:
    """Return the hours from sources to data set by tracks and machines."""
    rows = [
        "| tracks | 1 machine | 10 machines | 100 machines | one machine's part |",
        "|---|---:|---:|---:|---:|",
    ]
    for tracks in _TRACKS:
        cells = [sum(hours(tracks, machines, prices)) for machines in _MACHINES]
        alone = hours(tracks, 1, prices)[1]
        rows.append(_row(f"{tracks // 1_000_000} M", [*cells, alone]))
    return "\n".join(rows)


def _row(name: str, values: list[float]) -> str:
    cells = " | ".join(_figure(value) for value in values)
    return f"| {name} | {cells} |"


def _figure(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


@app.command()
def scale(
    core_hour: Annotated[
        float, typer.Option(help="Price of a core-hour.")
    ] = Prices.core_hour,
    gb_month: Annotated[
        float, typer.Option(help="Price of a GB for a month.")
    ] = Prices.gb_month,
    cores: Annotated[
        int, typer.Option(min=1, help="Cores of a machine.")
    ] = Prices.cores,
) -> None:
    """Print the tables of docs/scale.md at your prices.

    Example: python -m benchmarks.scale --core-hour 0.03 --cores 32
    """
    prices = Prices(core_hour, gb_month, cores)
    typer.echo(f"{costs(prices)}\n\n{times(prices)}\n")
    typer.echo(
        f"From {knee(prices):.0f} machines on, most of the time is one machine's."
    )


if __name__ == "__main__":
    run(app, "python -m benchmarks.scale")
