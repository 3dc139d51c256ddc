"""Decode, mix and resample in one go."""

import pickle
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pytest
import soxr

import audio
from audio.decode import decode
from audio.mono import to_mono
from audio.resample import resample, resample_blocks

Encode = Callable[..., bytes]


def test_load_equals_librosa_on_real_clips(real: Path) -> None:
    for path in sorted((real / "music").iterdir()):
        found = audio.load(path, 16000)
        expected, _ = librosa.load(path, sr=16000)
        # librosa rounds the length up and fills with a zero.
        assert 0 <= len(expected) - len(found) <= 1
        np.testing.assert_allclose(found, expected[: len(found)], rtol=0, atol=1e-5)


def test_load_takes_content_too(encode: Encode, tmp_path: Path) -> None:
    clip = encode(np.random.default_rng(0).uniform(-1, 1, (9999, 2)), 44100, "FLAC")
    path = tmp_path / "clip.mp3"
    path.write_bytes(clip)
    found = audio.load(clip, 44100)
    assert np.array_equal(found, audio.load(path, 44100))
    assert np.array_equal(found, np.concatenate([to_mono(b) for b in decode(clip)]))


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_mono_is_the_mean_of_the_channels(channels: int) -> None:
    random = np.random.default_rng(0)
    block = random.standard_normal((1000, channels)).astype(np.float32)
    mono = to_mono(block)
    assert mono.dtype == np.float32
    np.testing.assert_allclose(mono, block.mean(axis=1), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("rate", "to_rate"), [(44100, 16000), (8000, 16000)])
def test_the_block_size_changes_no_resampled_sample(rate: int, to_rate: int) -> None:
    samples = np.random.default_rng(0).standard_normal(50_000).astype(np.float32)
    whole = soxr.resample(samples, rate, to_rate, quality="HQ")
    assert np.array_equal(resample(samples, rate, to_rate), whole)
    for size in (7, 1000, 65536):
        blocks = (samples[i : i + size] for i in range(0, len(samples), size))
        found = np.concatenate(list(resample_blocks(blocks, rate, to_rate)))
        assert np.array_equal(found, whole)


def test_the_same_rate_changes_nothing() -> None:
    samples = np.random.default_rng(0).standard_normal(100).astype(np.float32)
    assert np.array_equal(resample(samples, 16000, 16000), samples)


def test_errors_cross_processes_with_their_reason() -> None:
    error = audio.AudioError("the file is empty", reason="empty", where="a.mp3")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.reason, str(copy)) == ("empty", "a.mp3: the file is empty")


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_clip_that_is_too_long_is_an_error(encode: Encode, rate: int) -> None:
    clip = encode(np.zeros(3 * 8000), 8000, "WAV")
    assert len(audio.load(clip, rate, longest=3.0)) == 3 * rate
    with pytest.raises(audio.AudioError, match=r"longer than 2\.9 s"):
        audio.load(clip, rate, longest=2.9)
