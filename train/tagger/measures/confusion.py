"""Which tags are taken for which others.

With several tags a track there is no table of one truth against one answer. Instead:
of the tracks that have tag i and lack tag j, the share that got j. On the diagonal,
where nothing can lack what it has, stands the recall of i.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Confused:
    """One tag that was taken for another.

    Parameters
    ----------
    has, got : str
        The tag that tracks have, and the one that they wrongly got.
    tracks : int
        How many.
    share : float
        Of the tracks that have the first and lack the second.
    """

    has: str
    got: str
    tracks: int
    share: float


def confusion(
    labels: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return shares and numbers of tracks, row: has, column: got.

    Parameters
    ----------
    labels : ndarray of bool, shape (tracks, tags)
        The truth.
    chosen : ndarray of bool, shape (tracks, tags)
        The decisions.

    Returns
    -------
    shares : ndarray of float64, shape (tags, tags)
        NaN where no track has the first and lacks the second; recall on the diagonal.
    numbers : ndarray of int64, shape (tags, tags)
        Tracks that have the first, lack the second and got it.

    Examples
    --------
    >>> truth = np.array([[1, 0], [1, 0], [0, 1]], bool)
    >>> chosen = np.array([[1, 1], [0, 0], [0, 1]], bool)
    >>> confusion(truth, chosen)[0].tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    has = labels.astype(np.float64)
    wrong = has.T @ (chosen & ~labels)
    possible = has.T @ ~labels
    diagonal = np.diag_indices_from(wrong)
    with np.errstate(invalid="ignore"):
        shares = wrong / possible
        shares[diagonal] = (labels & chosen).sum(axis=0) / labels.sum(axis=0)
    return shares, wrong.astype(np.int64)


def most_confused(
    shares: npt.NDArray[np.float64],
    numbers: npt.NDArray[np.int64],
    tags: Sequence[str],
    number: int = 15,
) -> list[Confused]:
    """Return the pairs that most tracks are confused in, the most frequent first."""
    order = np.argsort(-numbers, axis=None, kind="stable")[:number]
    pairs = zip(*np.unravel_index(order, numbers.shape), strict=True)
    return [
        Confused(tags[has], tags[got], int(numbers[has, got]), float(shares[has, got]))
        for has, got in pairs
        if numbers[has, got] > 0
    ]
