"""``python -m train``: fit, evaluate, predict, models, config.

Without a subcommand it fits on the newest export with the default configuration.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dataset import manifest
from lyre import console, settings
from train import bench_command, initial, named, runs_command
from train import config as configuration
from train.models.registry import default_name
from train.tables import table
from train.tagger import evaluate_command, predict_command

app = console.command_line(
    "Train a music tagger on an export, measure it, and tag files with it.\n\n"
    "Without a command: fit on the newest export with the default configuration.\n\n"
    "Example: python -m train fit --set training.epochs=5 --name first"
)


_Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one key, such as optimizer.name=sgd."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_Tracks = Annotated[
    Path | None,
    typer.Option("--tracks", help="Take only the track ids of a file, one a line."),
]
_Exclude = Annotated[
    Path | None, typer.Option("--exclude-tracks", help="Leave these track ids out.")
]
_Fraction = Annotated[
    float | None, typer.Option(help="Train on this share of the tracks, such as 0.1.")
]


_Init = Annotated[
    str | None,
    typer.Option(
        help="Start from the weights of a trained model (a run, a .keras file, or a "
        "published one such as musicnn-msd), with its sizes and windows.",
    ),
]


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Fit with the defaults where no command is given."""
    if context.invoked_subcommand is None:
        fit()


@app.command()
def fit(
    export: Annotated[
        str | None,
        typer.Argument(help="Name or folder of an export; default: the newest."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="A TOML file; `python -m train config` prints one. Or a JSON of 2019."
        ),
    ] = None,
    overrides: _Set = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run; default: time and model.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a run of the same name.")
    ] = False,
    tracks: _Tracks = None,
    exclude_tracks: _Exclude = None,
    fraction: _Fraction = None,
    init: _Init = None,
) -> None:
    """Train a model and keep the best in a run's folder.

    Example: python -m train fit data/exports/v2 --config run.toml --name first
    """
    known = settings.load()
    folder = named.export(export, known)
    features = manifest.read(folder).features
    chosen = configuration.load(
        config,
        [
            *(initial.overrides(str(named.model(init, known))) if init else ()),
            *(overrides or ()),
            *_of_tracks(tracks, exclude_tracks, fraction),
        ],
        model_name=default_name(features.format),
        say=print,
    )
    # TensorFlow takes seconds to load: only once everything else is right.
    from train import fit as fitting

    done = fitting.fit(
        folder,
        chosen,
        all_runs=known.runs,
        name=name,
        replace=replace,
        say=lambda line: print(line, flush=True),
    )
    print(f"the run lies in {done.folder}")
    if done.interrupted:
        raise typer.Exit(console.DONE_WITH_FAILURES)
    print(f"next: python -m train evaluate {done.folder}")


app.command()(evaluate_command.evaluate)
app.command()(predict_command.predict)
app.command()(bench_command.bench_input)
app.command("runs")(runs_command.list_runs)
app.command()(runs_command.compare)


@app.command()
def models(as_json: _Json = False) -> None:
    """List the architectures, each at its usual size on its usual input.

    Example: python -m train models
    """
    from train.models import overview

    entries = overview.describe_all()
    if as_json:
        print(_json([entry.to_dict() for entry in entries]))
        return
    rows = [
        (
            entry.name,
            entry.reads,
            f"{entry.parameters:,}",
            f"{entry.flops / 1e9:.2f} G",
            entry.paper,
        )
        for entry in entries
    ]
    headings = ("model", "reads", "parameters", "FLOPs a window", "paper")
    print(table(headings, rows))


@app.command()
def config(
    overrides: _Set = None,
    config: Annotated[
        Path | None, typer.Option(help="Begin with this TOML file, or JSON of 2019.")
    ] = None,
) -> None:
    """Print the configuration, every key with its meaning.

    Example: python -m train config > run.toml
    """
    chosen = configuration.load(
        config, overrides or (), say=lambda line: print(line, file=sys.stderr)
    )
    print(configuration.to_toml(chosen), end="")


def _of_tracks(
    keep: Path | None, exclude: Path | None, fraction: float | None
) -> list[str]:
    """Return the overrides that options about tracks stand for."""
    values = {
        "keep": keep and keep.absolute(),
        "exclude": exclude and exclude.absolute(),
        "fraction": fraction,
    }
    return [
        f"tracks.{key}={value}" for key, value in values.items() if value is not None
    ]


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    console.run(app, "python -m train")
