from typing import Any

import numpy as np
import pytest

from dataset.manifest import Features
from train.bundle import Bundle
from train.data.windows import Window
from train.engine import keras
from train.packaging import graph
from train.tagger import Tagger

_RATE = 16_000


def _bundle(features: Features, **window: Any) -> Bundle:
    return Bundle(
        tags=["rock", "jazz", "pop"],
        features=features,
        window=Window(**window),
        model={"name": "of my own"},
        export="test",
        label_set="test",
        training_set_checksum=None,
        revision=None,
    )


def _tagger(bundle: Bundle) -> Tagger:
    """Return a model whose scores depend on every value of a window."""
    keras.utils.set_random_seed(0)
    window = keras.Input(tuple(bundle.window.shape))
    x = keras.layers.Flatten()(window)
    x = keras.layers.Dense(3, name="logits")(keras.layers.Rescaling(0.01)(x))
    tags = keras.layers.Activation("sigmoid")(x)
    return Tagger(keras.Model(window, tags), bundle)


@pytest.mark.parametrize("standardise", ["none", "window", "track"])
@pytest.mark.parametrize("short_clips", ["repeat", "pad", "skip"])
@pytest.mark.parametrize("kind", ["logmel", "waveform"])
def test_scores_are_those_of_the_tagger_for_any_length(
    kind: str,
    short_clips: str,
    standardise: str,
    mel_features: Features,
    sample_features: Features,
) -> None:
    logmel = kind == "logmel"
    shape = [10, 16] if logmel else [4_000]
    tagger = _tagger(
        _bundle(
            mel_features if logmel else sample_features,
            seconds=0.32 if logmel else 0.25,
            shape=shape,
            short_clips=short_clips,
            standardise=standardise,
        )
    )
    whole = graph.whole_model(tagger.model, tagger.bundle, "fft")
    rng = np.random.default_rng(1)
    hop = 512 if logmel else 1
    window = shape[0] * hop
    # Beyond full scale, as lossy decoding can give.
    samples = rng.normal(0, 0.4, 5 * window).astype(np.float32)
    ends = (1, hop + 1, window - hop, window - 1, window, window + hop, 2 * window - 1)
    for end in (*ends, 2 * window, 2 * window + hop, len(samples)):
        expected = tagger.predict(samples[:end], _RATE)
        found = whole(samples[np.newaxis, :end])
        assert found["taggram"].shape == (1, *expected.windows.shape), end
        # Half a unit in the last place of a stored decibel (0.03) moves a score so far.
        np.testing.assert_allclose(found["taggram"][0], expected.windows, atol=1e-3)
        np.testing.assert_allclose(found["tags"][0], expected.scores, atol=1e-3)


def test_silence_stays_finite(mel_features: Features) -> None:
    bundle = _bundle(
        mel_features,
        seconds=0.32,
        shape=[10, 16],
        short_clips="repeat",
        standardise="window",
    )
    tagger = _tagger(bundle)
    found = graph.whole_model(tagger.model, bundle, "matrix")(
        np.zeros((1, _RATE), np.float32)
    )
    expected = tagger.predict(np.zeros(_RATE, np.float32), _RATE)
    np.testing.assert_allclose(found["tags"][0], expected.scores, atol=1e-5)
