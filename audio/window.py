"""The window that every spectrum here is taken with."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt


@lru_cache(maxsize=8)
def hann(length: int) -> npt.NDArray[np.float64]:
    """Return the periodic Hann window.

    Equal to ``scipy.signal.get_window("hann", length)``, whose import takes a worker
    longer than ten clips.

    Parameters
    ----------
    length : int
        Number of samples.

    Returns
    -------
    ndarray of float64, shape (length,)
        Shared between calls: not to be changed.
    """
    phase = np.linspace(-np.pi, np.pi, length + 1)[:-1]
    window: npt.NDArray[np.float64] = 0.5 + 0.5 * np.cos(phase)
    window.flags.writeable = False
    return window
