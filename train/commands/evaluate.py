"""``python -m train evaluate``."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dataset import exports
from lyre import console, settings
from train import runs, trained
from train.commands.options import MOST, AsJson
from train.tagger.measures.slices import DEFAULT_COLUMNS


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
        int, typer.Option(min=1, max=MOST, help="Evenly spaced windows per track.")
    ] = 16,
    export: Annotated[
        str | None,
        typer.Option(help="Another export than the run learned from."),
    ] = None,
    label_set: Annotated[
        str | None, typer.Option(help="Another label set than the model learned.")
    ] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option(
            "--slice",
            help="Also by the values of a column of the label set; can be repeated. "
            "Default: decade and source.",
        ),
    ] = None,
    bootstrap: Annotated[
        int,
        typer.Option(
            min=0, max=MOST, help="Replicates for intervals over artists; 0: none."
        ),
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the replicates.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results; default: the run's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on a split: macro, micro, per tag, and how sure the figures are.

    Thresholds of the tags are chosen on the validation split, once, and kept beside
    the model for `predict --threshold per-tag`. The results, with an HTML report, go
    into the run's folder.

    Example: python -m train evaluate first --split test
    """
    known = settings.load()
    from train.tagger import evaluate as evaluating
    from train.tagger import report

    source = trained.find(known.runs, run)
    with console.progress("score", None, "window") as advance:
        found = evaluating.evaluate(
            source,
            export=exports.find(known.exports, export) if export else None,
            label_set=label_set,
            split=split.value,
            windows=windows,
            slice_columns=slices or DEFAULT_COLUMNS,
            replicates=bootstrap,
            seed=seed,
            out=out,
            told=advance,
        )
    print(
        json.dumps(found.to_dict(), indent=2, ensure_ascii=False)
        if as_json
        else report.evaluation(found)
    )
    if found.folder is not None and not as_json:
        names = f"{runs.METRICS}, {evaluating.PREDICTIONS} and {evaluating.PAGE}"
        print(f"\n{names} lie in {found.folder}")
