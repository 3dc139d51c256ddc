"""The thresholds of a model's tags, kept beside its file.

``best.thresholds.json`` belongs to ``best.keras`` and names its checksum, so that a
model is never cut at the thresholds of another.
"""

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lyre.checksum import sha256
from lyre.documents import read_model
from train import runs
from train.errors import TrainError
from train.tagger.measures import decisions


class Thresholds(BaseModel):
    """What was chosen, and on what."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model_sha256: str = Field(description="Checksum of the model's file.")
    training_set_checksum: str = Field(description="Checksum of the training set.")
    label_set: str = Field(description="The label set.")
    windows: int = Field(description="Evenly spaced windows per track.")
    tracks: int = Field(description="Tracks of the validation split.")
    tags: dict[str, float | None] = Field(
        description="The least score that is a yes; null: no track had the tag."
    )

    def array(self) -> decisions.Thresholds:
        """Return them in the order of the outputs, NaN where there is none."""
        return np.array(list(self.tags.values()), dtype=np.float64)


def place(model: Path) -> Path:
    """Return where the thresholds of a model lie."""
    return model.with_suffix(".thresholds.json")


def write(model: Path, thresholds: Thresholds) -> None:
    """Write thresholds beside their model, whole or not at all."""
    runs.write_json(place(model), thresholds.model_dump())


def read(model: Path) -> Thresholds:
    """Read the thresholds of a model.

    Raises
    ------
    TrainError
        There are none, they are damaged, or they belong to another model.
    """
    found = find(model)
    if found is None:
        raise TrainError(
            "no thresholds of this model are known"
            if not place(model).is_file()
            else "the thresholds belong to an earlier model of that name",
            where=model,
            remedy="choose them with `python -m train evaluate`",
        )
    return found


def find(model: Path) -> Thresholds | None:
    """Read the thresholds of a model; None where there are none of this very model."""
    file = place(model)
    if not file.is_file():
        return None
    found = read_model(file, Thresholds, TrainError)
    return found if found.model_sha256 == sha256(model) else None
