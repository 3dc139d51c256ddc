"""What ends training, told in a sentence: a loss that is not finite, no memory."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lyre.whole import whole
from train.config import Config
from train.engine import tf
from train.errors import TrainError
from train.loop.position import Position


def not_finite(batches: Any, position: Position, path: Path | None) -> TrainError:
    """Save the batch after which loss or weights were not finite, and describe it.

    Parameters
    ----------
    batches : tf.data.Dataset
        The whole epoch once more; its order must be the same.
    position : Position
        Where training stands: the batch is that of its last step.
    path : Path or None
        File for the batch, as NumPy's ``npz``; None: another worker saves it.
    """
    features, labels = next(iter(batches.skip(position.step - 1).take(1)))
    if path is not None:
        with whole(path) as beside:
            np.savez(beside, features=features.numpy(), labels=labels.numpy())
    finite = all(np.isfinite(part).all() for part in (features, labels))
    step = f"step {position.step} of epoch {position.epoch}"
    what = (
        f"the weights are not finite after {step}"
        if math.isfinite(position.loss_sum)
        else f"the loss of {step} is {position.loss_sum}"
    )
    return TrainError(
        what if path is None else f"{what}; its batch was saved",
        where=path,
        remedy="lower optimizer.learning_rate or set optimizer.global_clipnorm; "
        "earlier epochs are kept"
        if finite
        else "the batch itself has values that are not finite: look there",
    )


@contextmanager
def memory_named(config: Config) -> Iterator[None]:
    """Turn a lack of memory into an error that names a batch size to try."""
    batch_size = config.training.batch_size
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        smaller = max(1, batch_size // 2)
        batches = 2 * config.optimizer.gradient_accumulation_steps
        raise TrainError(
            f"there is not enough memory for batches of {batch_size}",
            where="training.batch_size",
            remedy=f"try training.batch_size={smaller} (with "
            f"optimizer.gradient_accumulation_steps={batches} for the same updates)"
            if batch_size > 1
            else "shorten input.window_seconds or choose a smaller model",
        ) from error
