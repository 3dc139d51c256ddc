from pathlib import Path

import numpy as np
import pytest

import audio
from audio.features import PRESETS
from dataset.manifest import Features
from export import clips
from train.tagger.features import extract


def _log_mel(preset: str) -> Features:
    settings = PRESETS[preset]
    return Features(
        format="logmel",
        preset=preset,
        sample_rate=settings.rate,
        n_fft=settings.n_fft,
        hop=settings.hop,
        n_mels=settings.n_mels,
        fmin=settings.fmin,
        fmax=settings.highest,
        scale=settings.scale,
        top_db=settings.top_db,
        dtype="float16",
        shape=[None, settings.n_mels],
    )


_WAVEFORM = Features(
    format="waveform",
    sample_rate=16_000,
    scale="samples",
    dtype="int16",
    full_scale=32767.0,
    shape=[None],
)


@pytest.mark.parametrize(
    "features",
    [*map(_log_mel, PRESETS), _WAVEFORM],
    ids=[*PRESETS, "waveform"],
)
def test_model_reads_what_the_export_stores(real: Path, features: Features) -> None:
    clip = real / "music" / "TRWJAZW128F42760DD_test.mp3"
    stored = clips.encode(clip, features)
    found = extract(audio.load(clip, features.sample_rate), features)
    assert found.dtype == np.float32
    expected = stored.astype(np.float32) / np.float32(features.full_scale)
    np.testing.assert_array_equal(found, expected)
