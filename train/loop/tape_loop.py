"""One epoch of training by our own steps, on one device or on several.

The step is written out: forward with ``training=True``, loss, gradient, update. On
several replicas the sums of losses and gradients are divided by the size of the whole
batch, and the optimizer, with clipping, accumulation and averages, sees the gradient
of the whole.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from train.engine import keras, tf
from train.loop.position import Position
from train.loop.sharing import shared

if TYPE_CHECKING:
    from keras import Model


class TapeLoop:
    """Trains with a gradient tape.

    Parameters
    ----------
    trainer : keras.Model
        A compiled model, made in the strategy's scope.
    strategy : tf.distribute.Strategy
        Where it is computed.
    """

    def __init__(self, trainer: "Model", strategy: Any) -> None:
        self._trainer = trainer
        self._strategy = strategy
        self._replicas = strategy.num_replicas_in_sync
        self._step: Any = None

    def train(self, batches: Any, position: Position, callbacks: Sequence[Any]) -> None:
        """Go through an epoch's batches; takes what ``KerasLoop.train`` takes."""
        listeners = keras.callbacks.CallbackList(list(callbacks), model=self._trainer)
        self._trainer.stop_training = False
        data = shared(batches, self._strategy)
        if self._step is None:
            # The signature leaves the size of a batch open: one trace for the last too.
            self._step = tf.function(
                self._one_step,
                input_signature=[data.element_spec],
                jit_compile=self._trainer.jit_compile or None,
            )
        listeners.on_train_begin()
        listeners.on_epoch_begin(position.epoch - 1)
        for number, batch in enumerate(data):
            listeners.on_train_batch_begin(number)
            loss, size = (float(value) for value in self._step(batch))
            position.step += 1
            position.loss_sum += loss * size
            position.examples += size
            listeners.on_train_batch_end(
                number, {"loss": position.loss, "batch_loss": loss}
            )
            if self._trainer.stop_training:
                break
        listeners.on_epoch_end(position.epoch - 1, {"loss": position.loss})
        listeners.on_train_end()

    def _one_step(self, batch: Any) -> tuple[Any, Any]:
        """Return the mean loss of a batch before its update, and its size."""
        strategy, variables = self._strategy, self._trainer.trainable_variables
        loss, size, gradients = strategy.run(self._gradients, args=batch)
        if self._replicas > 1:
            pairs = [
                (gradient, variable.value)
                for gradient, variable in zip(gradients, variables, strict=True)
            ]
            gradients = strategy.extended.batch_reduce_to("SUM", pairs)
            loss = strategy.reduce("SUM", loss, axis=None)
            size = strategy.reduce("MEAN", size, axis=None)
        self._trainer.optimizer.apply(gradients, variables)
        return loss, size

    def _gradients(self, features: Any, labels: Any, size: Any) -> tuple[Any, ...]:
        """Return a replica's part of the mean loss, the size, the part's gradients."""
        trainer = self._trainer
        with tf.GradientTape() as tape:
            losses = trainer.loss(labels, trainer(features, training=True))
            part = tf.cast(tf.shape(losses)[0], tf.float32)
            whole = tf.distribute.get_replica_context().all_reduce("SUM", part)
            loss = tf.reduce_sum(losses) / whole
            for penalty in trainer.losses:
                loss += tf.cast(penalty, tf.float32) / self._replicas
            scaled = trainer.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, trainer.trainable_variables)
        return loss, tf.cast(size, tf.float32), gradients
