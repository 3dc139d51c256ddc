from pathlib import Path

import numpy as np
import pytest

import audio
from audio.features import PRESETS
from audio.features import log_mel as expected_log_mel
from train.engine import keras
from train.packaging.spectrum import Transform, log_mel

# Decibels, or steps of the musicnn scale; the first with top_db, the last without.
_TOLERANCES = {"urop2019": 2e-3, "musicnn": 2e-3, "short-chunk": 0.02}


def _graph(preset: str, transform: Transform) -> keras.Model:
    samples = keras.Input(batch_shape=(1, None))
    return keras.Model(samples, log_mel(samples, PRESETS[preset], transform))


@pytest.mark.parametrize("transform", ["fft", "matrix"])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_clip_gets_the_features_of_the_export(
    preset: str, transform: Transform, real: Path
) -> None:
    samples = audio.load(real / "music" / "test-1.mp3", 16_000)
    found = np.asarray(_graph(preset, transform)(samples[np.newaxis]))[0]
    expected = expected_log_mel(samples, PRESETS[preset])
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=_TOLERANCES[preset], rtol=0)


@pytest.mark.parametrize("transform", ["fft", "matrix"])
def test_any_number_of_samples_gives_as_many_frames_as_there(
    transform: Transform,
) -> None:
    rng = np.random.default_rng(0)
    graph = _graph("musicnn", transform)
    for length in (1, 255, 256, 257, 5_000):
        samples = rng.uniform(-0.5, 0.5, length).astype(np.float32)
        found = np.asarray(graph(samples[np.newaxis]))[0]
        expected = expected_log_mel(samples, PRESETS["musicnn"])
        assert found.shape == (1 + length // 256, 96)
        np.testing.assert_allclose(found, expected, atol=2e-3, rtol=0)


def test_silence_is_at_the_floor() -> None:
    found = np.asarray(_graph("short-chunk", "fft")(np.zeros((1, 4_000), np.float32)))
    # 10 log10(1e-10).
    np.testing.assert_allclose(found, -100.0, rtol=1e-6)
