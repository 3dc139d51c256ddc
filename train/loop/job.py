"""Everything that is ready before the first epoch."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
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
# From a label, the number of examples and a note to a function that takes how many
# more are done; `lyre.console.progress` without its unit.
Progress = Callable[
    [str, int | None, Callable[[], str]], AbstractContextManager[Callable[[int], None]]
]


def silent(
    _label: str, _total: int | None, _note: Callable[[], str]
) -> AbstractContextManager[Callable[[int], None]]:
    """Show no progress within an epoch."""
    return nullcontext(lambda _number: None)


@dataclass(frozen=True)
class Job:
    """A training that can begin.

    Parameters
    ----------
    config : Config
        Its sections on the optimizer, the schedule, the loss, training, validation
        and logging.
    model : keras.Model
        From features to a probability per tag; its layer before the last is named
        ``logits``.
    trainer : keras.Model
        What `make_trainer` made of it.
    strategy : tf.distribute.Strategy
        In whose scope both were made.
    tags : list of str
        Names of the outputs.
    batches : callable
        From the number of an epoch, from 1, to its ``tf.data.Dataset`` of (features,
        labels), always in the same order.
    steps : int or None
        Batches of an epoch, where they are known.
    examples : int or None
        Examples of an epoch, where they are known.
    validate : callable, optional
        Scores the validation data with the model as it is.
    save : callable
        Writes the model as it is to a path, whole or not at all.
    folder : Path
        The run.
    writes : bool
        Whether this process writes files; of several workers only one does.
    callbacks : list of keras.callbacks.Callback
        Further ones, for either loop.
    progress : callable
        Shows how far an epoch is.
    check : callable
        Called before anything is written; raises where the data have changed.
    """

    config: Config
    model: "Model"
    trainer: "Model"
    strategy: Any
    tags: list[str]
    batches: Callable[[int], Any]
    steps: int | None
    examples: int | None
    validate: Validate | None
    save: Callable[[Path], None]
    folder: Path
    writes: bool = True
    callbacks: list[Any] = field(default_factory=list)
    progress: Progress = silent
    check: Callable[[], None] = lambda: None
