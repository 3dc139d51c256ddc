"""Cutting tracks into windows and scaling them, in training as in prediction.

Every function takes and gives tensors, so that it runs inside a tf.data pipeline as
well as on the features of one file.
"""

from typing import Any

from train.data.windows import Window
from train.engine import tf

# Deviations below this are taken as this, so that silence stays silent instead of
# becoming noise or NaN: 80 dB below full scale in a waveform, nothing in decibels.
LEAST_DEVIATION = 1e-4


def prepared(audio: Any, window: Window) -> Any:
    """Make a track ready to be cut: at least one window long, scaled if asked.

    Parameters
    ----------
    audio : float32 tensor, shape (steps, ...)
        A whole track; at least one step.
    window : Window
        The settings.

    Returns
    -------
    float32 tensor, shape (max(steps, window.length), ...)
        The track.
    """
    audio = tf.convert_to_tensor(audio)
    mean, deviation = track_scale(audio, window)
    return (filled(audio, window) - mean) / deviation


def filled(audio: Any, window: Window) -> Any:
    """Repeat or pad a track that is shorter than a window; leave others as they are."""
    steps = tf.shape(audio)[0]
    if window.short_clips == "pad":
        missing = tf.maximum(window.length - steps, 0)
        silence = tf.zeros((), audio.dtype)
        lowest = tf.reduce_min(audio) if len(window.shape) > 1 else silence
        paddings = [[0, missing]] + [[0, 0]] * (len(window.shape) - 1)
        return tf.pad(audio, paddings, constant_values=lowest)
    times = -(-window.length // steps)
    repeated = tf.tile(audio, [times] + [1] * (len(window.shape) - 1))
    return repeated[: tf.maximum(steps, window.length)]


def track_scale(audio: Any, window: Window) -> tuple[Any, Any]:
    """Return mean and deviation of a track where tracks are standardised, else 0, 1."""
    if window.standardise != "track":
        return 0.0, 1.0
    mean, deviation = _moments(audio[tf.newaxis])
    return tf.squeeze(mean), tf.squeeze(deviation)


def even_starts(steps: Any, length: int, count: int) -> Any:
    """Spread windows evenly over a track, from its start to its end.

    Parameters
    ----------
    steps : int or int tensor
        Length of the prepared track.
    length : int
        Length of a window.
    count : int
        How many are wanted; fewer where the track has fewer places for them. One
        window lies in the middle.

    Returns
    -------
    int32 tensor, shape (min(count, steps - length + 1),)
        First step of each window, ascending, all different.
    """
    last = tf.cast(steps, tf.int32) - length
    number = tf.minimum(min(count, tf.int32.max), last + 1)
    if count == 1:
        return tf.reshape(last // 2, (1,))
    # In 64 bits, as the product overflows 32 on a long waveform.
    places = tf.range(tf.cast(number, tf.int64)) * tf.cast(last, tf.int64)
    return tf.cast(places // tf.cast(tf.maximum(number - 1, 1), tf.int64), tf.int32)


def hop_starts(steps: Any, length: int, hop: int) -> Any:
    """Place a window every `hop` steps, and one that ends where the track ends.

    Returns
    -------
    int32 tensor, shape (windows,)
        First step of each window, ascending, all different.
    """
    last = tf.cast(steps, tf.int32) - length
    return tf.concat([tf.range(0, last, hop), [last]], axis=0)


def cut(audio: Any, starts: Any, window: Window) -> Any:
    """Cut windows out of a prepared track.

    Parameters
    ----------
    audio : float32 tensor, shape (steps, ...)
        The track.
    starts : int tensor, shape (n,)
        First step of each window.
    window : Window
        The settings.

    Returns
    -------
    float32 tensor, shape (n, *window.shape)
        The windows, standardised one by one if asked.
    """
    return scaled(windows_at(audio, starts, window), window)


def windows_at(audio: Any, starts: Any, window: Window) -> Any:
    """Cut windows out of a track and leave their values as they are."""
    places = tf.cast(starts, tf.int32)[:, tf.newaxis] + tf.range(window.length)
    return tf.ensure_shape(tf.gather(audio, places), [None, *window.shape])


def scaled(windows: Any, window: Window) -> Any:
    """Standardise each window by itself, where windows are standardised."""
    if window.standardise != "window":
        return windows
    mean, deviation = _moments(windows)
    return (windows - mean) / deviation


def _moments(arrays: Any) -> tuple[Any, Any]:
    """Return mean and deviation of each array of a batch, ready to be divided by."""
    axes = list(range(1, arrays.shape.rank))
    mean = tf.reduce_mean(arrays, axes, keepdims=True)
    deviation = tf.math.reduce_std(arrays, axes, keepdims=True)
    return mean, tf.maximum(deviation, LEAST_DEVIATION)
