"""Tagging many files: one model, full batches, a result for each file.

Decoding and features run in threads, where the libraries let go of Python's lock, a
few files ahead of the model. Windows of consecutive files share the model's batches.
A bad file is a result that says so, not the end.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from lyre.cores import cores
from lyre.errors import LyreError
from train.tagger.tagger import BATCH, Prepared, Tagger
from train.tagger.tagging import Floats, Placing, Tagging, Threshold

_AHEAD_PER_WORKER = 2


@dataclass(frozen=True)
class Outcome:
    """What came of one file.

    Parameters
    ----------
    path : Path
        The file.
    tagging : Tagging or None
        The result, or None where there is an error.
    error : str or None
        Why there is no result.
    taggram : Path or None
        The image of tags over time, where one was written.
    genres : tuple of str or None
        The file's genres now, where they were to be written.
    unwritten : str or None
        Why they could not be.
    """

    path: Path
    tagging: Tagging | None
    error: str | None
    taggram: Path | None = None
    genres: tuple[str, ...] | None = None
    unwritten: str | None = None

    @property
    def failed(self) -> bool:
        """Whether something that was asked for is missing."""
        return self.error is not None or self.unwritten is not None

    def to_dict(self, number: int | None, threshold: Threshold) -> dict[str, Any]:
        """Return the outcome as values that JSON holds."""
        if self.tagging is None:
            return {"path": str(self.path), "error": self.error}
        scores = self.tagging.top(number, threshold)
        more = {
            "taggram": self.taggram and str(self.taggram),
            "genres": self.genres and list(self.genres),
            "unwritten": self.unwritten,
        }
        return {
            "path": str(self.path),
            "seconds": round(self.tagging.seconds, 3),
            "windows": len(self.tagging.windows),
            "tags": {tag: round(score, 6) for tag, score in scores},
            "notes": list(self.tagging.notes),
            **{key: value for key, value in more.items() if value is not None},
        }


@dataclass(frozen=True)
class Sound:
    """Samples that came from no file.

    Parameters
    ----------
    path : Path
        What to call them.
    samples : ndarray of float32, shape (samples,)
        The samples.
    rate : int
        Sample rate, Hz.
    """

    path: Path
    samples: Floats
    rate: int


@dataclass
class _Open:
    """A file whose windows are not all scored yet."""

    path: Path
    prepared: Prepared | None
    error: str | None = None
    scores: list[Floats] = field(default_factory=list)
    embeddings: list[Floats] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """How many windows are still to be scored."""
        wanted = 0 if self.prepared is None else len(self.prepared.starts)
        return wanted - sum(map(len, self.scores))

    def outcome(self, tagger: Tagger) -> Outcome:
        if self.prepared is None:
            return Outcome(self.path, None, self.error)
        vectors = np.concatenate(self.embeddings) if self.embeddings else None
        scores = np.concatenate(self.scores)
        return Outcome(self.path, tagger.finish(self.prepared, scores, vectors), None)


def predict(
    tagger: Tagger,
    files: Iterable[Path | Sound],
    *,
    placing: Placing | None = None,
    embeddings: bool = False,
    workers: int = 0,
) -> Iterator[Outcome]:
    """Tag files; a bad one is an outcome, not the end.

    Parameters
    ----------
    tagger : Tagger
        The model.
    files : iterable of Path or Sound
        The files, or samples that came from elsewhere.
    placing : Placing, optional
        Where windows lie.
    embeddings : bool
        Also return what the last layer reads.
    workers : int
        Threads that decode; 0: one a core.

    Yields
    ------
    Outcome
        One a file, in order. Scores are those of the file alone, within 1e-6.
    """
    threads = workers or cores()

    def prepare(file: Path | Sound) -> _Open:
        if isinstance(file, Sound):
            return _Open(file.path, tagger.prepare(file.samples, file.rate, placing))
        try:
            return _Open(file, tagger.prepare(file, None, placing))
        except LyreError as error:
            return _Open(file, None, error.what)
        except OSError as error:
            return _Open(file, None, error.strerror or str(error))

    pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
    try:
        ahead = threads * _AHEAD_PER_WORKER
        yield from _scored(tagger, _in_order(pool, prepare, files, ahead), embeddings)
    finally:
        # Whoever takes the outcomes may stop early: what waits is dropped.
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor,
    prepare: Callable[[Path | Sound], _Open],
    files: Iterable[Path | Sound],
    ahead: int,
) -> Iterator[_Open]:
    """Prepare files at most so many ahead, so that memory stays bounded."""
    queue = iter(files)
    waiting: deque[Future[_Open]] = deque(
        pool.submit(prepare, file) for file in islice(queue, ahead)
    )
    while waiting:
        opened = waiting.popleft().result()
        waiting.extend(pool.submit(prepare, file) for file in islice(queue, 1))
        yield opened


def _scored(
    tagger: Tagger, opened: Iterable[_Open], embeddings: bool
) -> Iterator[Outcome]:
    """Score windows in full batches and yield files as they are complete."""
    unfinished: deque[_Open] = deque()
    pieces: list[tuple[_Open, Any]] = []
    for item in opened:
        unfinished.append(item)
        for cut in _cuts(tagger, item.prepared):
            pieces.append((item, cut))
            if sum(len(windows) for _, windows in pieces) >= BATCH:
                _score(tagger, pieces, embeddings)
        yield from _complete(tagger, unfinished)
    if pieces:
        _score(tagger, pieces, embeddings)
    yield from _complete(tagger, unfinished)


def _cuts(tagger: Tagger, prepared: Prepared | None) -> Iterator[Any]:
    if prepared is not None:
        for place in range(0, len(prepared.starts), BATCH):
            yield tagger.cut(prepared, place)


def _complete(tagger: Tagger, unfinished: "deque[_Open]") -> Iterator[Outcome]:
    while unfinished and not unfinished[0].missing:
        yield unfinished.popleft().outcome(tagger)


def _score(tagger: Tagger, pieces: list[tuple[_Open, Any]], embeddings: bool) -> None:
    """Score the pieces in one batch, hand each file its own, and empty the list."""
    windows = np.concatenate([np.asarray(cut) for _, cut in pieces])
    scores, vectors = (
        tagger.embed(windows) if embeddings else (tagger.score(windows), None)
    )
    start = 0
    for item, cut in pieces:
        end = start + len(cut)
        item.scores.append(scores[start:end])
        if vectors is not None:
            item.embeddings.append(vectors[start:end])
        start = end
    pieces.clear()
