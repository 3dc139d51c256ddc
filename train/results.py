"""Reading what training and evaluation found: ``history.json`` and ``metrics.json``."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from lyre.documents import read_model
from train import runs
from train.errors import TrainError

# JSON has larger ones, which no number of the processor can be compared with.
_Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class _Epoch(BaseModel):
    """An entry of the history; further numbers stand beside these."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, float | _Integer | None]

    epoch: int
    loss: float


class _Areas(BaseModel):
    """What both a tag and all tags together have."""

    model_config = ConfigDict(extra="allow", strict=True)

    roc_auc: float | None
    pr_auc: float | None


class _Tag(_Areas):
    """A tag of an evaluation."""

    tag: str


class _Evaluation(_Areas):
    """An evaluation, as far as it is read back."""

    split: str
    tags: list[_Tag]
    model: str = ""
    label_set: str = ""
    tracks: int = 0
    windows: int = 0
    micro_roc_auc: float | None = None
    micro_pr_auc: float | None = None


class _History(RootModel[list[_Epoch]]):
    """All epochs."""


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Read the history of a run; empty where there is none yet.

    Raises
    ------
    TrainError
        The file is damaged.
    """
    file = folder / runs.HISTORY
    if not file.is_file():
        return []
    return [entry.model_dump() for entry in read_model(file, _History, TrainError).root]


def read_metrics(folder: Path) -> dict[str, Any] | None:
    """Read what the last evaluation of a run found; None where there was none.

    Raises
    ------
    TrainError
        The file is damaged.
    """
    file = folder / runs.METRICS
    if not file.is_file():
        return None
    return read_model(file, _Evaluation, TrainError).model_dump()
