"""A song, part by part: what is known at once, windows as they are scored, the mean."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

import audio
from train.errors import TrainError
from train.serving.limits import Limits
from train.tagger.tagger import BATCH, Tagger
from train.tagger.tagging import Floats, Placing

# Scores are shown with two digits; these make the answer short.
_DIGITS = 5


def listen(
    tagger: Tagger, content: bytes, limits: Limits, hop: float | None = None
) -> Iterator[dict[str, Any]]:
    """Tag a song and tell what is known so far.

    Parameters
    ----------
    tagger : Tagger
        The model.
    content : bytes
        The song's file.
    limits : Limits
        How long it may be, and take.
    hop : float, optional
        Seconds from window to window; by default half a window.

    Yields
    ------
    dict
        First ``count`` (of windows), ``seconds``, ``window_seconds`` and ``notes``;
        then, for each batch, ``starts`` and ``windows``; last ``scores``, their mean.

    Raises
    ------
    audio.AudioError
        It cannot be decoded, or is too long.
    TrainError
        There is no sound in it, or tagging takes too long.
    """
    ends = time.monotonic() + limits.seconds
    rate = tagger.bundle.features.sample_rate
    samples = audio.load(content, rate, longest=60 * limits.minutes)
    step = tagger.bundle.window.seconds / 2 if hop is None else hop
    prepared = tagger.prepare(samples, rate, Placing(hop=step))
    yield {
        "count": len(prepared.starts),
        "seconds": prepared.seconds,
        "window_seconds": tagger.bundle.window.seconds,
        "notes": list(prepared.notes),
    }
    scored: list[Floats] = []
    per_second = tagger.bundle.features.frames_per_second
    for place in range(0, len(prepared.starts), BATCH):
        if time.monotonic() > ends:
            raise TrainError(f"tagging it takes longer than {limits.seconds:g} s")
        scored.append(tagger.score(tagger.cut(prepared, place)))
        starts = prepared.starts[place : place + BATCH] / per_second
        yield {"starts": _rounded(starts), "windows": _rounded(scored[-1])}
    found = tagger.finish(prepared, np.concatenate(scored))
    yield {"scores": _rounded(found.scores)}


def _rounded(values: Any) -> Any:
    return np.round(np.asarray(values, np.float64), _DIGITS).tolist()
