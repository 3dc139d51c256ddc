"""How many batches an epoch has, and what of them is taken."""

from collections.abc import Callable
from typing import Any

from lyre.counting import counted
from train.engine import tf
from train.errors import TrainError

Batches = Callable[[int], Any]


def limited(batches: Batches, steps: int) -> tuple[Batches, int | None]:
    """Take so many batches of each epoch.

    Parameters
    ----------
    batches : callable
        From the number of an epoch to its ``tf.data.Dataset``.
    steps : int
        Batches to take; 0: all.

    Returns
    -------
    batches : callable
        The same, limited.
    steps : int or None
        How many that are; None where the data set does not know.

    Raises
    ------
    TrainError
        There are none, fewer than asked for, or no end of them.
    """
    known = int(batches(1).cardinality())
    unknown = known == tf.data.UNKNOWN_CARDINALITY
    if known == 0 or (unknown and not any(True for _ in batches(1).take(1))):
        raise TrainError("there is no batch to train on")
    if known == tf.data.INFINITE_CARDINALITY and not steps:
        raise TrainError(
            "the training data have no end",
            where="training.steps_per_epoch",
            remedy="say how many batches make an epoch",
        )
    if not steps:
        return batches, None if unknown else known
    if 0 < known < steps:
        raise TrainError(
            f"an epoch has {counted(known, 'batch')}",
            where=f"training.steps_per_epoch = {steps}",
            expected=f"at most {known}, or 0 for all",
        )
    return lambda epoch: batches(epoch).take(steps), steps
