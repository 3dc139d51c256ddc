"""One epoch of training by Keras' own ``fit``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from train.engine import keras
from train.loop import averages
from train.loop.position import Position
from train.loop.tape_loop import TapeLoop

if TYPE_CHECKING:
    from keras import Model


class KerasLoop:
    """Trains by ``Model.fit``, one epoch at a time.

    An epoch whose number of batches tf.data does not know, and one of none, go through
    our own steps: to find the end, `fit` asks for a batch too many, and its graph has
    counted that as a step of the optimizer before it learns that there is none.

    Parameters
    ----------
    trainer : keras.Model
        A compiled model.
    """

    def __init__(self, trainer: "Model") -> None:
        self._trainer = trainer
        self._uncounted = TapeLoop(trainer, trainer.distribute_strategy)

    def train(self, batches: Any, position: Position, callbacks: Sequence[Any]) -> None:
        """Go through an epoch's batches.

        Parameters
        ----------
        batches : tf.data.Dataset
            Of (features, labels): what is left of the epoch.
        position : Position
            Is moved along.
        callbacks : sequence of keras.callbacks.Callback
            Called by Keras, after `position` was moved.
        """
        if int(batches.cardinality()) <= 0:
            self._uncounted.train(batches, position, callbacks)
            return
        follow = _Follow(position)
        self._trainer.fit(
            batches,
            epochs=position.epoch,
            initial_epoch=position.epoch - 1,
            shuffle=False,
            verbose=0,
            callbacks=[follow, *callbacks],
        )
        if follow.trained is not None:
            averages.put(self._trainer, follow.trained)


class _Follow(keras.callbacks.Callback):  # type: ignore[misc]
    """Moves the position along with Keras' mean of the loss."""

    def __init__(self, position: Position) -> None:
        super().__init__()
        self.trained: list[Any] | None = None
        self._position = position

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Let the mean go on from what the epoch had before a pause."""
        self._mean.total.assign(self._position.loss_sum)
        self._mean.count.assign(self._position.examples)

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        """Count a step."""
        self._position.step += 1
        self._position.loss_sum = float(self._mean.total)
        self._position.examples = float(self._mean.count)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Remember the weights: `fit` ends by putting their averages in place."""
        if averages.inner_optimizer(self.model).use_ema:
            self.trained = averages.weights(self.model)

    @property
    def _mean(self) -> Any:
        return next(metric for metric in self.model.metrics if metric.name == "loss")
