"""How sure a figure is: bootstrap intervals over artists.

Tracks of one artist resemble each other, so artists are drawn, not tracks: each
replicate draws as many artists as there are, with replacement, and every track counts
as often as its artist was drawn (the cluster bootstrap, [1]_). The bounds are
percentiles of the replicates. All replicates go through one sort per tag, as weights.

References
----------
.. [1] A. C. Davison, D. V. Hinkley: Bootstrap methods and their application. 1997.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

REPLICATES = 1000
LEVEL = 0.95
# Weights held at a time; bounds the memory, changes no value.
_CHUNK_CELLS = 1 << 23

Array = npt.NDArray[np.float64]
Weights = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Interval:
    """Bounds of a figure; None where no replicate defines it."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Intervals:
    """Bounds of all figures.

    Parameters
    ----------
    level : float
        Share of the replicates between the bounds.
    replicates, artists : int
        Number of replicates, and of artists drawn in each.
    roc_auc, pr_auc, micro_roc_auc, micro_pr_auc : Interval
        Of the averages.
    f1 : Interval
        Of macro F1 at the given thresholds.
    tag_roc_auc, tag_pr_auc : tuple of Interval
        Of each tag, in the order of the outputs.
    """

    level: float
    replicates: int
    artists: int
    roc_auc: Interval
    pr_auc: Interval
    micro_roc_auc: Interval
    micro_pr_auc: Interval
    f1: Interval
    tag_roc_auc: tuple[Interval, ...]
    tag_pr_auc: tuple[Interval, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as values that JSON holds."""
        per_tag = {
            name: [asdict(bounds) for bounds in getattr(self, name)]
            for name in ("tag_roc_auc", "tag_pr_auc")
        }
        return asdict(self) | per_tag


def bootstrap(
    labels: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    artists: Sequence[str],
    *,
    thresholds: Array | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = LEVEL,
) -> Intervals | None:
    """Bound every figure by drawing artists.

    Parameters
    ----------
    labels, scores : ndarray, shape (tracks, tags)
        Truth and probabilities.
    artists : sequence of str
        The artist of each track.
    thresholds : ndarray of float64, shape (tags,), optional
        Thresholds for F1; NaN where a tag has none.
    replicates : int
        Number of replicates.
    seed : int
        Of the draws; with the same tracks it gives the same bounds.
    level : float
        Share of the replicates between the bounds.

    Returns
    -------
    Intervals or None
        None without replicates, or with fewer than two artists.
    """
    groups = np.unique(np.asarray(artists), return_inverse=True)[1]
    n_artists = int(groups.max(initial=-1)) + 1
    if replicates < 1 or n_artists < 2:
        return None
    truth, score = np.asarray(labels, np.bool_), np.asarray(scores, np.float64)
    per_tag = [Ranking(*each) for each in zip(truth.T, score.T, strict=True)]
    flattened = Ranking(truth.ravel(), score.ravel())
    found: list[list[Array]] = [[], [], [], [], []]
    for weights in _draws(groups, n_artists, replicates, seed):
        areas = np.array([ranking.areas(weights) for ranking in per_tag])
        micro = _micro(flattened, truth.shape[1], weights)
        f1 = _f1(truth, score, weights, thresholds)
        for place, part in enumerate((*areas.transpose(1, 2, 0), *micro, f1)):
            found[place].append(part)
    roc, pr, micro_roc, micro_pr, macro_f1 = map(np.concatenate, found)

    def bound(values: Array) -> Interval:
        return _interval(values, level)

    return Intervals(
        level=level,
        replicates=replicates,
        artists=n_artists,
        roc_auc=bound(_mean(roc)),
        pr_auc=bound(_mean(pr)),
        micro_roc_auc=bound(micro_roc),
        micro_pr_auc=bound(micro_pr),
        f1=bound(_mean(macro_f1)),
        tag_roc_auc=tuple(bound(column) for column in roc.T),
        tag_pr_auc=tuple(bound(column) for column in pr.T),
    )


class Ranking:
    """One list of labels in the order of its scores, to be weighted many times.

    Parameters
    ----------
    labels : ndarray of bool, shape (n,)
        The truth.
    scores : ndarray of float, shape (n,)
        The model's probabilities; equal scores are one threshold.
    """

    def __init__(self, labels: npt.NDArray[np.bool_], scores: npt.NDArray[Any]) -> None:
        self._order = np.argsort(-scores, kind="stable")
        ranked, truth = scores[self._order], labels[self._order]
        self._positives = np.flatnonzero(truth)
        ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
        tie = np.searchsorted(ends, self._positives)
        # Places in the order, and numbers of positives, before and through each tie.
        self._through = ends[tie] + 1
        self._before = np.where(tie > 0, ends[np.maximum(tie - 1, 0)] + 1, 0)
        right = np.append(0, np.cumsum(truth))
        self._right_through, self._right_before = (
            right[self._through],
            right[self._before],
        )

    def areas(
        self, weights: Weights, rows: npt.NDArray[np.intp] | None = None
    ) -> tuple[Array, Array]:
        """Return ROC-AUC and average precision under many weightings.

        Parameters
        ----------
        weights : ndarray of int32, shape (tracks, replicates)
            How often each track counts.
        rows : ndarray of int, shape (n,), optional
            The track of each label; by default there is a label a track.

        Returns
        -------
        roc_auc, pr_auc : ndarray of float64, shape (replicates,)
            NaN where a weighting leaves no positive or no negative.
        """
        ranked = weights[self._order if rows is None else rows[self._order]]
        positive = ranked[self._positives]
        right = _sums(positive)
        every = _sums(ranked)
        through, total = every[self._through], every[-1].astype(np.float64)
        n_positive = right[-1].astype(np.float64)
        # Negatives above a positive count whole, those that tie with it half.
        wrong = through + every[self._before]
        wrong -= right[self._right_through] + right[self._right_before]
        precision = right[self._right_through] / np.maximum(through, 1)
        pairs = 2 * n_positive * (total - n_positive)
        with np.errstate(invalid="ignore", divide="ignore"):
            roc_auc = 1 - (positive * wrong.astype(np.float64)).sum(axis=0) / pairs
            pr_auc = (positive * precision).sum(axis=0) / n_positive
        pr_auc[pairs == 0] = np.nan
        return roc_auc, pr_auc


def _sums(weights: Weights) -> Weights:
    """Return cumulative sums down the rows, beginning with a row of zeros."""
    sums = np.zeros((len(weights) + 1, weights.shape[1]), np.int32)
    np.cumsum(weights, axis=0, out=sums[1:])
    return sums


def _micro(ranking: Ranking, n_tags: int, weights: Weights) -> tuple[Array, Array]:
    rows = np.repeat(np.arange(len(weights)), n_tags)
    at_a_time = max(_CHUNK_CELLS // len(rows), 1)
    parts = [
        ranking.areas(weights[:, start : start + at_a_time], rows)
        for start in range(0, weights.shape[1], at_a_time)
    ]
    roc, pr = zip(*parts, strict=True)
    return np.concatenate(roc), np.concatenate(pr)


def _f1(
    truth: npt.NDArray[np.bool_],
    score: Array,
    weights: Weights,
    thresholds: Array | None,
) -> Array:
    """Return F1 of each tag, shape (replicates, tags); NaN where it is undefined."""
    drawn = weights.T.astype(np.float64)
    if thresholds is None:
        return np.full((len(drawn), truth.shape[1]), np.nan)
    chosen = score >= thresholds
    right, positives = drawn @ (truth & chosen), drawn @ truth
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = 2 * right / (drawn @ chosen + positives)
    f1[(positives == 0) | np.isnan(thresholds)] = np.nan
    return np.asarray(f1, np.float64)


def _draws(
    groups: npt.NDArray[np.intp], n_artists: int, replicates: int, seed: int
) -> Iterator[Weights]:
    """Yield weights of the tracks, (tracks, some replicates) at a time."""
    rng = np.random.default_rng(seed)
    at_a_time = max(_CHUNK_CELLS // len(groups), 1)
    for start in range(0, replicates, at_a_time):
        number = min(at_a_time, replicates - start)
        drawn = rng.integers(n_artists, size=(number, n_artists))
        counts = np.stack([np.bincount(row, minlength=n_artists) for row in drawn])
        yield np.ascontiguousarray(counts.T[groups], dtype=np.int32)


def _mean(values: Array) -> Array:
    """Return the mean of each row over what is defined; NaN where nothing is."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean = np.where(defined, values, 0).sum(axis=1) / defined.sum(axis=1)
    return np.asarray(mean, np.float64)


def _interval(values: Array, level: float) -> Interval:
    defined = values[~np.isnan(values)]
    if not len(defined):
        return Interval(None, None)
    outside = (1 - level) / 2
    low, high = np.quantile(defined, [outside, 1 - outside])
    return Interval(float(low), float(high))
