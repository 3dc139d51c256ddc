"""From files to answers: printed, drawn, kept as Parquet, written into the files.

What a command asks for in words is done here, file by file, as results come.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from lyre.counting import counted
from lyre.csv_lines import csv_lines
from lyre.errors import LyreError
from lyre.filenames import shown
from train.tagger import genres, microphone, report, taggram
from train.tagger.predict import Outcome, Sound, predict
from train.tagger.tables import embeddings_schema, parquet, table
from train.tagger.tagger import Tagger
from train.tagger.tagging import Placing, Threshold
from train.tagger.wishes import Format, Wishes


@dataclass
class Counts:
    """How it went."""

    files: int = 0
    failed: int = 0
    seconds: float = 0.0

    def line(self) -> str:
        """Return it as a sentence."""
        rate = self.files / max(self.seconds, 1e-9)
        return (
            f"{counted(self.files, 'file')}, {self.failed:,} failed, "
            f"in {self.seconds:.1f} s ({rate:,.1f} files/s)"
        )


def answer(
    tagger: Tagger,
    files: Sequence[Path],
    wishes: Wishes,
    *,
    placing: Placing | None = None,
    record_seconds: float | None = None,
    workers: int = 0,
    say: Callable[[str], None] = print,
) -> Counts:
    """Tag files and do with each result what was asked for.

    Parameters
    ----------
    tagger : Tagger
        The model.
    files : sequence of Path
        The files.
    wishes : Wishes
        What is to come of each.
    placing, workers
        As in `predict`.
    record_seconds : float, optional
        Record so long from the microphone first, and tag that too.
    say : callable
        Takes what is to be printed.

    Raises
    ------
    TrainError
        There is no microphone, or a part that a wish needs is not installed.
    """
    sounds: list[Path | Sound] = list(files)
    if record_seconds is not None:
        samples, rate = microphone.record(record_seconds)
        sounds.insert(0, Sound(Path("microphone"), samples, rate))
    counts, started = Counts(), time.monotonic()
    outcomes = predict(
        tagger,
        sounds,
        placing=placing,
        embeddings=wishes.embeddings is not None,
        workers=workers,
    )
    with _embeddings(wishes.embeddings, tagger) as keep:

        def done() -> Iterator[Outcome]:
            for found in outcomes:
                keep(found)
                finished = _written(_drawn(found, wishes), wishes)
                counts.files += 1
                counts.failed += finished.failed
                yield finished

        for line in _lines(done(), tagger.tags, wishes):
            say(line)
    counts.seconds = time.monotonic() - started
    return counts


def _drawn(found: Outcome, wishes: Wishes) -> Outcome:
    if wishes.taggrams is None or found.tagging is None:
        return found
    image, _ = taggram.write(found.tagging, wishes.taggrams, found.path.stem)
    return replace(found, taggram=image)


def _written(found: Outcome, wishes: Wishes) -> Outcome:
    if not wishes.write_tags or found.tagging is None:
        return found
    tags = [tag for tag, _ in found.tagging.top(wishes.top, wishes.threshold)]
    try:
        now = genres.write(found.path, tags, replace=wishes.replace_genres)
    except LyreError as error:
        return replace(found, unwritten=error.what)
    except OSError as error:
        return replace(found, unwritten=error.strerror or str(error))
    return replace(found, genres=tuple(now))


def _lines(
    outcomes: Iterable[Outcome], tags: Sequence[str], wishes: Wishes
) -> Iterator[str]:
    """Yield what to print, file by file; JSON comes whole, at the end.

    CSV has a line a file with a column a tag, empty where the score is not among those
    asked for.
    """
    wanted = (wishes.top, wishes.threshold)
    if wishes.form is Format.text:
        for outcome in outcomes:
            yield report.outcome(outcome, *wanted)
    elif wishes.form is Format.json:
        found = [outcome.to_dict(*wanted) for outcome in outcomes]
        yield json.dumps(found, indent=2, ensure_ascii=False)
    else:
        header = ["path", "seconds", "windows", "notes", "error", *tags]
        rows = (_row(outcome, tags, *wanted) for outcome in outcomes)
        for line in csv_lines(chain([header], rows)):
            yield line.removesuffix("\n")


def _row(
    outcome: Outcome, tags: Sequence[str], number: int | None, threshold: Threshold
) -> list[object]:
    if outcome.tagging is None:
        return [outcome.path, "", "", "", outcome.error, *("" for _ in tags)]
    found = outcome.to_dict(number, threshold)
    notes = "; ".join(found["notes"])
    error = outcome.unwritten or ""
    head = [outcome.path, found["seconds"], found["windows"], notes, error]
    return [*head, *(found["tags"].get(tag, "") for tag in tags)]


@contextmanager
def _embeddings(
    path: Path | None, tagger: Tagger
) -> Iterator[Callable[[Outcome], None]]:
    """Open the Parquet file of embeddings; without a path nothing is written.

    Yields
    ------
    callable
        Takes an `Outcome`; one without a result is passed over.
    """
    if path is None:
        yield lambda _outcome: None
        return
    units = int(tagger.model.get_layer("logits").input.shape[-1])
    schema = embeddings_schema(units)
    with parquet(path, schema) as write:

        def add(outcome: Outcome) -> None:
            tagging = outcome.tagging
            if tagging is None or tagging.embeddings is None:
                return
            mean = tagging.embeddings.mean(axis=0)
            columns: list[list[Any]] = [
                [shown(outcome.path)],
                [tagging.seconds],
                [mean],
                [tagging.starts],
                [list(tagging.embeddings)],
            ]
            write(table(columns, schema))

        yield add
