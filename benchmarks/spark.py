"""What Spark and its driver cost beside the work: ``python -m benchmarks.spark``.

*task* is an empty one; *share* measures one clip of half a second in a task, less what
the clip itself takes, so that is what a task of ``ingest audio`` costs whatever is in
it; *driver* lists clips and writes their rows, with results that lie ready. Seconds are
those of the processor, of all processes together (Linux).
"""

import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.process import peak_bytes, tree_seconds
from ingest import engines
from ingest.listing import Clip, list_audio, measure_clip
from ingest.load import open_raw
from ingest.pool import Outcome
from ingest.scan import ingest_audio
from lyre.cluster import started
from lyre.console import command_line, run
from lyre.settings import Audio, Spark

_HALF_A_SECOND = bytes(2 * 8000)

app = command_line("Measure what Spark costs.")


@app.command()
def spark(
    tasks: Annotated[int, typer.Option(help="Tasks of each kind.")] = 200,
    clips: Annotated[int, typer.Option(help="Clips of the driver.")] = 20_000,
    master: Annotated[str, typer.Option(help="Where Spark is.")] = "local[2]",
) -> None:
    """Time tasks that do next to nothing, and the driver alone.

    Example: python -m benchmarks.spark --tasks 200 --clips 20000
    """
    with tempfile.TemporaryDirectory(prefix="lyre-benchmark-") as name:
        folder = Path(name)
        _write_clip(folder / "one" / "clip.wav")
        (listed,) = list_audio(folder / "one", print)
        clip = Clip(listed, str(folder / "one"), (60.0,))
        alone = _seconds(lambda: [measure_clip(clip) for _ in range(tasks)]) / tasks
        typer.echo(f"the clip itself {alone * 1000:.2f} ms")
        _driver(folder, clip, clips)
        before = tree_seconds(), time.monotonic()
        with started(Spark(master=master)) as cluster:
            list(cluster.run(abs, range(4)))
            cpu, clock = tree_seconds() - before[0], time.monotonic() - before[1]
            typer.echo(f"start {cpu:.1f} s CPU, {clock:.1f} s")
            share = engines._Share((clip,), Audio(workers=1))
            list(cluster.run(engines._measure_share, [share] * 4))
            for kind, function, task, less in (
                ("task", abs, 1, 0.0),
                ("share", engines._measure_share, share, alone),
            ):
                work = [task] * tasks
                seconds = _seconds(lambda f=function, w=work: list(cluster.run(f, w)))
                typer.echo(f"{kind} {(seconds / tasks - less) * 1000:.1f} ms CPU each")


def _driver(folder: Path, clip: Clip, clips: int) -> None:
    many = folder / "many"
    for number in range(clips):
        file = many / f"{number // 1000:04}" / f"{number}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    result = measure_clip(clip)

    def ready(chosen: Sequence[Clip], _: Audio) -> Iterator[engines.Measured]:
        return (Outcome(each, result) for each in chosen)

    size = peak_bytes()
    with open_raw(folder / "lyre.duckdb") as connection:
        seconds = _seconds(
            lambda: ingest_audio(connection, many, Audio(), measure_all=ready)
        )
    grown = (peak_bytes() - size) / 2**20
    typer.echo(
        f"driver {seconds / clips * 1e6:.0f} us CPU a clip, {grown:.0f} MiB more"
    )


def _write_clip(file: Path) -> None:
    file.parent.mkdir()
    with wave.open(str(file), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(16_000)
        written.writeframes(_HALF_A_SECOND)


def _seconds(work: Callable[[], Any]) -> float:
    before = tree_seconds()
    work()
    return tree_seconds() - before


if __name__ == "__main__":
    run(app, "python -m benchmarks.spark")
