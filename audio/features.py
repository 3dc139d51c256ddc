"""Samples to what a network sees: log-mel spectrograms by the presets of the papers.

Time first: shape (frames, mels). Bit-equal for any number of threads on one machine,
and equal to librosa within 1e-4.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from audio.errors import AudioError
from audio.mel import filter_bank
from audio.window import hann

Samples = npt.NDArray[np.float32]
LogMel = npt.NDArray[np.float32]
Scale = Literal["db", "log10_10000"]

# Samples that are transformed at a time: they fit the processor's cache, and their
# number changes no value.
_CHUNK_SAMPLES = 2**15
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
    powers = _Powers(samples, settings.n_fft, settings.hop)
    mel = np.empty((settings.n_mels, powers.frames), np.float32)
    for start in range(0, powers.frames, powers.most):
        power = powers.at(start)
        mel[:, start : start + len(power)] = bank @ power.T
    return np.ascontiguousarray(mel.T)


class _Powers:
    """Power spectra of some frames at a time, in memory that is gotten once.

    Fresh memory for each chunk would take a third as long as the transform itself. The
    transform is in double precision, as in librosa: in single precision, decibels
    near the floor differ by more than 1e-4.
    """

    def __init__(self, samples: Samples, n_fft: int, hop: int) -> None:
        self._samples = samples
        self._hop, self._before = hop, n_fft // 2
        self.frames = 1 + (len(samples) + 2 * self._before - n_fft) // hop
        self.most = max(1, _CHUNK_SAMPLES // max(n_fft, hop))
        bins = (self.most, n_fft // 2 + 1)
        self._window = hann(n_fft)
        self._span = np.empty((self.most - 1) * hop + n_fft)
        self._frames = sliding_window_view(self._span, n_fft)[::hop]
        self._windowed = np.empty((self.most, n_fft))
        self._spectra = np.empty(bins, np.complex128)
        self._squares = np.empty(bins)
        self._sums = np.empty(bins)
        self._powers = np.empty(bins, np.float32)

    def at(self, first: int) -> npt.NDArray[np.float32]:
        """Return the power spectra from a frame on; valid until the next call."""
        count = min(self.most, self.frames - first)
        self._fill(first * self._hop - self._before)
        windowed, spectra = self._windowed[:count], self._spectra[:count]
        squares, sums = self._squares[:count], self._sums[:count]
        np.multiply(self._frames[:count], self._window, out=windowed)
        np.fft.rfft(windowed, out=spectra)
        np.multiply(spectra.real, spectra.real, out=sums)
        np.multiply(spectra.imag, spectra.imag, out=squares)
        np.add(sums, squares, out=sums)
        powers = self._powers[:count]
        powers[:] = sums
        return powers

    def _fill(self, start: int) -> None:
        """Copy the samples from a place on, with zeros beyond both ends of the clip."""
        part = self._samples[max(start, 0) : start + len(self._span)]
        ahead = max(-start, 0)
        self._span[:ahead] = 0.0
        self._span[ahead : ahead + len(part)] = part
        self._span[ahead + len(part) :] = 0.0


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
