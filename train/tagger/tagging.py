"""What a model says about one piece of audio, and where it was asked to look."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.errors import TrainError

Floats = npt.NDArray[np.float32]
# A least score for all tags, or one a tag; NaN lets no score pass.
Threshold = float | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Placing:
    """Where windows lie; by default one after another, the last ends at the end.

    Parameters
    ----------
    windows : int, optional
        So many, evenly spaced; fewer where the audio has no room for them.
    hop : float, optional
        Instead: a window every so many seconds, and one that ends at the end.

    Raises
    ------
    TrainError
        Both are given, or one is not positive, or not finite.
    """

    windows: int | None = None
    hop: float | None = None

    def __post_init__(self) -> None:
        if self.windows is not None and self.hop is not None:
            raise TrainError(
                "windows are evenly spaced or lie at a hop, not both",
                expected="--windows or --hop",
            )
        if self.windows is not None and self.windows < 1:
            raise TrainError(f"{self.windows} windows show nothing")
        if self.hop is not None and not 0 < self.hop < math.inf:
            raise TrainError(f"a hop of {self.hop:g} s leads nowhere")


@dataclass(frozen=True)
class Tagging:
    """What a model says about one piece of audio.

    Parameters
    ----------
    tags : tuple of str
        Names of the outputs, in the model's order.
    scores : ndarray of float32, shape (tags,)
        Mean of the windows' probabilities.
    windows : ndarray of float32, shape (windows, tags)
        Probabilities of each window: the taggram.
    starts : ndarray of float32, shape (windows,)
        Where each window begins, seconds.
    seconds : float
        Length of the audio.
    window_seconds : float
        Length of a window.
    notes : tuple of str
        What a reader of the scores should know: silence, a short clip.
    embeddings : ndarray of float32, shape (windows, units), or None
        What the last layer reads of each window, where it was asked for.
    """

    tags: tuple[str, ...]
    scores: Floats
    windows: Floats
    starts: Floats
    seconds: float
    window_seconds: float
    notes: tuple[str, ...]
    embeddings: Floats | None = None

    def top(
        self, number: int | None = None, threshold: Threshold = 0.0
    ) -> list[tuple[str, float]]:
        """Return tags and scores, the highest first.

        Parameters
        ----------
        number : int, optional
            At most so many; by default all.
        threshold : float or ndarray of float64, shape (tags,)
            Only scores of at least this.
        """
        passing = self.scores >= threshold
        order = np.argsort(-self.scores, kind="stable")
        chosen = [place for place in order if passing[place]][:number]
        return [(self.tags[place], float(self.scores[place])) for place in chosen]
