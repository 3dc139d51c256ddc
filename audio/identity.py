"""The identity of a sound, whatever file it is packed in."""

import hashlib

import numpy as np
import numpy.typing as npt

from audio.decode import BLOCK_FRAMES

Samples = npt.NDArray[np.float32]

# Powers of two, so that no processor rounds otherwise.
_STEPS = np.float32(32768)
_SIDE_STEP = 64

_PIECE = 32768
# Odd, so that multiplying by one loses nothing, and different, so that order counts:
# four of the primes of xxHash64.
_FACTORS = np.array(
    [
        0x9E37_79B1_85EB_CA87,
        0xC2B2_AE3D_27D4_EB4F,
        0x1656_67B1_9E37_79F9,
        0x85EB_CA77_C2B2_AE63,
    ],
    np.uint64,
)


class SoundHash:
    """Hashes the samples of a clip: equal samples at the same rate, equal hash.

    It covers, in steps of 16 bits, the mean of the channels and, so that channels of
    opposite phase do not cancel, every 64th sample of the first one; a mono clip and
    the same clip with the channel doubled are equal. Tags, container and lossless codec
    do not matter; another decoder does, since decoders of lossy codecs round
    differently.

    A SHA-256 of all samples would cost a tenth of the decoding. So each 32,768 samples
    are folded in half four times first: as numbers of 64 bits, the first half times an
    odd factor plus the second, modulo 2^64. A change in one place always changes the
    result, and other differences cancel by a chance of 1 to 2^64 for each of its 512
    numbers.

    Parameters
    ----------
    rate : int
        Sample rate, Hz.
    """

    def __init__(self, rate: int) -> None:
        self._digest = hashlib.sha256(f"{rate} Hz".encode())
        self._side = hashlib.sha256()
        self._scaled = np.empty(BLOCK_FRAMES, np.float32)
        self._rounded = np.empty(BLOCK_FRAMES, "<i2")

    def add(self, block: Samples, mono: Samples, peak: float) -> None:
        """Take in the next block.

        Parameters
        ----------
        block : ndarray of float32, shape (frames, channels)
            At most `BLOCK_FRAMES`; all blocks but the last have a multiple of 32,768.
        mono : ndarray of float32, shape (frames,)
            The mean of the channels.
        peak : float
            Largest absolute sample of the block.
        """
        rounded = self._round(mono, peak)
        whole = len(rounded) - len(rounded) % _PIECE
        if whole:
            self._digest.update(_fold(rounded[:whole]).data)
        self._digest.update(rounded[whole:].data)
        self._side.update(self._round(block[::_SIDE_STEP, 0], peak).data)

    def _round(self, samples: Samples, peak: float) -> npt.NDArray[np.int16]:
        scaled, rounded = self._scaled[: len(samples)], self._rounded[: len(samples)]
        np.multiply(samples, _STEPS, out=scaled)
        if peak >= 1.0:
            np.clip(scaled, -32768, 32767, out=scaled)
        np.copyto(rounded, scaled, casting="unsafe")
        return rounded

    def hexdigest(self) -> str:
        """Return the hash of what was taken in, in hexadecimal."""
        both = self._digest.copy()
        both.update(self._side.digest())
        return both.hexdigest()


def _fold(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.uint64]:
    folded = samples.view("<u8").reshape(-1, _PIECE // 4)
    for factor in _FACTORS:
        half = folded.shape[1] // 2
        first = folded[:, :half] * factor
        first += folded[:, half:]
        folded = first
    return folded
