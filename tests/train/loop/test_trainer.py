"""Every optimizer that Keras has."""

import numpy as np
import pytest

from train import config
from train.engine import keras
from train.errors import TrainError
from train.loop.trainer import make_trainer
from train.models.parts import tag_outputs

# As https://keras.io/api/optimizers/ lists them.
_LISTED = [
    *("SGD", "RMSprop", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "Adafactor"),
    *("Nadam", "Ftrl", "Lion", "Lamb", "Muon"),
]


def _trainer(name: str, *arguments: str) -> keras.Model:
    keras.utils.set_random_seed(1)
    features = keras.Input((4,))
    sets = [f"optimizer.{each}" for each in arguments]
    sets += ["schedule.name=constant", f"optimizer.name={name}"]
    chosen = config.load(None, sets)
    model = keras.Model(features, tag_outputs(features, 2))
    return make_trainer(model, ["a", "b"], chosen, None)


@pytest.mark.parametrize("name", _LISTED)
def test_every_listed_optimizer_trains(name: str) -> None:
    trainer = _trainer(name)
    before = np.concatenate([weight.ravel() for weight in trainer.get_weights()])
    ones = np.ones((4, 4), np.float32)
    trainer.fit(ones, np.array([[1, 0]] * 4, np.float32), verbose=0)
    after = np.concatenate([weight.ravel() for weight in trainer.get_weights()])
    assert np.isfinite(after).all()
    assert (after != before).any()


@pytest.mark.parametrize(
    "name", ["Optimizer", "LossScaleOptimizer", "MultiOptimizer", ""]
)
def test_what_is_no_optimizer_by_itself_is_refused(name: str) -> None:
    with pytest.raises(TrainError, match="Keras has no optimizer"):
        _trainer(name)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["beta_1=much"], ["epsilon=x"], ["weight_decay=some"], ["clipnorm=[1]"]),
        *(["clipvalue=x"], ["loss_scale_factor=x"], ["momentum=0.9"]),
        # Of two limits to the length of gradients Keras takes one.
        ["clipnorm=1", "global_clipnorm=1"],
    ],
)
def test_arguments_that_an_optimizer_cannot_use_are_told(arguments: list[str]) -> None:
    with pytest.raises(TrainError, match="Keras' Adam cannot be made: "):
        _trainer("adam", *arguments)
