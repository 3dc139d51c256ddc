"""Weights that follow the trained ones slowly, where the optimizer keeps them.

Keras' optimizers keep an exponential moving average of the weights with
``use_ema=True``. Training goes on from the weights themselves; validation and files
get the averages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from train.engine import keras

if TYPE_CHECKING:
    from keras import Model


def inner_optimizer(trainer: "Model") -> Any:
    """Return the optimizer itself, where one that scales the loss is around it."""
    return getattr(trainer.optimizer, "inner_optimizer", trainer.optimizer)


def weights(trainer: "Model") -> list[Any]:
    """Return a copy of the weights that are trained, as arrays."""
    return [keras.ops.convert_to_numpy(v).copy() for v in trainer.trainable_variables]


def put(trainer: "Model", values: list[Any]) -> None:
    """Set the weights that are trained."""
    for variable, value in zip(trainer.trainable_variables, values, strict=True):
        variable.assign(value)


@contextmanager
def averaged(trainer: "Model") -> Iterator[None]:
    """Let the model have the averages of its weights, if there are such.

    Before the first update there are none yet.
    """
    optimizer = inner_optimizer(trainer)
    if not optimizer.use_ema or not keras.ops.convert_to_numpy(optimizer.iterations):
        yield
        return
    trained = weights(trainer)
    optimizer.finalize_variable_values(trainer.trainable_variables)
    try:
        yield
    finally:
        put(trainer, trained)
