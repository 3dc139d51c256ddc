import sys
from types import SimpleNamespace

import numpy as np
import pytest

from train.errors import TrainError
from train.tagger import microphone


class _NoDeviceError(Exception):
    """Stands for sounddevice's own error."""


def _recorder(samples: np.ndarray) -> SimpleNamespace:
    def rec(frames: int, **options: object) -> np.ndarray:
        assert (frames, options["samplerate"]) == (22_050, 44_100)
        return samples[:, np.newaxis]

    return SimpleNamespace(rec=rec, wait=lambda: None, PortAudioError=_NoDeviceError)


def test_samples_are_mono_at_the_rate_told(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.linspace(-1, 1, 22_050, dtype=np.float32)
    monkeypatch.setitem(sys.modules, "sounddevice", _recorder(samples))
    found, rate = microphone.record(0.5)
    np.testing.assert_array_equal(found, samples)
    assert rate == 44_100


def test_no_microphone_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def rec(*_frames: object, **_options: object) -> None:
        raise _NoDeviceError("Error querying device -1")

    broken = SimpleNamespace(rec=rec, PortAudioError=_NoDeviceError)
    monkeypatch.setitem(sys.modules, "sounddevice", broken)
    with pytest.raises(TrainError, match="no microphone to record from"):
        microphone.record(1)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(
        TrainError, match="sounddevice, which is not installed"
    ) as found:
        microphone.record(1)
    assert ".[record]" in str(found.value)
