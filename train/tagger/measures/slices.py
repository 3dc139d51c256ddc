"""The same metrics on parts of a split: by decade, by source, by any column."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset.labels import LabelledTrack
from train.errors import TrainError
from train.metrics import compute

# Columns of a label set that say nothing about a track.
_TECHNICAL = {"labels", "offset", "shard", "split", "track_id"}
COLUMNS = tuple(
    field.name for field in fields(LabelledTrack) if field.name not in _TECHNICAL
)
DEFAULT_COLUMNS = ("decade", "source")
UNKNOWN, OTHERS = "unknown", "all others"
# More values than this, and the rarest are taken together.
_MOST_VALUES = 20


@dataclass(frozen=True)
class Slice:
    """The tracks with one value of a column.

    Parameters
    ----------
    value : str
        The value.
    tracks : int
        Number of tracks.
    tags : int
        Tags that are defined here; slices of other tags do not compare exactly.
    roc_auc, pr_auc : float or None
        Macro averages over these tags.
    micro_roc_auc, micro_pr_auc : float or None
        Over all labels flattened together.
    """

    value: str
    tracks: int
    tags: int
    roc_auc: float | None
    pr_auc: float | None
    micro_roc_auc: float | None
    micro_pr_auc: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as values that JSON holds."""
        return asdict(self)


def slice_by(
    column: str,
    rows: Sequence[LabelledTrack],
    labels: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    tags: Sequence[str],
) -> tuple[Slice, ...]:
    """Compute the metrics for each value of a column.

    Parameters
    ----------
    column : str
        One of `COLUMNS`.
    rows : sequence of LabelledTrack
        The tracks.
    labels, scores : ndarray, shape (tracks, tags)
        Truth and probabilities.
    tags : sequence of str
        Names of the columns of both.

    Returns
    -------
    tuple of Slice
        By value; beyond 20 values the rarest are one slice, the last.

    Raises
    ------
    TrainError
        There is no such column.
    """
    check([column])
    values = [_text(getattr(row, column)) for row in rows]
    frequent = [value for value, _ in Counter(values).most_common(_MOST_VALUES)]
    names = sorted(frequent, key=lambda value: (value == UNKNOWN, value))
    if len(set(values)) > len(frequent):
        values = [value if value in frequent else OTHERS for value in values]
        names.append(OTHERS)
    array = np.array(values)
    return tuple(_slice(name, array == name, labels, scores, tags) for name in names)


def check(columns: Sequence[str]) -> None:
    """Refuse columns that a label set does not have.

    Raises
    ------
    TrainError
        Names the first of them.
    """
    for column in columns:
        if column not in COLUMNS:
            raise TrainError(
                f"a label set has no column {column!r} to slice by",
                expected=f"one of {', '.join(COLUMNS)}",
            )


def _text(value: object) -> str:
    return UNKNOWN if value is None else str(value)


def _slice(
    value: str,
    chosen: npt.NDArray[np.bool_],
    labels: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    tags: Sequence[str],
) -> Slice:
    found = compute(labels[chosen], scores[chosen], tags)
    return Slice(
        value=value,
        tracks=found.tracks,
        tags=len(tags) - len(found.undefined),
        roc_auc=found.roc_auc,
        pr_auc=found.pr_auc,
        micro_roc_auc=found.micro_roc_auc,
        micro_pr_auc=found.micro_pr_auc,
    )
