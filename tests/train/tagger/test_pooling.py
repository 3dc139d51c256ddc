"""Pooling before normalising: the same scores from fewer values."""

from collections.abc import Callable

import numpy as np
import pytest

from train import config
from train.engine import keras
from train.models import registry
from train.tagger.pooling import pooled_first

_WINDOWS = {"pons-waveform": (20_000,)}


def _turned(model: "keras.Model") -> "keras.Model":
    """Give every batch normalisation factors of both signs, and one that is zero."""
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            gamma = rng.choice([-1.0, -0.4, 0.7, 1.5], gamma.shape)
            gamma[0] = 0.0
            beta = rng.normal(0, 0.1, beta.shape)
            mean = rng.normal(0, 0.1, mean.shape)
            layer.set_weights([gamma, beta, mean, variance])
    return model


@pytest.mark.parametrize("name", ["musicnn", "vgg", "pons-logmel", "pons-waveform"])
def test_scores_are_the_same(name: str) -> None:
    window = _WINDOWS.get(name, (187, 96))
    form = "waveform" if len(window) == 1 else "logmel"
    sizes = config.load(overrides=[f"model.name={name}"]).model
    model = _turned(registry.build(sizes, form, window, 3))
    quick = pooled_first(model)
    assert quick is not model
    batch = np.random.default_rng(1).normal(size=(3, *window)).astype(np.float32)
    wanted = model(batch, training=False).numpy()
    assert wanted.std() > 0.01
    np.testing.assert_allclose(quick(batch, training=False), wanted, atol=1e-6)


def _small(layers: Callable[["keras.KerasTensor"], "keras.KerasTensor"]) -> tuple:
    """Return a model of a few layers, its quick copy, and how far they differ."""
    inputs = keras.Input((12, 8, 2))
    model = _turned(keras.Model(inputs, layers(inputs)))
    quick = pooled_first(model)
    batch = np.random.default_rng(2).normal(size=(5, 12, 8, 2)).astype(np.float32)
    return model, quick, np.abs(model(batch) - quick(batch)).max()


def test_relu_after_normalisation_and_padded_pools() -> None:
    layers = keras.layers

    def chain(x: "keras.KerasTensor") -> "keras.KerasTensor":
        x = layers.BatchNormalization()(layers.Conv2D(6, 3, padding="same")(x))
        x = layers.BatchNormalization()(layers.ReLU()(x))
        return layers.MaxPooling2D(5, padding="same")(x)

    _, quick, apart = _small(chain)
    order = [type(layer).__name__ for layer in quick.layers]
    assert order.index("MaxPooling2D") < order.index("BatchNormalization")
    assert apart < 1e-6


def test_what_is_read_twice_stays() -> None:
    layers = keras.layers

    def fork(x: "keras.KerasTensor") -> "keras.KerasTensor":
        x = layers.BatchNormalization()(layers.Conv2D(6, 3, activation="relu")(x))
        pooled = layers.GlobalMaxPooling2D()(layers.MaxPooling2D(2)(x))
        return layers.Add()([pooled, layers.GlobalAveragePooling2D()(x)])

    model, quick, _ = _small(fork)
    assert quick is model


def test_an_output_stays() -> None:
    layers = keras.layers
    inputs = keras.Input((12, 8, 2))
    seen = layers.BatchNormalization()(layers.Conv2D(6, 3, activation="relu")(inputs))
    model = keras.Model(inputs, [seen, layers.MaxPooling2D(2)(seen)])
    assert pooled_first(model) is model


def test_other_activations_and_sequences_stay() -> None:
    layers = keras.layers

    def tanh(x: "keras.KerasTensor") -> "keras.KerasTensor":
        x = layers.Conv2D(6, 3, activation="tanh")(x)
        return layers.MaxPooling2D(2)(layers.BatchNormalization()(x))

    model, quick, _ = _small(tanh)
    assert quick is model
