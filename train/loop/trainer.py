"""A model made ready for training: loss, optimizer, and the logits as its output."""

from typing import TYPE_CHECKING, Any

from train import losses
from train.config import Config, Optimizer
from train.engine import keras
from train.errors import TrainError

if TYPE_CHECKING:
    from keras import Model


def make_trainer(model: "Model", tags: list[str], config: Config) -> "Model":
    """Return a model of the same layers that ends in logits and can be trained.

    The model itself is never compiled, so that its file holds nothing but the model.

    Parameters
    ----------
    model : keras.Model
        From features to a probability per tag, with a layer named ``logits``.
    tags : list of str
        Names of the outputs.
    config : Config
        The sections on optimizer and loss.

    Raises
    ------
    TrainError
        Keras has no such optimizer, or a weight is given for a tag that is no output.
    """
    trainer = keras.Model(model.inputs, model.get_layer("logits").output)
    trainer.compile(
        optimizer=_optimizer(config.optimizer),
        loss=losses.build(tags, config.loss.positive_weights, config.loss.gamma),
        # XLA halves the speed of these convolutions on a CPU.
        jit_compile=False,
    )
    return trainer


def _optimizer(settings: Optimizer) -> Any:
    arguments = settings.model_dump()
    name = arguments.pop("name")
    try:
        return keras.optimizers.get({"class_name": name, "config": arguments})
    except (ValueError, TypeError) as error:
        raise TrainError(
            f"Keras has no optimizer {name!r} with "
            f"{', '.join(f'{key}={value!r}' for key, value in arguments.items())}",
            where="optimizer",
            remedy="see https://keras.io/api/optimizers/",
        ) from error
