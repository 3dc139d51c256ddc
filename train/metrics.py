"""How well scores order tracks by tag: exact ROC-AUC and PR-AUC.

Both are computed from the ranks, ties included, as scikit-learn does, and outside
TensorFlow's graph. The headline is the **macro** average, the mean over tags, as in
the papers of the field. The **micro** average flattens all labels into one list; it
rewards knowing how frequent each tag is (a predictor that knows nothing else scores
about .71 on the MSD's usual test set), and it is what the 2019 project reported, on
one random crop per track. The two must never be compared.

A tag that no track has, or every track, has no ROC-AUC; it is left out of the macro
average and listed, never counted as 0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lyre.counting import counted
from train.errors import TrainError


@dataclass(frozen=True)
class TagMetrics:
    """One tag.

    Parameters
    ----------
    tag : str
        Its name.
    positives : int
        Tracks with it.
    roc_auc, pr_auc : float or None
        Area under the ROC curve, average precision; None where undefined.
    """

    tag: str
    positives: int
    roc_auc: float | None
    pr_auc: float | None


@dataclass(frozen=True)
class Metrics:
    """All tags together.

    Parameters
    ----------
    tracks : int
        Number of tracks.
    roc_auc, pr_auc : float or None
        Macro averages over the defined tags; None where no tag is defined.
    micro_roc_auc, micro_pr_auc : float or None
        Over all labels flattened together.
    tags : tuple of TagMetrics
        Every tag, in the order of the outputs.
    undefined : tuple of str
        Tags left out of the macro averages.
    """

    tracks: int
    roc_auc: float | None
    pr_auc: float | None
    micro_roc_auc: float | None
    micro_pr_auc: float | None
    tags: tuple[TagMetrics, ...]
    undefined: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as values that JSON holds."""
        tags = [asdict(entry) for entry in self.tags]
        return asdict(self) | {"tags": tags, "undefined": list(self.undefined)}


def compute(
    labels: npt.ArrayLike, scores: npt.ArrayLike, tags: Sequence[str]
) -> Metrics:
    """Compute all metrics.

    Parameters
    ----------
    labels : array_like of 0 and 1, shape (tracks, tags)
        The truth.
    scores : array_like of float, shape (tracks, tags)
        The higher, the likelier.
    tags : sequence of str
        Names of the columns.

    Raises
    ------
    TrainError
        Shapes do not fit one another, a label is neither 0 nor 1, or a score is not
        finite.
    """
    truth, score = checked(labels, scores, tags)
    per_tag = tuple(
        TagMetrics(name, int(truth[:, i].sum()), *areas(truth[:, i], score[:, i]))
        for i, name in enumerate(tags)
    )
    micro_roc_auc, micro_pr_auc = areas(truth.ravel(), score.ravel())
    return Metrics(
        tracks=len(truth),
        roc_auc=mean_defined([entry.roc_auc for entry in per_tag]),
        pr_auc=mean_defined([entry.pr_auc for entry in per_tag]),
        micro_roc_auc=micro_roc_auc,
        micro_pr_auc=micro_pr_auc,
        tags=per_tag,
        undefined=tuple(entry.tag for entry in per_tag if entry.roc_auc is None),
    )


def areas(
    labels: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating[Any]]
) -> tuple[float | None, float | None]:
    """Return ROC-AUC and average precision of one list of labels.

    Parameters
    ----------
    labels : ndarray of bool, shape (n,)
        The truth.
    scores : ndarray of float, shape (n,)
        The higher, the likelier; equal scores are one threshold.

    Returns
    -------
    roc_auc, pr_auc : float or None
        Both None where there is no positive or no negative.

    Examples
    --------
    >>> areas(np.array([True, False, True]), np.array([0.9, 0.5, 0.5]))
    (0.75, 0.8333333333333333)
    """
    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    if n_positive == 0 or n_negative == 0:
        return None, None
    _, true_positives, predicted = operating_points(labels, scores)
    recall = true_positives / n_positive
    fall_out = (predicted - true_positives) / n_negative
    roc_auc = np.trapezoid(np.append(0.0, recall), np.append(0.0, fall_out))
    precision = true_positives / predicted
    pr_auc = np.sum(np.diff(recall, prepend=0.0) * precision)
    return float(roc_auc), float(pr_auc)


def operating_points(
    labels: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating[Any]]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Count what is right and what is chosen at every threshold.

    Parameters
    ----------
    labels : ndarray of bool, shape (n,)
        The truth; at least one.
    scores : ndarray of float, shape (n,)
        The higher, the likelier.

    Returns
    -------
    thresholds : ndarray, shape (points,)
        The different scores, descending; those not below a threshold are chosen.
    true_positives, predicted : ndarray of float64, shape (points,)
        How many are chosen rightly, and how many at all.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(order) - 1)
    true_positives = np.cumsum(labels[order])[ends].astype(np.float64)
    return ranked[ends], true_positives, ends + 1.0


def mean_defined(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are not None; None where there is none."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def checked(
    labels: npt.ArrayLike, scores: npt.ArrayLike, tags: Sequence[str]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return labels as bool and scores as float64, both of shape (tracks, tags).

    Raises
    ------
    TrainError
        As `compute`.
    """
    truth = np.asarray(labels)
    score = np.asarray(scores, dtype=np.float64)
    if truth.shape != score.shape or truth.ndim != 2 or truth.shape[1] != len(tags):
        raise TrainError(
            f"labels of shape {truth.shape}, scores of shape {score.shape} and "
            f"{counted(len(tags), 'tag')} do not fit one another",
            expected="(tracks, tags) twice",
        )
    if not np.isin(truth, (0, 1)).all():
        raise TrainError("a label is neither 0 nor 1")
    if not np.isfinite(score).all():
        row, column = np.argwhere(~np.isfinite(score))[0]
        raise TrainError(
            f"the score of track {row}, tag {tags[column]!r} is not finite"
        )
    return truth.astype(np.bool_), score
