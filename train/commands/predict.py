"""``python -m train predict``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from lyre import console, settings
from train import runs, trained
from train.commands.options import MOST
from train.config.input import LONGEST_WINDOW
from train.errors import TrainError
from train.tagger import finding
from train.tagger import thresholds as kept
from train.tagger.precision import Precision
from train.tagger.tagging import Placing, Threshold
from train.tagger.wishes import Format, Wishes

if TYPE_CHECKING:
    from train.tagger.tagger import Tagger

_PER_TAG = "per-tag"


def predict(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN] PATH...",
            help="A model (a run's name or folder, a .keras file, or a published "
            "model such as musicnn-msd; not with --model), then audio files, folders "
            "and patterns such as 'albums/**/*.mp3'.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The model, instead of RUN before the paths.")
    ] = None,
    record: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=3600,
            callback=console.finite,
            help="Record so many seconds, and tag them.",
        ),
    ] = None,
    window: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=LONGEST_WINDOW,
            callback=console.finite,
            help="Seconds of a window; default: the model's.",
        ),
    ] = None,
    hop: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            callback=console.finite,
            help="Seconds from window to window; default: their length.",
        ),
    ] = None,
    windows: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, help="Instead: so many windows, evenly spaced."),
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="How many tags to show; default: all.")
    ] = None,
    threshold: Annotated[
        str,
        typer.Option(
            help="Least score to show, or per-tag: those that `evaluate` chose."
        ),
    ] = "0",
    form: Annotated[
        Format, typer.Option("--format", help="How to print the results.")
    ] = Format.text,
    as_json: Annotated[bool, typer.Option("--json", help="--format json.")] = False,
    taggram: Annotated[
        Path | None,
        typer.Option(help="Folder for tags over time: a PNG and an NPZ a file."),
    ] = None,
    embeddings: Annotated[
        Path | None,
        typer.Option(help="Parquet file for what the last layer reads."),
    ] = None,
    write_tags: Annotated[
        bool,
        typer.Option(
            "--write-tags",
            help="Add the tags shown to the files' genres; needs --top or --threshold.",
        ),
    ] = False,
    replace_genres: Annotated[
        bool,
        typer.Option(
            "--replace-genres", help="With --write-tags: drop the genres before."
        ),
    ] = False,
    precision: Annotated[
        Precision,
        typer.Option(
            help="What the model computes in; bfloat16 is faster where the processor "
            "has it, and moves scores a little."
        ),
    ] = "float32",
    workers: Annotated[
        int, typer.Option(min=0, help="Threads that decode; 0: one a core.")
    ] = 0,
) -> None:
    """Tag audio of any length and format.

    Windows follow one another, and one ends where the audio ends; a tag's score is the
    mean over them. A clip shorter than a window is repeated or padded, as the model
    was trained; a file that cannot be read is a line in the result.

    Example: python -m train predict first song.mp3 albums/ --top 5
    """
    placing = Placing(windows, hop)
    tagger, file, paths = _model(model, arguments or [], record, precision)
    if window is not None:
        tagger = tagger.with_window(window)
    wishes = Wishes(
        top=top,
        threshold=_threshold(threshold, tagger, file),
        form=Format.json if as_json else form,
        taggrams=taggram,
        embeddings=embeddings,
        write_tags=write_tags,
        replace_genres=replace_genres,
    )
    from train.tagger import answering

    counts = answering.answer(
        tagger,
        finding.find(paths),
        wishes,
        placing=placing,
        record_seconds=record,
        workers=workers,
        say=lambda line: print(line, flush=True),
    )
    print(counts.line(), file=sys.stderr)
    if counts.failed == counts.files:
        raise typer.Exit(console.NOTHING_DONE)
    if counts.failed:
        raise typer.Exit(console.DONE_WITH_FAILURES)


def _model(
    model: str | None,
    arguments: list[str],
    record: float | None,
    precision: Precision,
) -> tuple["Tagger", Path, list[str]]:
    """Tell model and paths apart; return the model, its file and the paths."""
    if model is None and not arguments:
        raise TrainError("no model is named", expected="RUN or --model")
    name, *paths = arguments if model is None else [model, *arguments]
    if not paths and record is None:
        raise TrainError("nothing to tag is named", expected="PATH... or --record")
    source = trained.find(settings.load().runs, name)
    file = runs.model_of(source) if source.is_dir() else source
    # TensorFlow takes seconds to load: only once everything else is right.
    from train.tagger.tagger import Tagger

    return Tagger.load(file, precision), file, paths


def _threshold(text: str, tagger: "Tagger", file: Path) -> Threshold:
    if text == _PER_TAG:
        found = kept.read(file).tags
        return np.array([found[tag] for tag in tagger.tags], dtype=np.float64)
    try:
        least = float(text)
    except ValueError:
        least = -1.0
    if not 0 <= least <= 1:
        raise TrainError(
            f"{text!r} is no threshold", expected=f"a number from 0 to 1, or {_PER_TAG}"
        )
    return least
