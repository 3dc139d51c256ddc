"""What a clip sounds like, in a few numbers: Chromaprint's acoustic fingerprint.

Another encoding of a sound changes its samples and so its hash, but few bits of its
fingerprint. It needs the optional package `pyacoustid` and the Chromaprint library of
the system, which that package's module ``chromaprint`` loads.

References
----------
.. [1] https://acoustid.org/chromaprint
.. [2] J. Haitsma and T. Kalker, A highly robust audio fingerprinting system, 2002
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from audio.errors import MissingLibraryError

Samples = npt.NDArray[np.float32]

# As the program fpcalc: what is behind this does not change the fingerprint.
MAX_SECONDS = 120
# Chromaprint takes only rates above this.
_LOWEST_RATE = 1000
_STEPS = np.float32(32768)


def check_installed() -> None:
    """Make sure that fingerprints can be taken.

    Raises
    ------
    MissingLibraryError
        The package or the library is not installed; the message says how to get it.
    """
    _library()


class Fingerprint:
    """Collects the fingerprint of a clip, block by block, in bounded memory.

    Parameters
    ----------
    rate : int
        Sample rate, Hz.

    Raises
    ------
    MissingLibraryError
        See `check_installed`.
    """

    def __init__(self, rate: int) -> None:
        self._library = _library()
        self._left = MAX_SECONDS * rate if rate > _LOWEST_RATE else 0
        self._printer: Any = None
        if self._left:
            self._printer = self._library.Fingerprinter()
            self._printer.start(rate, 1)

    def add(self, mono: Samples) -> None:
        """Take in the next samples.

        Parameters
        ----------
        mono : ndarray of float32, shape (samples,)
            Any number of samples, full scale 1.
        """
        taken = mono[: self._left]
        if len(taken):
            scaled = np.clip(taken * _STEPS, -32768, 32767).astype(np.int16)
            self._printer.feed(scaled.tobytes())
            self._left -= len(taken)

    def values(self) -> tuple[int, ...]:
        """Return the fingerprint; call it once, at the end.

        Returns
        -------
        tuple of int
            A number of 32 bits for each 1365 samples at 11,025 Hz, about 0.124 s;
            the first one covers 2.6 s, so a shorter clip has none.
        """
        if self._printer is None:
            return ()
        values, _ = self._library.decode_fingerprint(self._printer.finish())
        return tuple(values)


def _library() -> Any:
    try:
        import chromaprint
    except ModuleNotFoundError as error:
        raise MissingLibraryError(
            "acoustic fingerprints need a package that is not installed",
            where="audio.fingerprints in lyre.toml",
            expected="pyacoustid",
            remedy="pip install 'lyre[fingerprint]', or set it to false",
        ) from error
    except ImportError as error:
        raise MissingLibraryError(
            "acoustic fingerprints need a library that is not installed",
            where="audio.fingerprints in lyre.toml",
            expected="libchromaprint",
            remedy="apt install libchromaprint1, or brew install chromaprint, or set"
            " it to false",
        ) from error
    return chromaprint
