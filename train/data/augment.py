"""Random changes of training windows: gain, noise, SpecAugment masks, mixup.

Every function takes a seed and is a pure function of it, so that an epoch can be
repeated, and gone on with, exactly.

References
----------
.. [1] D. S. Park, W. Chan, Y. Zhang, C.-C. Chiu, B. Zoph, E. D. Cubuk, Q. V. Le:
   SpecAugment: a simple data augmentation method for automatic speech recognition.
   Interspeech 2019.
.. [2] H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz: mixup: beyond empirical risk
   minimization. ICLR 2018.
"""

from typing import Any

from dataset.manifest import Features
from train.config import Augment
from train.data.windows import Window
from train.engine import tf
from train.errors import TrainError

# Each kind of change draws from a stream of its own.
_GAIN, _NOISE, _TIME, _FREQUENCY, _WEIGHT_A, _WEIGHT_B = range(1, 7)


def check(settings: Augment, features: Features, window: Window) -> None:
    """Refuse a change that cannot be made, or that would change nothing.

    Raises
    ------
    TrainError
        Masks along frequency for waveforms, or a gain that standardising takes out.
    """
    if settings.frequency_masks and features.format == "waveform":
        raise TrainError(
            "a waveform has no frequencies to mask", where="augment.frequency_masks"
        )
    additive = features.scale in ("db", "samples")
    if settings.gain_db and additive and window.standardise == "window":
        raise TrainError(
            "standardising each window takes every gain out again",
            where="augment.gain_db",
            remedy="set input.standardise to 'track' or 'none', or leave the gain out",
        )


def gain(values: Any, decibels: Any, features: Features) -> Any:
    """Change the level of audio in its true scale.

    Samples are multiplied; decibels are shifted; ``log10(10000 x + 1)`` is undone
    and done again.

    Parameters
    ----------
    values : float32 tensor
        Samples or log-mel, before scaling.
    decibels : float32 scalar tensor
        The change.
    features : Features
        Says the scale.

    Returns
    -------
    float32 tensor, same shape
    """
    if features.scale == "samples":
        return values * 10.0 ** (decibels / 20.0)
    if features.scale == "db":
        return values + decibels
    power = (10.0**values - 1.0) * 10.0 ** (decibels / 10.0)
    return tf.math.log(power + 1.0) / tf.math.log(10.0)


def random_gain(values: Any, settings: Augment, features: Features, seed: Any) -> Any:
    """Change the level by a decibel value drawn evenly from ±`gain_db`."""
    if not settings.gain_db:
        return values
    limit = settings.gain_db
    decibels = tf.random.stateless_uniform((), _stream(seed, _GAIN), -limit, limit)
    return gain(values, decibels, features)


def random_noise_and_masks(
    values: Any, settings: Augment, longest: int, seed: Any
) -> Any:
    """Add noise to a scaled window, then mask parts of it with its mean.

    Parameters
    ----------
    values : float32 tensor, shape (steps, ...)
        One window, scaled.
    settings : Augment
        How much of each.
    longest : int
        Steps of the longest mask along time.
    seed : int tensor, shape (2,)
        Where the random numbers come from.

    Returns
    -------
    float32 tensor, same shape
    """
    if settings.noise:
        drawn = tf.random.stateless_normal(tf.shape(values), _stream(seed, _NOISE))
        values += settings.noise * drawn
    if settings.time_masks:
        hidden = _masks(
            _stream(seed, _TIME), settings.time_masks, longest, values.shape[0]
        )
        values = masked(values, hidden, axis=0)
    if settings.frequency_masks:
        hidden = _masks(
            _stream(seed, _FREQUENCY),
            settings.frequency_masks,
            settings.frequency_mask_bands,
            values.shape[1],
        )
        values = masked(values, hidden, axis=1)
    return values


def masked(values: Any, hidden: Any, axis: int) -> Any:
    """Replace the hidden places along an axis by the mean of all values.

    Parameters
    ----------
    values : float32 tensor
        A window.
    hidden : bool tensor, shape (values.shape[axis],)
        True where the window is masked.
    axis : int
        0 for time, 1 for frequency.
    """
    shape = [1] * values.shape.rank
    shape[axis] = -1
    return tf.where(tf.reshape(hidden, shape), tf.reduce_mean(values), values)


def mixup(windows: Any, labels: Any, alpha: float, seed: Any) -> tuple[Any, Any]:
    """Mix every example of a batch with its neighbour, labels alike.

    The weights come from Beta(alpha, alpha), one an example. The loss is linear in
    the labels, so that mixed ones give the mixed loss of both.

    Parameters
    ----------
    windows : float32 tensor, shape (batch, ...)
        Scaled windows, in random order.
    labels : float32 tensor, shape (batch, tags)
        Their labels.
    alpha : float
        Parameter of the distribution, above 0.
    seed : int tensor, shape (2,)
        Where the random numbers come from.

    Returns
    -------
    windows, labels : float32 tensors, same shapes
    """
    batch = tf.shape(windows)[:1]
    one = tf.random.stateless_gamma(batch, _stream(seed, _WEIGHT_A), alpha)
    other = tf.random.stateless_gamma(batch, _stream(seed, _WEIGHT_B), alpha)
    # Both may round to 0 where alpha is tiny.
    weight = tf.math.divide_no_nan(one, one + other)
    return mixed(windows, weight), mixed(labels, weight)


def mixed(values: Any, weight: Any) -> Any:
    """Return ``weight x + (1 - weight) x'``, where x' is the next row, then the first.

    Parameters
    ----------
    values : float32 tensor, shape (batch, ...)
        The rows.
    weight : float32 tensor, shape (batch,)
        Share of the row itself.
    """
    weight = tf.reshape(weight, [-1] + [1] * (values.shape.rank - 1))
    return weight * values + (1.0 - weight) * tf.roll(values, -1, axis=0)


def _masks(seed: Any, count: int, widest: int, size: int) -> Any:
    """Draw masks: widths evenly from 0 to the widest, places where they fit."""
    seeds = tf.stack([seed, seed + tf.constant([0, 1 << 20], seed.dtype)])
    widths = tf.random.stateless_uniform(
        (count, 1), seeds[0], 0, min(widest, size) + 1, tf.int32
    )
    shares = tf.random.stateless_uniform((count, 1), seeds[1])
    starts = tf.cast(shares * tf.cast(size - widths + 1, tf.float32), tf.int32)
    places = tf.range(size)[tf.newaxis]
    return tf.reduce_any((places >= starts) & (places < starts + widths), axis=0)


def _stream(seed: Any, kind: int) -> Any:
    seed = tf.convert_to_tensor(seed, tf.int64)
    return seed + tf.constant([0, kind << 24], tf.int64)
