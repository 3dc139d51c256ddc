"""What a model sees of a track: the shape of a window and how it is scaled."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dataset.manifest import Features
from train.config import Input
from train.config.input import LONGEST_WINDOW
from train.errors import TrainError


class Window(BaseModel):
    """How windows are cut and scaled; it travels inside a trained model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    seconds: float = Field(gt=0, le=LONGEST_WINDOW, description="Length in time.")
    shape: list[int] = Field(
        min_length=1, description="Shape: (frames, mels) or (samples,)."
    )
    short_clips: Literal["repeat", "pad", "skip"] = Field(
        description="What fills up a clip that is shorter than a window; skip: none "
        "was learned from, and one to tag is repeated."
    )
    standardise: Literal["window", "track", "none"] = Field(
        description="What gets mean 0 and deviation 1."
    )

    @property
    def length(self) -> int:
        """Steps along the first axis: frames or samples."""
        return self.shape[0]


def window_of(
    features: Features,
    settings: Input,
    standardise: Literal["window", "track", "none"],
) -> Window:
    """Return the window that a configuration asks for on an export's features.

    Parameters
    ----------
    features : Features
        Those of the export.
    settings : Input
        The configuration's section.
    standardise : str
        What ``auto`` means for the architecture.

    Raises
    ------
    TrainError
        The window has no frame.
    """
    length = features.length_of(settings.window_seconds)
    if settings.standardise != "auto":
        standardise = settings.standardise
    bands = [size for size in features.shape[1:] if size is not None]
    if length < 1:
        raise TrainError(
            "a window has less than one frame",
            where=f"input.window_seconds = {settings.window_seconds}",
        )
    return Window(
        seconds=settings.window_seconds,
        shape=[length, *bands],
        short_clips=settings.short_clips,
        standardise=standardise,
    )
