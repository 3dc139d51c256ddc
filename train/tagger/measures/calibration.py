"""Whether a score of 0.7 means 70 per cent: reliability bins and their mean error.

The expected calibration error is the mean distance between score and share of
positives over bins of equal width, weighted by their size [1]_, here over all labels
of all tracks. As most labels are negatives with low scores, it is also given per tag.

References
----------
.. [1] C. Guo, G. Pleiss, Y. Sun, K. Weinberger: On calibration of modern neural
   networks. ICML 2017.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.metrics import checked

BINS = 15


@dataclass(frozen=True)
class Bin:
    """The labels whose scores lie between two bounds.

    Parameters
    ----------
    low, high : float
        The bounds; the upper one belongs to the next bin, 1.0 to the last.
    labels : int
        How many there are.
    score : float or None
        Their mean score; None where there are none.
    positives : float or None
        Share of them that are positive.
    """

    low: float
    high: float
    labels: int
    score: float | None
    positives: float | None


@dataclass(frozen=True)
class Calibration:
    """How well scores are probabilities.

    Parameters
    ----------
    error : float
        Expected calibration error over all labels.
    brier : float
        Mean squared distance between score and label.
    tag_errors : dict of str to float
        Expected calibration error of each tag alone.
    bins : tuple of Bin
        All labels, by score.
    """

    error: float
    brier: float
    tag_errors: dict[str, float]
    bins: tuple[Bin, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as values that JSON holds."""
        return asdict(self) | {"bins": [asdict(entry) for entry in self.bins]}


def calibrate(
    labels: npt.ArrayLike,
    scores: npt.ArrayLike,
    tags: Sequence[str],
    bins: int = BINS,
) -> Calibration:
    """Compare scores with shares of positives.

    Parameters
    ----------
    labels : array_like of 0 and 1, shape (tracks, tags)
        The truth.
    scores : array_like of float in [0, 1], shape (tracks, tags)
        The model's probabilities.
    tags : sequence of str
        Names of the columns.
    bins : int
        Number of bins of equal width.

    Raises
    ------
    TrainError
        As `train.metrics.compute`.
    """
    truth, score = checked(labels, scores, tags)
    places = np.minimum((score * bins).astype(np.intp), bins - 1)
    counts, sums, positives = _by_tag(places, score, truth, bins)
    tag_errors = np.abs(sums - positives).sum(axis=1) / len(truth)
    counts, sums, positives = (each.sum(axis=0) for each in (counts, sums, positives))
    return Calibration(
        error=float(np.abs(sums - positives).sum() / truth.size),
        brier=float(np.mean((score - truth) ** 2)),
        tag_errors=dict(zip(tags, tag_errors.tolist(), strict=True)),
        bins=tuple(
            Bin(
                low=place / bins,
                high=(place + 1) / bins,
                labels=int(count),
                score=float(sums[place] / count) if count else None,
                positives=float(positives[place] / count) if count else None,
            )
            for place, count in enumerate(counts)
        ),
    )


def _by_tag(
    places: npt.NDArray[np.intp],
    score: npt.NDArray[np.float64],
    truth: npt.NDArray[np.bool_],
    bins: int,
) -> list[npt.NDArray[Any]]:
    """Count labels, add up scores and count positives, each of shape (tags, bins)."""
    n_tags = score.shape[1]
    cells = (places + np.arange(n_tags) * bins).ravel()
    size = n_tags * bins
    return [
        np.bincount(cells, weights=weights, minlength=size).reshape(n_tags, bins)
        for weights in (np.ones(cells.size), score.ravel(), truth.ravel())
    ]
