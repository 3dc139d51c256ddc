"""From samples to what a model reads, by the functions that the export uses.

The values go through the type in which an export stores them, so that a model sees
the same numbers in prediction as in training.
"""

import numpy as np
import numpy.typing as npt

from audio.features import FeatureSettings, log_mel
from dataset.manifest import Features
from dataset.storage import restore, store


def extract(
    samples: npt.NDArray[np.float32], features: Features
) -> npt.NDArray[np.float32]:
    """Turn samples into features.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        Mono, at the sample rate of `features`; at least one.
    features : Features
        The settings of the export that a model learned from.

    Returns
    -------
    ndarray of float32
        Log-mel of shape (frames, mels), or waveform of shape (samples,).
    """
    if features.format == "logmel":
        settings = FeatureSettings(**features.log_mel_settings())
        samples = log_mel(samples, settings)
    return restore(store(samples, features), features)
