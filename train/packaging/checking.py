"""Whether a packaged model says what the Tagger says, and how long it takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.errors import TrainError
from train.packaging.running import Runner
from train.tagger.tagger import Tagger
from train.tagger.tagging import Floats

# Scores differ by rounding. A log-mel in single precision falls now and then on the
# other side of a step of float16, in which exports keep it: 0.06 dB near -80 dB.
TOLERANCE, WINDOW_TOLERANCE = 1e-3, 5e-3
_PIECE_SECONDS = 30.0
_ROUNDS = 3

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Agreement:
    """How far scores lie apart.

    Parameters
    ----------
    tags, taggram : float
        Largest difference from the Tagger's mean scores, and from a window's.
    clips : int
        Clips that were compared: of several lengths, one shorter than a window.
    """

    tags: float
    taggram: float
    clips: int


@dataclass(frozen=True)
class Latency:
    """Milliseconds from samples to scores, best of three.

    Parameters
    ----------
    window, piece : float
        Of a piece as long as one window, and of 30 s, by the package.
    tagger_window, tagger_piece : float
        The same by the Tagger.
    """

    window: float
    piece: float
    tagger_window: float
    tagger_piece: float


def signal(seconds: float, rate: int) -> Samples:
    """Return a test signal: a rising chord, beats of noise, and silence between.

    Parameters
    ----------
    seconds : float
        Its length.
    rate : int
        Sample rate, Hz.

    Returns
    -------
    ndarray of float32, shape (samples,)
        The same at every call, within full scale; at least one sample.
    """
    count = max(int(seconds * rate), 1)
    time_axis = np.arange(count) / rate
    rising = 2 * np.pi * (110 * time_axis + 12 * time_axis**2)
    chord = sum(np.sin(rising * ratio) for ratio in (1.0, 1.25, 1.5, 4.0)) / 4
    noise = np.random.default_rng(0).uniform(-1, 1, count)
    beats = noise * np.exp(-12 * (time_axis % 0.5))
    sounding = (time_axis % 4) < 3.5
    return ((0.4 * chord + 0.4 * beats) * sounding).astype(np.float32)


def compare(run: Runner, tagger: Tagger, clip: Samples | None = None) -> Agreement:
    """Compare a package with the Tagger that it came from.

    Parameters
    ----------
    run : callable
        The package.
    tagger : Tagger
        The model.
    clip : ndarray of float32, shape (samples,), optional
        Samples at the model's rate; by default the test signal.

    Raises
    ------
    TrainError
        A score differs by more than `TOLERANCE`, one of a single window by more than
        `WINDOW_TOLERANCE`, or a shape does.
    """
    rate, window = tagger.bundle.features.sample_rate, tagger.bundle.window.seconds
    whole = signal(3.4 * window, rate) if clip is None else clip
    # Whole, shorter than a window, and some samples beyond one.
    ends = (len(whole), int(0.4 * window * rate), int(window * rate) + 777)
    pieces = [whole[:end] for end in ends]
    differences = [_difference(run, tagger, piece) for piece in pieces]
    # Of numbers and NaN, NumPy's maximum is NaN.
    tags, taggram = np.max(differences, axis=0).tolist()
    found = Agreement(tags, taggram, len(pieces))
    # So asked that NaN does not pass.
    if not (found.tags <= TOLERANCE and found.taggram <= WINDOW_TOLERANCE):
        raise TrainError(
            f"scores of the package differ from the model's by {found.tags:.2g}, those "
            f"of single windows by {found.taggram:.2g}",
            expected=f"at most {TOLERANCE:g} and {WINDOW_TOLERANCE:g}",
            remedy="choose another format; and report this, with the architecture",
        )
    return found


def measure(run: Runner, tagger: Tagger) -> Latency:
    """Measure how long a piece takes, samples to scores."""
    rate = tagger.bundle.features.sample_rate
    # One window exactly: a frame is centred on the first sample.
    hop = tagger.bundle.features.hop or 1
    window = signal(tagger.bundle.window.seconds, rate)
    window = window[: max((tagger.bundle.window.length - 1) * hop, 1)]
    piece = signal(_PIECE_SECONDS, rate)

    def ours(samples: Samples) -> Any:
        return tagger.predict(samples, rate)

    return Latency(
        window=_milliseconds(lambda: run(window)),
        piece=_milliseconds(lambda: run(piece)),
        tagger_window=_milliseconds(lambda: ours(window)),
        tagger_piece=_milliseconds(lambda: ours(piece)),
    )


def _difference(run: Runner, tagger: Tagger, piece: Samples) -> tuple[float, float]:
    expected = tagger.predict(piece, tagger.bundle.features.sample_rate)
    tags, taggram = run(piece)
    return _largest(tags, expected.scores), _largest(taggram, expected.windows)


def _largest(found: Floats, expected: Floats) -> float:
    if found.shape != expected.shape:
        raise TrainError(
            f"the package gives scores of shape {found.shape}",
            expected=str(expected.shape),
        )
    return float(np.abs(found - expected).max())


def _milliseconds(run: Callable[[], Any]) -> float:
    run()  # The first call of a shape sets things up.
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)
