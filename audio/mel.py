"""The mel filter bank of Slaney's Auditory Toolbox, as a sparse matrix.

Equal to ``librosa.filters.mel`` with its defaults. Sparse because a dense product
depends on the number of threads, the chunking and the processor, and costs seven times
as much.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

# Linear below 1 kHz, then 27 steps to each factor of 6.4.
_HZ_A_MEL = 200.0 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_A_MEL
_LOG_STEP = float(np.log(6.4)) / 27.0


def hz_to_mel(hz: float) -> float:
    """Return the mel value of a frequency."""
    if hz < _BREAK_HZ:
        return hz / _HZ_A_MEL
    return _BREAK_MEL + float(np.log(hz / _BREAK_HZ)) / _LOG_STEP


def mel_to_hz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the frequencies of mel values, Hz."""
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mels - _BREAK_MEL))
    return np.where(mels < _BREAK_MEL, mels * _HZ_A_MEL, above)


@lru_cache(maxsize=16)
def filter_bank(
    rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float
) -> sparse.csr_matrix:
    """Return triangular filters of equal area.

    Parameters
    ----------
    rate : int
        Sample rate, Hz.
    n_fft : int
        FFT length.
    n_mels : int
        Number of filters.
    fmin, fmax : float
        Lower edge of the lowest and upper edge of the highest filter, Hz.

    Returns
    -------
    scipy.sparse.csr_matrix of float32, shape (n_mels, n_fft // 2 + 1)
        Shared between calls: not to be changed.
    """
    bins = np.fft.rfftfreq(n_fft, 1 / rate)
    edges = mel_to_hz(np.linspace(hz_to_mel(fmin), hz_to_mel(fmax), n_mels + 2))
    widths = np.diff(edges)
    rising = (bins - edges[:-2, None]) / widths[:-1, None]
    falling = (edges[2:, None] - bins) / widths[1:, None]
    weights = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    # In two steps of float32, as librosa rounds.
    weights *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return sparse.csr_matrix(weights)
