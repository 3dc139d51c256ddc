"""From samples to what a model reads, by the functions that the export uses.

The values go through the type in which an export stores them, so that a model sees
the same numbers in prediction as in training.
"""

import numpy as np
import numpy.typing as npt

from audio.features import FeatureSettings, log_mel
from dataset.manifest import Features


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
        spectrogram = log_mel(samples, _settings(features))
        return spectrogram.astype(features.dtype).astype(np.float32)
    full_scale = np.float32(features.full_scale)
    if features.dtype == "int16":
        samples = np.rint(np.clip(samples, -1.0, 1.0) * full_scale)
    stored = samples.astype(features.dtype)
    return stored.astype(np.float32) / full_scale


def _settings(features: Features) -> FeatureSettings:
    names = {"n_fft", "hop", "n_mels", "fmin", "fmax", "scale", "top_db"}
    return FeatureSettings(
        rate=features.sample_rate, **features.model_dump(include=names)
    )
