"""The identity of a sound, whatever file it is packed in."""

import hashlib

import numpy as np
import numpy.typing as npt

from audio.decode import BLOCK_FRAMES

Samples = npt.NDArray[np.float32]

# Half of the left and a quarter of the right, in steps of 16 bits. Powers of two, so
# that no processor rounds otherwise.
_MIX = np.array([0.5, 0.25], np.float32) * np.float32(32768)
_BOTH = _MIX.sum()

_PIECE = 32768
_ROWS = 8
# Odd, so that multiplying by it loses nothing: 2^64 divided by the golden ratio.
_FACTOR = np.uint64(0x9E37_79B9_7F4A_7C15)


class SoundHash:
    """Hashes the samples of a clip: equal samples at the same rate, equal hash.

    It covers a 16-bit mix in which the first channel is louder than the others, so
    that channels of opposite phase do not cancel; a mono clip and the same clip with
    the channel doubled are equal. Tags, container and lossless codec do not matter;
    another decoder does, since decoders of lossy codecs round differently.

    A SHA-256 of all samples would cost a tenth of the decoding. So each 32,768 samples
    are folded first, to 1,024 polynomials in an odd factor modulo 2^64: a change in one
    place always changes one of them, and other differences cancel by a chance of 1 to
    2^64 for each.

    Parameters
    ----------
    rate : int
        Sample rate, Hz.
    """

    def __init__(self, rate: int) -> None:
        self._digest = hashlib.sha256(f"{rate} Hz".encode())
        self._mix = np.empty(BLOCK_FRAMES, np.float32)
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
        mix, rounded = self._mix[: len(block)], self._rounded[: len(block)]
        if block.shape[1] == 1:
            np.multiply(mono, _BOTH, out=mix)
        elif block.shape[1] == 2:
            np.matmul(block, _MIX, out=mix)
        else:
            np.multiply(mono, _MIX[0], out=mix)
            mix += block[:, 0] * _MIX[1]
        if peak >= 1.0:
            np.clip(mix, -32768, 32767, out=mix)
        np.copyto(rounded, mix, casting="unsafe")
        whole = len(rounded) - len(rounded) % _PIECE
        if whole:
            self._digest.update(_fold(rounded[:whole]).data)
        self._digest.update(rounded[whole:].data)

    def hexdigest(self) -> str:
        """Return the hash of what was taken in, in hexadecimal."""
        return self._digest.hexdigest()


def _fold(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.uint64]:
    pieces = samples.view("<u8").reshape(-1, _ROWS, _PIECE // 4 // _ROWS)
    folded = pieces[:, 0].copy()
    for row in range(1, _ROWS):
        folded *= _FACTOR
        folded += pieces[:, row]
    return folded
