"""``python -m train``: fit, evaluate, predict, models, config.

Without a subcommand it fits on the newest export with the default configuration.
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dataset import exports, manifest
from lyre import console, settings
from train import config as configuration
from train import runs
from train.models.registry import default_name

app = console.command_line(
    "Train a music tagger on an export, measure it, and tag files with it.\n\n"
    "Without a command: fit on the newest export with the default configuration.\n\n"
    "Example: python -m train fit --set training.epochs=5 --name first"
)


class Split(StrEnum):
    """A split, for the command line."""

    train = "train"
    validation = "validation"
    test = "test"


_Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one key, such as optimizer.name=sgd."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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
        typer.Option(help="A TOML file; `python -m train config` prints one."),
    ] = None,
    overrides: _Set = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run; default: time and model.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a run of the same name.")
    ] = False,
) -> None:
    """Train a model and keep the best in a run's folder.

    Example: python -m train fit data/exports/v2 --config run.toml --name first
    """
    known = settings.load()
    folder = _export(export, known)
    features = manifest.read(folder).features
    chosen = configuration.load(
        config, overrides or (), model_name=default_name(features.format)
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


@app.command()
def evaluate(
    run: Annotated[
        str, typer.Argument(help="Name or folder of a run, or a .keras file.")
    ],
    split: Annotated[Split, typer.Option(help="Which tracks.")] = Split.test,
    windows: Annotated[
        int, typer.Option(min=1, help="Evenly spaced windows per track.")
    ] = 16,
    export: Annotated[
        str | None,
        typer.Option(help="Another export than the run learned from."),
    ] = None,
    label_set: Annotated[
        str | None, typer.Option(help="Another label set than the model learned.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Measure a model on a split: macro, micro and per tag.

    Example: python -m train evaluate first --split test
    """
    known = settings.load()
    from train.tagger import evaluate as evaluating
    from train.tagger import report

    source = _model(run, known)
    with console.progress("score", None, "windows") as advance:
        found = evaluating.evaluate(
            source,
            export=_export(export, known) if export else None,
            label_set=label_set,
            split=split.value,
            windows=windows,
            told=advance,
        )
    print(_json(found.to_dict()) if as_json else report.evaluation(found))
    if source.is_dir() and not as_json:
        print(f"\nwritten to {source / runs.METRICS}")


@app.command()
def predict(
    run: Annotated[
        str, typer.Argument(help="Name or folder of a run, or a .keras file.")
    ],
    paths: Annotated[list[Path], typer.Argument(help="Audio files and folders.")],
    windows: Annotated[
        int, typer.Option(min=1, help="Evenly spaced windows per file.")
    ] = 16,
    hop: Annotated[
        float | None,
        typer.Option(min=0.01, help="Instead: a window every so many seconds."),
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="How many tags to show; default: all.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Least score to show.")
    ] = 0.0,
    as_json: _Json = False,
) -> None:
    """Tag audio files of any length and format.

    A clip shorter than the model's window is repeated or padded, as the model was
    trained; a file that cannot be read is a line in the result.

    Example: python -m train predict first song.mp3 albums/ --top 5
    """
    source = _model(run, settings.load())
    from train.tagger import Tagger, report
    from train.tagger import predict as predicting

    files = predicting.find(paths)
    tagger = Tagger.load(source)
    outcomes = []
    for found in predicting.predict(tagger, files, windows=windows, hop=hop):
        outcomes.append(found)
        if not as_json:
            print(report.outcome(found, top, threshold), flush=True)
    if as_json:
        print(_json([found.to_dict(top, threshold) for found in outcomes]))
    failed = sum(found.error is not None for found in outcomes)
    if failed == len(outcomes):
        raise typer.Exit(console.NOTHING_DONE)
    if failed:
        raise typer.Exit(console.DONE_WITH_FAILURES)


@app.command()
def models(as_json: _Json = False) -> None:
    """List the architectures, each at its usual size on its usual input.

    Example: python -m train models
    """
    from train.models import overview
    from train.tagger import report

    entries = overview.describe_all()
    if as_json:
        print(_json([entry.to_dict() for entry in entries]))
        return
    rows = [
        (entry.name, entry.reads, f"{entry.parameters:,}", entry.paper)
        for entry in entries
    ]
    print(report.table(("model", "reads", "parameters", "paper"), rows))


@app.command()
def config(overrides: _Set = None) -> None:
    """Print the configuration, every key with its meaning.

    Example: python -m train config > run.toml
    """
    print(configuration.to_toml(configuration.load(None, overrides or ())), end="")


def _export(named: str | None, known: settings.Settings) -> Path:
    if named is None:
        return exports.newest(known.exports)
    inside = known.exports / named
    return inside if (inside / manifest.FILE_NAME).is_file() else Path(named)


def _model(named: str, known: settings.Settings) -> Path:
    path = Path(named)
    return path if path.is_file() else runs.find(known.runs, named)


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    console.run(app, "python -m train")
