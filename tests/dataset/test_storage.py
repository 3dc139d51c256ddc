import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.manifest import Features
from dataset.storage import INT16_FULL_SCALE, restore, store

INT16 = Features(
    format="waveform",
    sample_rate=16_000,
    scale="samples",
    dtype="int16",
    full_scale=INT16_FULL_SCALE,
    shape=[None],
)


def floats(dtype):
    return Features(
        format="logmel",
        sample_rate=16_000,
        n_fft=512,
        hop=256,
        n_mels=8,
        fmin=20.0,
        fmax=8000.0,
        scale="db",
        top_db=80.0,
        dtype=dtype,
        shape=[None, 8],
    )


def test_integers_are_rounded_and_clipped():
    values = np.array([-2, -1, -0.50001, 0, 0.4 / 32767, 0.6 / 32767, 1, 3], np.float32)
    expected = [-32767, -32767, -16384, 0, 0, 1, 32767, 32767]
    assert store(values, INT16).tolist() == expected


@given(st.lists(st.floats(-1, 1, width=32), min_size=1))
def test_an_integer_is_within_half_a_step(values):
    true = np.array(values, np.float32)
    stored = store(true, INT16)
    assert stored.dtype == np.int16
    # Half a step, and what float32 itself may be off at full scale.
    limit = 1 / 65_534 + 2e-7
    assert np.abs(restore(stored, INT16) - true).max() <= limit


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_floats_keep_their_scale(dtype):
    values = np.linspace(-100, 30, 80, dtype=np.float32).reshape(10, 8)
    stored = store(values, floats(dtype))
    assert stored.dtype == dtype
    step = 0 if dtype == "float32" else 0.032
    assert np.abs(restore(stored, floats(dtype)) - values).max() <= step


def test_settings_of_a_log_mel_are_named_as_the_audio_room_names_them():
    assert floats("float16").log_mel_settings() == {
        "rate": 16_000,
        "n_fft": 512,
        "hop": 256,
        "n_mels": 8,
        "fmin": 20.0,
        "fmax": 8000.0,
        "scale": "db",
        "top_db": 80.0,
    }
