"""From scores to decisions: a threshold per tag, and how right it is.

A threshold is chosen on the validation split, where it gives the highest F1, and kept
for the test split: one that was chosen on the tracks it is judged by flatters.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.metrics import checked, mean_defined, operating_points

Thresholds = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TagDecisions:
    """How the decisions about one tag turned out.

    Parameters
    ----------
    tag : str
        Its name.
    threshold : float or None
        Scores of at least this are a yes; None: no threshold could be chosen.
    predicted : int
        Tracks that got the tag.
    precision, recall, f1 : float or None
        Precision is 0 where no track got the tag; all None where the tag has no
        threshold or no track has it.
    """

    tag: str
    threshold: float | None
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Decisions:
    """How all decisions turned out.

    Parameters
    ----------
    f1, precision, recall : float or None
        Macro averages, over the tags for which they are defined.
    micro_f1 : float or None
        Of all decisions about those tags together.
    tags : tuple of TagDecisions
        Every tag, in the order of the outputs.
    """

    f1: float | None
    precision: float | None
    recall: float | None
    micro_f1: float | None
    tags: tuple[TagDecisions, ...]

    def thresholds(self) -> Thresholds:
        """Return the thresholds in the order of the tags, NaN where there is none."""
        return np.array([entry.threshold for entry in self.tags], dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as values that JSON holds."""
        return asdict(self) | {"tags": [asdict(entry) for entry in self.tags]}


def choose(labels: npt.ArrayLike, scores: npt.ArrayLike) -> Thresholds:
    """Choose the threshold of each tag that gives the highest F1.

    Parameters
    ----------
    labels : array_like of 0 and 1, shape (tracks, tags)
        The truth on the validation split.
    scores : array_like of float, shape (tracks, tags)
        The model's probabilities.

    Returns
    -------
    ndarray of float64, shape (tags,)
        One of the tag's scores, the highest of those that are equally good; NaN for
        a tag that no track has.

    Examples
    --------
    >>> choose([[1], [0], [1], [0]], [[0.9], [0.6], [0.4], [0.1]])
    array([0.4])
    """
    truth = np.asarray(labels, dtype=np.bool_)
    score = np.asarray(scores, dtype=np.float64)
    chosen = np.full(truth.shape[1], np.nan)
    for tag in np.flatnonzero(truth.any(axis=0)):
        points = operating_points(truth[:, tag], score[:, tag])
        thresholds, true_positives, predicted = points
        f1 = 2 * true_positives / (predicted + truth[:, tag].sum())
        chosen[tag] = thresholds[np.argmax(f1)]
    return chosen


def judge(
    labels: npt.ArrayLike,
    scores: npt.ArrayLike,
    thresholds: Thresholds,
    tags: Sequence[str],
) -> Decisions:
    """Compare the decisions at given thresholds with the truth.

    Parameters
    ----------
    labels : array_like of 0 and 1, shape (tracks, tags)
        The truth.
    scores : array_like of float, shape (tracks, tags)
        The model's probabilities.
    thresholds : ndarray of float64, shape (tags,)
        What `choose` returned for other tracks.
    tags : sequence of str
        Names of the columns.

    Raises
    ------
    TrainError
        As `train.metrics.compute`.
    """
    truth, score = checked(labels, scores, tags)
    chosen = score >= thresholds  # nothing is at least NaN
    counts = np.stack(
        [(truth & chosen).sum(0), chosen.sum(0), truth.sum(0)], axis=1
    ).tolist()
    entries = tuple(
        _tag(name, float(threshold), *count)
        for name, threshold, count in zip(tags, thresholds, counts, strict=True)
    )
    defined = [entry.f1 is not None for entry in entries]
    right, predicted, positives = np.asarray(counts)[defined].sum(axis=0)
    return Decisions(
        f1=mean_defined(entry.f1 for entry in entries),
        precision=mean_defined(entry.precision for entry in entries),
        recall=mean_defined(entry.recall for entry in entries),
        micro_f1=float(2 * right / (predicted + positives)) if any(defined) else None,
        tags=entries,
    )


def _tag(
    tag: str, threshold: float, right: int, predicted: int, positives: int
) -> TagDecisions:
    if np.isnan(threshold):
        return TagDecisions(tag, None, 0, None, None, None)
    if not positives:
        return TagDecisions(tag, threshold, predicted, None, None, None)
    return TagDecisions(
        tag,
        threshold,
        predicted,
        precision=right / predicted if predicted else 0.0,
        recall=right / positives,
        f1=2 * right / (predicted + positives),
    )
