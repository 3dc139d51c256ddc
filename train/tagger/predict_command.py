"""``python -m train predict``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from lyre import console, settings
from train import named


def predict(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[RUN] PATH...",
            help="A model (a run's name or folder, a .keras file, or a published "
            "model such as musicnn-msd; not with --model), then audio files and "
            "folders.",
        ),
    ],
    model: Annotated[
        str | None, typer.Option(help="The model, instead of RUN before the paths.")
    ] = None,
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tag audio files of any length and format.

    A clip shorter than the model's window is repeated or padded, as the model was
    trained; a file that cannot be read is a line in the result.

    Example: python -m train predict first song.mp3 albums/ --top 5
    """
    name, *paths = [model, *arguments] if model is not None else arguments
    source = named.model(name, settings.load())
    from train.tagger import Tagger, report
    from train.tagger import predict as predicting

    files = predicting.find(map(Path, paths))
    tagger = Tagger.load(source)
    outcomes = []
    for found in predicting.predict(tagger, files, windows=windows, hop=hop):
        outcomes.append(found)
        if not as_json:
            print(report.outcome(found, top, threshold), flush=True)
    if as_json:
        print(
            json.dumps(
                [found.to_dict(top, threshold) for found in outcomes],
                indent=2,
                ensure_ascii=False,
            )
        )
    failed = sum(found.error is not None for found in outcomes)
    if failed == len(outcomes):
        raise typer.Exit(console.NOTHING_DONE)
    if failed:
        raise typer.Exit(console.DONE_WITH_FAILURES)
