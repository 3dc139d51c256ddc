"""The log-mel of `audio.features` as Keras operations, which a model file can hold.

In single precision and with a dense filter bank, so that values differ a little from
those of `audio.features`: by at most 2e-3 for ``log10_10000``, and 2e-3 dB for ``db``
with ``top_db``. Without ``top_db``, bands that lie 90 dB below the loudest one of
their frame differ by up to 0.2 dB.
"""

from typing import TYPE_CHECKING, Literal

import numpy as np

from audio.features import FeatureSettings
from audio.mel import filter_bank
from audio.window import hann

if TYPE_CHECKING:
    import keras

# ONNX has no real FFT: there the transform is a product with its matrix.
Transform = Literal["fft", "matrix"]
_AMIN = 1e-10
_PER_DECADE = 10.0 / float(np.log(10.0))


def log_mel(
    samples: "keras.KerasTensor", settings: FeatureSettings, transform: Transform
) -> "keras.KerasTensor":
    """Append the log-mel spectrogram.

    Parameters
    ----------
    samples : KerasTensor of float32, shape (1, samples)
        Mono samples at ``settings.rate``; at least one.
    settings : FeatureSettings
        As in `audio.features.log_mel`.
    transform : {"fft", "matrix"}
        How the Fourier transform is taken.

    Returns
    -------
    KerasTensor of float32, shape (1, 1 + samples // hop, n_mels)
        Frame t is centred on sample ``t * hop``; beyond the ends there are zeros.
    """
    from train.engine import keras

    ops = keras.ops
    bank = filter_bank(
        settings.rate, settings.n_fft, settings.n_mels, settings.fmin, settings.highest
    )
    power = ops.matmul(_power(samples, settings, transform), bank.toarray().T)
    if settings.scale == "log10_10000":
        # The rounding is part of the published features; see `audio.features`.
        rounded = ops.cast(ops.cast(power, "float16"), "float32")
        return ops.log(rounded * 10_000.0 + 1.0) * (_PER_DECADE / 10.0)
    decibels = ops.log(ops.maximum(power, _AMIN)) * _PER_DECADE
    if settings.top_db is None:
        return decibels
    loudest = ops.max(decibels, axis=(1, 2), keepdims=True)
    return ops.maximum(decibels, loudest - settings.top_db)


def _power(
    samples: "keras.KerasTensor", settings: FeatureSettings, transform: Transform
) -> "keras.KerasTensor":
    """Append the power spectrum, shape (1, frames, n_fft // 2 + 1)."""
    from train.engine import keras

    ops, n_fft = keras.ops, settings.n_fft
    padded = ops.pad(samples, ((0, 0), (n_fft // 2, n_fft // 2)))
    window = hann(n_fft).astype(np.float32)
    if transform == "fft":
        frames = ops.extract_sequences(padded, n_fft, settings.hop)
        real, imaginary = ops.rfft(frames * window)
        return ops.square(real) + ops.square(imaginary)
    # One convolution frames, windows and transforms.
    bins = np.arange(n_fft // 2 + 1)
    angles = 2 * np.pi * np.outer(np.arange(n_fft), bins) / n_fft
    kernel = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    kernel = (kernel * hann(n_fft)[:, np.newaxis]).astype(np.float32)
    column = ops.expand_dims(padded, -1)
    both = ops.conv(column, kernel[:, np.newaxis], settings.hop, "valid")
    real, imaginary = both[..., : len(bins)], both[..., len(bins) :]
    return ops.square(real) + ops.square(imaginary)
