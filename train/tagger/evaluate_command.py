"""``python -m train evaluate``."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from lyre import console, settings
from train import named, runs


class Split(StrEnum):
    """A split, for the command line."""

    train = "train"
    validation = "validation"
    test = "test"


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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure a model on a split: macro, micro and per tag.

    Example: python -m train evaluate first --split test
    """
    known = settings.load()
    from train.tagger import evaluate as evaluating
    from train.tagger import report

    source = named.model(run, known)
    with console.progress("score", None, "windows") as advance:
        found = evaluating.evaluate(
            source,
            export=named.export(export, known) if export else None,
            label_set=label_set,
            split=split.value,
            windows=windows,
            told=advance,
        )
    print(
        json.dumps(found.to_dict(), indent=2, ensure_ascii=False)
        if as_json
        else report.evaluation(found)
    )
    if source.is_dir() and not as_json:
        print(f"\nwritten to {source / runs.METRICS}")
