"""Keras' loop and our own learn the same, whatever the optimizer is asked for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from train import bundle, config, runs
from train.engine import keras, tf
from train.fit import fit
from train.loop.averages import averaged
from train.loop.keras_loop import KerasLoop
from train.loop.position import Position
from train.loop.tape_loop import TapeLoop
from train.loop.trainer import make_trainer

TAGS = ["rock", "jazz", "pop"]
LOOPS = ["keras", "custom"]


def _model() -> keras.Model:
    """Return a linear model whose weights all begin at 0."""
    features = keras.Input((4,))
    logits = keras.layers.Dense(3, kernel_initializer="zeros", name="logits")(features)
    return keras.Model(features, keras.layers.Activation("sigmoid")(logits))


def _data(number: int = 17) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(number, 4)).astype(np.float32)
    labels = (rng.random((number, 3)) < 0.5).astype(np.float32)
    return features, labels


def _train(
    loop: str,
    *overrides: str,
    batch: int = 8,
    epochs: int = 1,
    seen: Callable = lambda data: data,
) -> keras.Model:
    chosen = config.load(
        None,
        [
            *("optimizer.name=sgd", "optimizer.learning_rate=0.5"),
            *("schedule.name=constant", *overrides),
        ],
    )
    trainer = make_trainer(_model(), TAGS, chosen, None)
    strategy = tf.distribute.get_strategy()
    runner = KerasLoop(trainer) if loop == "keras" else TapeLoop(trainer, strategy)
    data = seen(tf.data.Dataset.from_tensor_slices(_data()).batch(batch))
    position = Position(1)
    for _ in range(epochs):
        runner.train(data, position, [])
        assert position.step == -(-17 // batch)
        assert position.examples == 17
        position = position.next_epoch()
    return trainer


def _kernel(trainer: keras.Model) -> np.ndarray:
    return keras.ops.convert_to_numpy(trainer.trainable_variables[0])


def _gradient(
    weights: np.ndarray, bias: np.ndarray, features: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of the mean cross entropy, by hand."""
    error = 1 / (1 + np.exp(-(features @ weights + bias))) - labels
    return features.T @ error / error.size, error.sum(axis=0) / error.size


def _by_hand(batches: list[slice], rate: float = 0.5) -> list[np.ndarray]:
    """Return the kernel after each of some steps of plain gradient descent."""
    features, labels = _data()
    weights, bias, found = np.zeros((4, 3)), np.zeros(3), []
    for part in batches:
        kernel, offset = _gradient(weights, bias, features[part], labels[part])
        weights, bias = weights - rate * kernel, bias - rate * offset
        found.append(weights)
    return found


@pytest.mark.parametrize("loop", LOOPS)
def test_every_batch_counts_the_last_one_too(loop: str) -> None:
    # 17 examples at batch 8: the third batch has one.
    expected = _by_hand([slice(0, 8), slice(8, 16), slice(16, 17)])[-1]
    np.testing.assert_allclose(_kernel(_train(loop)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("taken", [3, 4])
def test_the_end_of_data_of_unknown_length_is_no_step(taken: int, loop: str) -> None:
    def seen(data: tf.data.Dataset) -> tf.data.Dataset:
        return data.filter(lambda *_: True).take(taken)

    found = _train(loop, "optimizer.use_ema=true", epochs=2, seen=seen)
    expected = _by_hand([slice(0, 8), slice(8, 16), slice(16, 17)] * 2)[-1]
    np.testing.assert_allclose(_kernel(found), expected, rtol=1e-5, atol=1e-6)
    assert int(found.optimizer.iterations) == 6


@pytest.mark.parametrize("loop", LOOPS)
def test_accumulated_batches_are_one_of_all_their_examples(loop: str) -> None:
    # Four batches of 4 make one update; the fifth, of one example, waits.
    found = _train(loop, "optimizer.gradient_accumulation_steps=4", batch=4)
    (expected,) = _by_hand([slice(0, 16)])
    np.testing.assert_allclose(_kernel(found), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("loop", LOOPS)
def test_long_gradients_are_shortened(loop: str) -> None:
    found = _train(loop, "optimizer.global_clipnorm=0.001", batch=17)
    features, labels = _data()
    kernel, bias = _gradient(np.zeros((4, 3)), np.zeros(3), features, labels)
    length = np.sqrt((kernel**2).sum() + (bias**2).sum())
    assert length > 0.001
    np.testing.assert_allclose(
        _kernel(found), -0.5 * 0.001 * kernel / length, rtol=1e-4, atol=1e-9
    )


@pytest.mark.parametrize("loop", LOOPS)
def test_averages_follow_and_training_goes_on_without_them(loop: str) -> None:
    sets = ("optimizer.use_ema=true", "optimizer.ema_momentum=0.75")
    found = _train(loop, *sets, epochs=2)
    steps = _by_hand([slice(0, 8), slice(8, 16), slice(16, 17)] * 2)
    np.testing.assert_allclose(_kernel(found), steps[-1], rtol=1e-5, atol=1e-6)
    average = steps[0]
    for weights in steps[1:]:
        average = 0.75 * average + 0.25 * weights
    with averaged(found):
        np.testing.assert_allclose(_kernel(found), average, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(_kernel(found), steps[-1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.field_report("R35")
def test_both_loops_learn_the_same_from_an_export(
    precision: str, band_export: Path, small_config: Callable, tmp_path: Path
) -> None:
    # Outputs and loss in float32, finite; the whole model with dropout, batch
    # normalisation and a last batch of 4.
    histories, weights = [], []
    for loop in LOOPS:
        chosen = small_config(
            f"training.loop={loop}",
            f"training.precision={precision}",
            "training.epochs=1",
            "schedule.name=cosine",
            "optimizer.gradient_accumulation_steps=2",
        )
        done = fit(band_export, chosen, all_runs=tmp_path, name=loop, say=_quiet)
        model, _ = bundle.load(done.folder / runs.LAST)
        assert model.output.dtype == "float32"
        histories += done.history
        weights.append(np.concatenate([each.ravel() for each in model.get_weights()]))
    assert np.isfinite(histories[0].loss)
    rounding = 1e-5 if precision == "float32" else 2e-2
    assert histories[0].loss == pytest.approx(histories[1].loss, rel=rounding)
    np.testing.assert_allclose(weights[0], weights[1], rtol=rounding, atol=rounding)


def _quiet(_line: str) -> None:
    """Say nothing."""
