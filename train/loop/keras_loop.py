"""One epoch of training by Keras' own ``fit``."""

import threading
from typing import TYPE_CHECKING, Any

from train.engine import keras

if TYPE_CHECKING:
    from keras import Model


def train_epoch(
    trainer: "Model", batches: Any, number: int, stop: threading.Event
) -> float:
    """Go once through an epoch's batches.

    Parameters
    ----------
    trainer : keras.Model
        A compiled model.
    batches : tf.data.Dataset
        Of (features, labels).
    number : int
        The epoch's number, from 1.
    stop : threading.Event
        Once set, training ends after the current step.

    Returns
    -------
    float
        Mean loss over the examples.
    """

    def look(step: int, logs: object) -> None:  # noqa: ARG001, Keras names them
        if stop.is_set():
            trainer.stop_training = True

    # One epoch at a time: each has a pipeline of its own, made from its number.
    done = trainer.fit(
        batches,
        epochs=number,
        initial_epoch=number - 1,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=look)],
    )
    return float(done.history["loss"][-1])
