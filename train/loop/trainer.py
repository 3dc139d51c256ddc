"""A model made ready for training: loss, optimizer, and the logits as its output."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from lyre.errors import said
from lyre.validation import nearest
from train import losses
from train.config import Config, Optimizer
from train.engine import keras, tf
from train.errors import TrainError
from train.loop.schedules import learning_rate

if TYPE_CHECKING:
    from keras import Model

_OPTIMIZERS = "see https://keras.io/api/optimizers/"


def make_trainer(
    model: "Model", tags: list[str], config: Config, steps: int | None
) -> "Model":
    """Return a model of the same layers that ends in logits and can be trained.

    The model itself is never compiled, so that its file holds nothing but the model.

    Parameters
    ----------
    model : keras.Model
        From features to a probability per tag, with a layer named ``logits``.
    tags : list of str
        Names of the outputs.
    config : Config
        The sections on optimizer, schedule, loss and training.
    steps : int or None
        Batches of an epoch, where they are known.

    Raises
    ------
    TrainError
        Keras has no such optimizer or cannot use its arguments, the schedule does not
        fit, a weight is given for a tag that is no output, or the model has no layer
        named ``logits``.
    """
    trainer = keras.Model(model.inputs, _logits(model))
    trainer.compile(
        optimizer=_optimizer(config.optimizer, learning_rate(config, steps)),
        loss=losses.build(tags, config.loss.positive_weights, config.loss.gamma),
        # XLA halves the speed of these convolutions on a CPU.
        jit_compile=config.training.xla and bool(tf.config.get_visible_devices("GPU")),
    )
    # Now, so that a checkpoint can be read into its variables before the first step.
    trainer.optimizer.build(trainer.trainable_variables)
    return trainer


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Let layers made inside compute in a precision, such as ``mixed_float16``."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(usual)


def _logits(model: "Model") -> Any:
    try:
        return model.get_layer("logits").output
    except ValueError as error:
        raise TrainError(
            "the model has no layer named logits, which the loss looks at",
            remedy="end it with train.models.parts.tag_outputs",
        ) from error


def _optimizer(settings: Optimizer, rate: Any) -> Any:
    arguments = settings.model_dump()
    name = arguments.pop("name")
    arguments["learning_rate"] = rate
    arguments["global_clipnorm"] = settings.global_clipnorm or None
    if settings.gradient_accumulation_steps == 1:
        del arguments["gradient_accumulation_steps"]
    given = {key: value for key, value in arguments.items() if value is not None}
    kinds = _optimizers()
    if name.lower() not in kinds:
        raise TrainError(
            f"Keras has no optimizer {name!r}{nearest(name, kinds)}",
            where="optimizer.name",
            remedy=_OPTIMIZERS,
        )
    kind = kinds[name.lower()]
    try:
        plain = {**given, "learning_rate": settings.learning_rate}
        # In a thread of its own, which no strategy has a hold on.
        with ThreadPoolExecutor(1) as apart:
            apart.submit(_try, kind, plain).result()
        return kind(**given)
    except Exception as error:
        # What Keras and TensorFlow raise of an argument has no common kind.
        raise TrainError(
            f"Keras' {kind.__name__} cannot be made: {said(error)}",
            where="optimizer",
            remedy=_OPTIMIZERS,
        ) from error


def _try(kind: Any, arguments: dict[str, Any]) -> None:
    """Make a step on a weight of nothing: most arguments are looked at only then."""
    optimizer = kind(**arguments)
    weight = keras.Variable(np.zeros((2, 2), np.float32))
    optimizer.scale_loss(tf.constant(1.0))
    optimizer.apply([tf.ones((2, 2))], [weight])


def _optimizers() -> dict[str, Any]:
    """Return Keras' optimizers by their names, less those that hold others.

    Keras' own look-up by name does not know all of them.
    """
    module = keras.optimizers
    kinds = [each for each in vars(module).values() if isinstance(each, type)]
    return {
        kind.__name__.lower(): kind
        for kind in kinds
        if issubclass(kind, module.Optimizer)
        and kind.__name__ not in ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")
    }
