"""A few seconds from the microphone; sounddevice is the ``record`` extra."""

from typing import Any

import numpy as np
import numpy.typing as npt

from train.errors import TrainError

_RATE = 44_100


def record(seconds: float) -> tuple[npt.NDArray[np.float32], int]:
    """Record from the default microphone, and return when it is done.

    Parameters
    ----------
    seconds : float
        How long.

    Returns
    -------
    samples : ndarray of float32, shape (samples,)
        Mono.
    rate : int
        Sample rate, Hz.

    Raises
    ------
    TrainError
        sounddevice or its library is not installed, or there is no microphone.
    """
    sound = _sounddevice()
    try:
        samples = sound.rec(
            round(seconds * _RATE), samplerate=_RATE, channels=1, dtype="float32"
        )
        sound.wait()
    except sound.PortAudioError as error:
        raise TrainError(
            f"there is no microphone to record from: {error}",
            remedy="name files instead of --record",
        ) from error
    return np.asarray(samples, np.float32)[:, 0], _RATE


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise TrainError(
            "recording needs sounddevice, which is not installed",
            remedy="install Lyre with its `record` extra: pip install '.[record]'",
        ) from error
    except OSError as error:
        raise TrainError(
            f"recording needs the PortAudio library: {error}",
            remedy="install it from your system's packages (Debian: libportaudio2)",
        ) from error
    return sounddevice
