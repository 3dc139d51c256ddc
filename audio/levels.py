"""Levels, phase, band width and identity of a clip, gathered in one pass."""

import numpy as np
import numpy.typing as npt
from scipy import fft

from audio.decode import BLOCK_FRAMES
from audio.identity import SoundHash
from audio.mono import to_mono
from audio.window import hann

Samples = npt.NDArray[np.float32]

# The highest value that 16 bits hold: what was cut off by a converter lies here, what
# a lossy codec made of that lies here or above.
FULL_SCALE = 32767 / 32768

_ONES = np.ones(4096, np.complex64)

_FRAME = 2048
_FRAME_STEP = 65536
_MULTIPLE = 32768
_ENOUGH_FRAMES = 8
_FRAMES_HELD = 8
_RANGE_DB = 90.0
_NOISE_FLOOR_DB = -115.0


class Levels:
    """Accumulates what the samples of a clip say about it.

    Parameters
    ----------
    channels : int
        Number of channels.
    rate : int
        Sample rate, Hz.
    """

    def __init__(self, channels: int, rate: int) -> None:
        self.frames = 0
        self.peak = 0.0
        self._clipped = 0
        self._sums = np.zeros(channels)
        self._squares = np.zeros(channels)
        self._cross = 0.0
        self._bandwidth = Bandwidth(rate)
        self._sound = SoundHash(rate)
        # Fresh memory for every block would cost more than what is computed in it.
        self._mono = np.empty(BLOCK_FRAMES, np.float32)

    def add(self, block: Samples, peak: float) -> Samples:
        """Take in the next block and return its mono mix.

        Parameters
        ----------
        block : ndarray of float32, shape (frames, channels)
            Finite samples, contiguous, at most `BLOCK_FRAMES`.
        peak : float
            Largest absolute sample of the block.

        Returns
        -------
        ndarray of float32, shape (frames,)
            Valid until the next call.
        """
        frames = len(block)
        is_mono = block.shape[1] == 1
        mono = block[:, 0] if is_mono else to_mono(block, self._mono[:frames])
        self.frames += frames
        self.peak = max(self.peak, peak)
        if peak >= FULL_SCALE:
            self._clipped += int(np.count_nonzero(np.abs(block) >= FULL_SCALE))
        sums, squares, cross = _moments(block)
        self._sums += sums
        self._squares += squares
        self._cross += cross
        self._bandwidth.add(mono)
        self._sound.add(block, mono, peak)
        return mono

    @property
    def rms(self) -> float:
        """Root mean square over all channels."""
        return float(np.sqrt(self._squares.sum() / (self.frames * len(self._squares))))

    @property
    def clipped_share(self) -> float:
        """Share of the samples of all channels at full scale or above."""
        return self._clipped / (self.frames * len(self._sums))

    @property
    def dc_offset(self) -> float:
        """Mean over all channels."""
        return float(self._sums.sum() / (self.frames * len(self._sums)))

    @property
    def channel_correlation(self) -> float | None:
        """Pearson correlation of the first two channels.

        None for mono, and where one of the two is constant.
        """
        if len(self._sums) < 2:
            return None
        means = self._sums[:2] / self.frames
        variances = self._squares[:2] / self.frames - means**2
        # What float32 sums leave of a constant channel is no variance.
        if np.any(variances <= 1e-6 * self._squares[:2] / self.frames):
            return None
        covariance = self._cross / self.frames - means[0] * means[1]
        correlation = covariance / np.sqrt(variances[0] * variances[1])
        return float(np.clip(correlation, -1.0, 1.0))

    @property
    def bandwidth_hz(self) -> float | None:
        """See `Bandwidth.hz`."""
        return self._bandwidth.hz

    @property
    def sound_sha256(self) -> str:
        """See `audio.identity.SoundHash`."""
        return self._sound.hexdigest()


class Bandwidth:
    """Finds the highest frequency with content.

    Power spectra of frames of 2,048 samples are averaged: one in 65,536 samples, and
    one in 2,048 at the end of a clip that has given fewer than eight. Content is what
    lies less than 90 dB below the strongest bin and above -115 dBFS (a sine at full
    scale being 0 dB), which is over the noise of 16 bits.

    Parameters
    ----------
    rate : int
        Sample rate, Hz.
    """

    _window = hann(_FRAME).astype(np.float32)
    _scale = float((2 / _window.sum(dtype=np.float64)) ** 2)

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._samples = 0
        self._power = np.zeros(_FRAME // 2 + 1)
        self._count = 0
        # Transformed together: one by one, the calls would cost more than the work.
        self._frames = np.zeros((_FRAMES_HELD, _FRAME), np.float32)
        self._held = 0

    def add(self, mono: Samples) -> None:
        """Take in the next block.

        Parameters
        ----------
        mono : ndarray of float32, shape (samples,)
            The last block of a clip may have any length, the others a multiple of
            32,768.
        """
        taken = self._count + self._held
        is_last = len(mono) % _MULTIPLE > 0
        step = _FRAME if is_last and taken < _ENOUGH_FRAMES else _FRAME_STEP
        first = -self._samples % step
        self._samples += len(mono)
        for start in range(first, len(mono), step):
            frame = mono[start : start + _FRAME]
            if len(frame) < _FRAME and taken + start:
                return
            self._frames[self._held, : len(frame)] = frame
            self._held += 1
            if self._held == _FRAMES_HELD:
                self._transform()

    def _transform(self) -> None:
        frames = self._frames[: self._held]
        frames *= self._window
        spectra = fft.rfft(frames)
        self._power += (spectra.real**2 + spectra.imag**2).sum(axis=0)
        self._count += self._held
        self._held = 0

    @property
    def hz(self) -> float | None:
        """The highest frequency with content, Hz; None for silence."""
        if self._held:
            self._transform()
        if self._count == 0:
            return None
        power = self._power * (self._scale / self._count)
        least = max(power.max() * 10 ** (-_RANGE_DB / 10), 10 ** (_NOISE_FLOOR_DB / 10))
        bins = np.flatnonzero(power > least)
        return float(bins[-1] * self._rate / _FRAME) if len(bins) else None


def _sum(pairs: npt.NDArray[np.complex64]) -> complex:
    """Add up in chunks, as exact as ``pairs.sum()`` and three times as fast."""
    whole = len(pairs) - len(pairs) % len(_ONES)
    total = complex((pairs[:whole].reshape(-1, len(_ONES)) @ _ONES).sum())
    return total if whole == len(pairs) else total + complex(pairs[whole:].sum())


def _moments(
    block: Samples,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Return sum and energy of each channel, and the product of the first two."""
    if block.shape[1] == 2:
        # Left + i right: (left + i right)^2 holds the difference of the energies and
        # twice the product, in one pass over memory as it lies.
        pairs = block.view(np.complex64)[:, 0]
        total = _sum(pairs)
        square = complex(np.dot(pairs, pairs))
        flat = block.reshape(-1)
        energy = float(np.dot(flat, flat))
        if abs(square.real) < 0.999 * energy:
            left, right = (energy + square.real) / 2, (energy - square.real) / 2
            sums = np.array([total.real, total.imag])
            return sums, np.array([left, right]), square.imag / 2
        # One channel is so soft that it would be lost in the difference.
    if block.shape[1] == 1:
        flat = block.reshape(-1)
        energies = np.array([np.dot(flat, flat)], np.float64)
        return np.array([flat.sum()], np.float64), energies, 0.0
    planar = np.ascontiguousarray(block.T)
    squares = np.einsum("ij,ij->i", planar, planar).astype(np.float64)
    sums = planar.sum(axis=1).astype(np.float64)
    return sums, squares, float(np.einsum("i,i->", planar[0], planar[1]))
