"""True values to stored ones and back: the types in which an export keeps its arrays.

Export and trainer both go through here, so that a model sees the same numbers in
prediction as in training. What is lost against float32: a float16 log-mel is within
half a unit in the last place, which is 0.031 for decibels below 128 and 0.002 for the
``musicnn`` scale below 8; an int16 waveform is within 1/65534 of full scale, and
samples beyond full scale, which lossy decoding can give, are clipped to it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from dataset.manifest import Features

# An int16 sample is the true one times this, so that -1 and 1 are both exact.
INT16_FULL_SCALE = 32_767.0


def store(values: npt.NDArray[np.float32], features: Features) -> npt.NDArray[Any]:
    """Turn values into the stored type; integers are rounded, and clipped to it.

    Parameters
    ----------
    values : ndarray of float32
        Log-mel or samples, in the true scale.
    features : Features
        Says type and scale.

    Returns
    -------
    ndarray of ``features.dtype``, same shape
    """
    if features.dtype != "int16":
        return values.astype(features.dtype)
    scaled = np.clip(values, -1.0, 1.0) * np.float32(features.full_scale)
    stored: npt.NDArray[Any] = np.rint(scaled).astype(np.int16)
    return stored


def restore(stored: npt.NDArray[Any], features: Features) -> npt.NDArray[np.float32]:
    """Turn stored values into true ones.

    Parameters
    ----------
    stored : ndarray of ``features.dtype``
        As a record holds them.
    features : Features
        Says the scale.

    Returns
    -------
    ndarray of float32, same shape
    """
    values = stored.astype(np.float32)
    if features.full_scale == 1.0:
        return values
    return values / np.float32(features.full_scale)
