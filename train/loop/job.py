"""Everything that is ready before the first epoch."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from train.config import Config

if TYPE_CHECKING:
    from keras import Model

Say = Callable[[str], None]
# Labels of 0 and 1, and scores, both (examples, tags).
Validate = Callable[[], tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]]


@dataclass(frozen=True)
class Job:
    """A training that can begin.

    Parameters
    ----------
    config : Config
        Its sections on the optimizer, the loss, training and validation.
    model : keras.Model
        From features to a probability per tag; its layer before the last is named
        ``logits``.
    tags : list of str
        Names of the outputs.
    batches : callable
        From the number of an epoch, from 1, to its ``tf.data.Dataset`` of (features,
        labels).
    examples : int
        Examples of an epoch.
    validate : callable, optional
        Scores the validation data with the model as it is.
    save : callable
        Writes the model as it is to a path, whole or not at all.
    folder : Path
        The run.
    """

    config: Config
    model: "Model"
    tags: list[str]
    batches: Callable[[int], Any]
    examples: int
    validate: Validate | None
    save: Callable[[Path], None]
    folder: Path
