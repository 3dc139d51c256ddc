"""A trained model as one file: a ``.keras`` archive that knows its tags and features.

Keras reads the archive in any process, without Lyre and in safe mode. Beside Keras'
own members lies ``lyre.json``, so that tag names and feature settings cannot get
lost or mixed up with those of another model.
"""

import os
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dataset.manifest import Features
from lyre.documents import parse_model
from lyre.errors import said
from lyre.whole import whole
from train.data.selection import Selection
from train.data.windows import Window
from train.errors import TrainError

if TYPE_CHECKING:
    import keras

_MEMBER = "lyre.json"
_SUFFIX = ".keras"
_MOST_BYTES = 1 << 26
# Damage to the archive; a compression or encryption that zipfile does not know, too.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError),
    *(NotImplementedError, RuntimeError, OverflowError),
)


class Bundle(BaseModel):
    """What a model must know to tag a file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    schema_version: Literal[1] = Field(1, description="Version of this schema.")
    tags: list[str] = Field(min_length=1, description="The outputs, in order.")
    features: Features = Field(description="How a clip becomes an array.")
    window: Window = Field(description="How windows are cut and scaled.")
    model: dict[str, Any] = Field(description="The architecture and its sizes.")
    export: str = Field(description="Name of the export that it learned from.")
    label_set: str = Field(description="The label set that it learned.")
    scoring_label_set: str | None = Field(
        None, description="The label set of validation and test, where it differs."
    )
    merge: list[list[str]] = Field(
        default_factory=list,
        description="Groups of tags of which a track that has one has all.",
    )
    untagged: Literal["skip", "keep"] = Field(
        "keep", description="Whether tracks with none of the tags were left out."
    )
    training_set_checksum: str | None = Field(
        description="Checksum of the training set; null where it is not known."
    )
    revision: str | None = Field(description="Revision of Lyre, where git knew it.")
    origin: str | None = Field(
        None,
        description="Where weights come from that others published, and their licence.",
    )

    @model_validator(mode="after")
    def _window_is_of_the_features(self) -> Self:
        length = self.features.length_of(self.window.seconds)
        if self.window.shape != [length, *self.features.shape[1:]]:
            raise ValueError(
                f"a window of {self.window.seconds:g} s of these features has no shape "
                f"{self.window.shape}"
            )
        return self

    @property
    def selection(self) -> Selection:
        """The tracks and labels on which the model is measured, as it learned."""
        skipped = self.window.short_clips == "skip"
        return Selection(
            merge=self.merge,
            skip_untagged=self.untagged == "skip",
            shortest=self.window.length if skipped else 0,
        )


def save(model: "keras.Model", bundle: Bundle, path: Path) -> None:
    """Write a model and its bundle, whole or not at all."""
    with whole(path) as beside:
        model.save(beside)
        with zipfile.ZipFile(beside, "a") as archive:
            archive.writestr(_MEMBER, bundle.model_dump_json(indent=2))
        with beside.open("rb") as file:
            os.fsync(file.fileno())


def load(path: Path) -> tuple["keras.Model", Bundle]:
    """Read a model with its weights, and its bundle.

    Raises
    ------
    TrainError
        The file is missing, no ``.keras`` archive, or not one that Lyre wrote.
    """
    bundle = read(path)
    from train.engine import keras

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        shapes = model.input_shape, model.output_shape
    except Exception as error:
        # What Keras, h5py and zipfile raise of damage has no common kind.
        raise TrainError(
            f"Keras cannot load the model: {said(error)}", where=path
        ) from error
    described = (None, *bundle.window.shape), (None, len(bundle.tags))
    if shapes != described:
        raise TrainError(
            "the model is not the one that it describes: from {} to {}".format(*shapes),
            where=path,
            expected="from {} to {}".format(*described),
        )
    return model, bundle


def read(path: Path) -> Bundle:
    """Read the bundle alone, which needs no TensorFlow."""
    if not path.is_file() or path.suffix != _SUFFIX:
        raise TrainError("no model here", where=path, expected=f"a {_SUFFIX} file")
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_MEMBER).file_size > _MOST_BYTES:
                raise zipfile.BadZipFile(f"{_MEMBER} is too large")
            text = archive.read(_MEMBER)
    except _DAMAGE as error:
        raise TrainError(
            "no .keras archive, or a damaged one",
            where=path,
            expected="a model that `python -m train fit` saved",
        ) from error
    except KeyError as error:
        raise TrainError(
            "a Keras model without tag names and feature settings",
            where=path,
            expected="a model that `python -m train fit` saved",
        ) from error
    return parse_model(text, Bundle, TrainError, where=f"{path}, {_MEMBER}")
