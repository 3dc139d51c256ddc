"""Samples to what a network sees: log-mel spectrograms by the presets of the papers.

Time first: shape (frames, mels). Bit-equal for any number of threads on one machine,
and equal to librosa within 1e-4.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from audio.errors import AudioError
from audio.mel import filter_bank
from audio.window import hann

Samples = npt.NDArray[np.float32]
LogMel = npt.NDArray[np.float32]
Scale = Literal["db", "log10_10000"]

# Frames that are transformed at a time; bounds the memory, changes no value.
_CHUNK_FRAMES = 64
_AMIN = np.float32(1e-10)


@dataclass(frozen=True)
class FeatureSettings:
    """How a log-mel spectrogram is made.

    Attributes
    ----------
    rate : int
        Sample rate of the samples, Hz.
    n_fft, hop : int
        Length of the (periodic Hann) window and of the FFT, and the step, in samples.
    n_mels : int
        Number of mel bands.
    fmin, fmax : float
        Lowest and highest frequency, Hz; ``fmax`` None: half the rate.
    scale : {"db", "log10_10000"}
        ``"db"``: decibels of the mel power, at least 1e-10 (librosa's `power_to_db`
        with reference 1). ``"log10_10000"``: ``log10(10000 x + 1)`` of the mel power
        x rounded to float16, as musicnn takes it.
    top_db : float or None
        With ``"db"``: values lower than this below the clip's maximum are raised to
        there; None: not.

    Raises
    ------
    AudioError
        A value makes no spectrogram.
    """

    rate: int = 16000
    n_fft: int = 2048
    hop: int = 512
    n_mels: int = 96
    fmin: float = 0.0
    fmax: float | None = None
    scale: Scale = "db"
    top_db: float | None = 80.0

    def __post_init__(self) -> None:
        for name in ("rate", "n_fft", "hop", "n_mels"):
            if getattr(self, name) < 1:
                raise AudioError(f"{name} must be at least 1", where="features")
        if not 0 <= self.fmin < self.highest <= self.rate / 2:
            raise AudioError(
                f"fmin {self.fmin:g} and fmax {self.highest:g} do not lie in order "
                f"between 0 and half the rate, {self.rate / 2:g}",
                where="features",
            )
        if self.scale not in ("db", "log10_10000"):
            raise AudioError(f"no such scale: {self.scale!r}", where="features")

    @property
    def highest(self) -> float:
        """The highest frequency, Hz."""
        return self.rate / 2 if self.fmax is None else self.fmax


PRESETS: dict[str, FeatureSettings] = {
    "urop2019": FeatureSettings(),
    "musicnn": FeatureSettings(n_fft=512, hop=256, scale="log10_10000", top_db=None),
    "short-chunk": FeatureSettings(n_fft=512, hop=256, n_mels=128, top_db=None),
}


def log_mel(samples: Samples, settings: FeatureSettings) -> LogMel:
    """Compute the log-mel spectrogram of a clip.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        Mono samples at ``settings.rate``; at least one.
    settings : FeatureSettings
        How; see `PRESETS`.

    Returns
    -------
    ndarray of float32, shape (1 + samples // hop, n_mels)
        Frame t is centred on sample ``t * hop``; beyond the ends there are zeros.

    Raises
    ------
    AudioError
        The samples are not of one dimension, or there are none.

    Examples
    --------
    >>> log_mel(np.zeros(16000, np.float32), PRESETS["musicnn"]).shape
    (63, 96)
    """
    if samples.ndim != 1 or not len(samples):
        raise AudioError(
            f"a spectrogram needs mono samples, not shape {samples.shape}",
            where="features",
        )
    power = mel_power(samples, settings)
    if settings.scale == "db":
        return _to_decibels(power, settings.top_db)
    return _to_log10_10000(power)


def mel_power(samples: Samples, settings: FeatureSettings) -> LogMel:
    """Compute the mel power spectrogram, before any logarithm.

    Parameters and shape are those of `log_mel`.
    """
    bank = filter_bank(
        settings.rate,
        settings.n_fft,
        settings.n_mels,
        settings.fmin,
        settings.highest,
    )
    window = hann(settings.n_fft)
    padded = np.pad(samples.astype(np.float32, copy=False), settings.n_fft // 2)
    frames = sliding_window_view(padded, settings.n_fft)[:: settings.hop]
    mel = np.empty((settings.n_mels, len(frames)), np.float32)
    for start in range(0, len(frames), _CHUNK_FRAMES):
        spectrum = fft.rfft(frames[start : start + _CHUNK_FRAMES] * window)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        mel[:, start : start + len(power)] = bank @ power.T
    return np.ascontiguousarray(mel.T)


def _to_decibels(power: LogMel, top_db: float | None) -> LogMel:
    decibels = np.float32(10) * np.log10(np.maximum(power, _AMIN))
    if top_db is not None:
        np.maximum(decibels, decibels.max() - np.float32(top_db), out=decibels)
    return decibels


def _to_log10_10000(power: LogMel) -> LogMel:
    # The rounding is part of the published features; the product must not be taken in
    # float16, where it overflows from a power of 6.55 on.
    rounded = power.astype(np.float16).astype(np.float32)
    scaled: LogMel = np.log10(np.float32(10000) * rounded + np.float32(1))
    return scaled
