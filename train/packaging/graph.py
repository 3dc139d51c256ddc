"""From samples to windows to tags, as Keras models of Keras' own operations.

The same steps as in `train.data.slicing` and `train.tagger`, for one piece of audio of
any length: features, scaling, windows one after another and one that ends at the end,
the mean of their scores.
"""

from typing import TYPE_CHECKING

import numpy as np

from audio.features import FeatureSettings
from dataset.manifest import Features
from train.bundle import Bundle
from train.data.slicing import LEAST_DEVIATION
from train.data.windows import Window
from train.packaging.spectrum import Transform, log_mel

if TYPE_CHECKING:
    import keras

INPUT, TAGS, TAGGRAM = "waveform", "tags", "taggram"


def windows_model(bundle: Bundle, transform: Transform) -> "keras.Model":
    """Build the part before the trained model.

    Parameters
    ----------
    bundle : Bundle
        Says features and window.
    transform : {"fft", "matrix"}
        How the Fourier transform is taken.

    Returns
    -------
    keras.Model
        From float32 (1, samples), at least one sample at the model's rate, to float32
        (windows, *window.shape).
    """
    from train.engine import keras

    features, window = bundle.features, bundle.window
    samples = keras.Input(batch_shape=(1, None), dtype="float32", name=INPUT)
    if features.format == "logmel":
        x = log_mel(samples, FeatureSettings(**features.log_mel_settings()), transform)
    else:
        x = keras.ops.expand_dims(samples, -1)
    track = _stored(x, features)
    x = _windows(track, window)
    # The scale is that of the track, before a short one was filled up.
    if window.standardise == "track":
        x = _scaled(x, *_moments(keras.ops.expand_dims(track, 1)))
    elif window.standardise == "window":
        x = _scaled(x, *_moments(x))
    x = keras.ops.reshape(x, (-1, *window.shape))
    return keras.Model(samples, x, name="windows")


def whole_model(
    model: "keras.Model", bundle: Bundle, transform: Transform
) -> "keras.Model":
    """Build features, windows and the trained model as one.

    Returns
    -------
    keras.Model
        From float32 (1, samples) to a dictionary: ``tags``, the mean scores, of shape
        (1, tags), and ``taggram``, those of each window, of shape (1, windows, tags).
    """
    from train.engine import keras

    ops = keras.ops
    before = windows_model(bundle, transform)
    taggram = ops.expand_dims(model(before.output, training=False), 0)
    outputs = {TAGS: ops.mean(taggram, axis=1), TAGGRAM: taggram}
    return keras.Model(before.input, outputs, name="packaged")


def _stored(x: "keras.KerasTensor", features: Features) -> "keras.KerasTensor":
    """Round as an export stores values; see `dataset.storage`."""
    from train.engine import keras

    ops = keras.ops
    if features.dtype == "float16":
        return ops.cast(ops.cast(x, "float16"), "float32")
    if features.dtype == "int16":
        scaled = ops.clip(x, -1.0, 1.0) * features.full_scale
        return ops.round(scaled) / features.full_scale
    return x


def _moments(
    x: "keras.KerasTensor",
) -> "tuple[keras.KerasTensor, keras.KerasTensor]":
    """Return mean and deviation over steps and bands, the last two axes."""
    from train.engine import keras

    ops = keras.ops
    mean = ops.mean(x, axis=(2, 3), keepdims=True)
    variance = ops.mean(ops.square(x - mean), axis=(2, 3), keepdims=True)
    return mean, ops.sqrt(variance)


def _scaled(
    x: "keras.KerasTensor", mean: "keras.KerasTensor", deviation: "keras.KerasTensor"
) -> "keras.KerasTensor":
    from train.engine import keras

    return (x - mean) / keras.ops.maximum(deviation, LEAST_DEVIATION)


def _windows(x: "keras.KerasTensor", window: Window) -> "keras.KerasTensor":
    """Cut (1, steps, bands) into (1, windows, length, bands)."""
    from train.engine import keras

    ops, length = keras.ops, window.length
    # All but the last: as many as have another step after them. The zeros make one
    # more, which is dropped: ONNX cannot cut no window.
    along = ops.transpose(x[:, :-1], (0, 2, 1))
    along = ops.pad(along, ((0, 0), (0, 0), (0, length)))
    before = ops.extract_sequences(along, length, length)[:, :, :-1]
    before = ops.transpose(before, (0, 2, 3, 1))
    return ops.concatenate([before, ops.expand_dims(_last(x, window), 1)], axis=1)


def _last(x: "keras.KerasTensor", window: Window) -> "keras.KerasTensor":
    """Take the window that ends at the end; a shorter clip is filled up."""
    from train.engine import keras

    ops, length = keras.ops, window.length
    steps = ops.sum(ops.ones_like(x[0, :, 0], dtype="int32"))
    places = np.arange(length, dtype=np.int32)
    if window.short_clips != "pad":
        # `places` of a long clip, from its end; of a short one, over and over.
        at = ops.where(
            ops.less(steps, length),
            ops.mod(places, steps),
            ops.add(places, steps - length),
        )
        return ops.take(x, at, axis=1)
    at = ops.add(places, ops.maximum(steps - length, 0))
    held = ops.take(x, ops.minimum(at, steps - 1), axis=1)
    silence = ops.min(x) if len(window.shape) > 1 else 0.0
    there = ops.reshape(at < steps, (1, length, 1))
    return ops.where(there, held, silence)
