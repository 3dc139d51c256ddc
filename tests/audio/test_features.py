"""Spectrograms equal to librosa's and to the published musicnn features."""

from pathlib import Path
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
import pytest

import audio
from audio.errors import AudioError
from audio.features import PRESETS, FeatureSettings, log_mel
from audio.mel import filter_bank

Samples = npt.NDArray[np.float32]


def by_librosa(samples: Samples, settings: FeatureSettings) -> npt.NDArray[np.float32]:
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=settings.rate,
        n_fft=settings.n_fft,
        hop_length=settings.hop,
        n_mels=settings.n_mels,
        fmin=settings.fmin,
        fmax=settings.fmax,
    ).T
    if settings.scale == "db":
        decibels: npt.NDArray[np.float32] = librosa.power_to_db(
            power, top_db=settings.top_db
        )
        return decibels
    rounded = power.astype(np.float16).astype(np.float32)
    scaled: npt.NDArray[np.float32] = np.log10(10000 * rounded + 1)
    return scaled


@pytest.mark.parametrize(
    ("rate", "n_fft", "n_mels", "fmin", "fmax"),
    [
        (16000, 512, 96, 0.0, 8000.0),
        (16000, 2048, 96, 0.0, 8000.0),
        (16000, 512, 128, 0.0, 8000.0),
        (22050, 1024, 40, 300.0, 10000.0),
    ],
)
def test_the_filter_bank_is_that_of_librosa(
    rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float
) -> None:
    bank = filter_bank(rate, n_fft, n_mels, fmin, fmax).toarray()
    expected = librosa.filters.mel(
        sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax
    )
    np.testing.assert_allclose(bank, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("preset", ["urop2019", "short-chunk"])
def test_decibels_of_real_clips_equal_librosa(real: Path, preset: str) -> None:
    for path in sorted((real / "music").iterdir()):
        samples = audio.load(path, 16000)
        found = log_mel(samples, PRESETS[preset])
        expected = by_librosa(samples, PRESETS[preset])
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4, err_msg=path)


def test_musicnn_features_equal_the_published_ones(real: Path) -> None:
    reference = np.load(real / "musicnn_msd_reference.npz")
    compared = 0
    for path in sorted((real / "music").iterdir()):
        name = f"{path.stem}__features"
        if name not in reference:
            continue
        patches = reference[name]
        found = log_mel(audio.load(path, 16000), PRESETS["musicnn"])
        # Patches of 187 frames follow one another without overlap.
        cut = found[: len(patches) * 187].reshape(-1, 187, 96)
        # A value may fall to the next float16 before the logarithm.
        np.testing.assert_allclose(cut, patches, rtol=0, atol=2e-3)
        compared += 1
    assert compared == 6


@pytest.mark.parametrize("preset", sorted(PRESETS))
@pytest.mark.parametrize("samples", [1, 255, 256, 16000, 100_000])
def test_shape_and_type(preset: str, samples: int) -> None:
    settings = PRESETS[preset]
    signal = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    found = log_mel(signal, settings)
    assert found.shape == (1 + samples // settings.hop, settings.n_mels)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    assert np.isfinite(found).all()


def test_loud_clips_do_not_overflow_float16() -> None:
    loud = np.random.default_rng(0).uniform(-1, 1, 16000).astype(np.float32)
    found = log_mel(loud, PRESETS["musicnn"])
    assert np.isfinite(found).all()
    assert found.max() > np.log10(65504)


def test_top_db_is_taken_below_the_whole_clips_maximum() -> None:
    signal = np.zeros(32000, np.float32)
    signal[8000:9000] = np.random.default_rng(0).standard_normal(1000)
    found = log_mel(signal, PRESETS["urop2019"])
    assert found.min() == pytest.approx(found.max() - 80.0, abs=1e-4)
    free = FeatureSettings(top_db=None)
    assert log_mel(signal, free).min() == pytest.approx(-100.0, abs=1e-4)


def test_digital_silence() -> None:
    zeros = np.zeros(16000, np.float32)
    np.testing.assert_allclose(log_mel(zeros, PRESETS["urop2019"]), -100.0)
    assert np.all(log_mel(zeros, PRESETS["musicnn"]) == 0.0)


@pytest.mark.parametrize("hop", [300, 1024, 20_000, 10**12])
def test_other_settings_equal_librosa(hop: int) -> None:
    settings = FeatureSettings(
        rate=22050, n_fft=1024, hop=hop, n_mels=64, fmin=50.0, fmax=9000.0
    )
    signal = np.random.default_rng(0).standard_normal(50_000).astype(np.float32)
    np.testing.assert_allclose(
        log_mel(signal, settings), by_librosa(signal, settings), rtol=0, atol=1e-4
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hop": 0}, "hop must be at least 1"),
        ({"fmax": 9000.0}, "fmin 0 and fmax 9000 do not lie in order"),
        ({"scale": "mel"}, "no such scale: 'mel'"),
    ],
)
def test_settings_that_make_no_spectrogram(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(AudioError, match=message):
        FeatureSettings(**values)


def test_stereo_or_nothing_is_refused() -> None:
    for shape in ((0,), (100, 2)):
        with pytest.raises(AudioError, match="needs mono samples"):
            log_mel(np.zeros(shape, np.float32), PRESETS["urop2019"])
