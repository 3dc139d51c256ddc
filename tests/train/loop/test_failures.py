"""What ends training, told in a sentence."""

from pathlib import Path

import keras
import numpy as np
import pytest

from train.engine import tf
from train.loop import failures
from train.loop.position import Position
from train.loop.watch import NotFiniteError, check_weights


def test_a_worker_that_writes_nothing_tells_the_batch_and_saves_none(
    tmp_path: Path,
) -> None:
    batch = (np.zeros((2, 3), np.float32), np.ones((2, 1), np.float32))
    data = tf.data.Dataset.from_tensors(batch)
    position = Position(3, step=1, loss_sum=np.inf)
    told = failures.not_finite(data, position, None)
    assert told.what == "the loss of step 1 of epoch 3 is inf"
    path = tmp_path / "batch.npz"
    saved = failures.not_finite(data, position, path)
    assert saved.what == f"{told.what}; its batch was saved"
    with np.load(path) as found:
        assert found["features"].shape == (2, 3)


def test_averages_of_batch_normalisation_are_weights() -> None:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.BatchNormalization()(inputs))
    check_weights(model)
    model.layers[1].moving_variance.assign([1.0, np.inf, 1.0])
    with pytest.raises(NotFiniteError):
        check_weights(model)
