"""From shards to batches: the input pipeline of training and of evaluation.

Records carry audio, label sets carry labels; the two meet here by source and track
id. A training epoch is a function of the seed and the epoch's number alone, so that
a run can be repeated, and gone on with, exactly.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from train.config import Augment, Input, Training
from train.data import augment as augmentation
from train.data import slicing
from train.data.tracks import Tracks
from train.data.windows import Window
from train.engine import tf

_EXAMPLE = {
    "source": tf.io.FixedLenFeature((), tf.string),
    "track_id": tf.io.FixedLenFeature((), tf.string),
    "audio": tf.io.FixedLenFeature((), tf.string),
    "shape": tf.io.FixedLenSequenceFeature((), tf.int64, allow_missing=True),
}
_READ_BYTES = 1 << 20


def training_batches(
    tracks: Tracks,
    window: Window,
    settings: Input,
    training: Training,
    epoch: int,
    *,
    augment: Augment | None = None,
) -> Any:
    """Return the batches of one epoch of training.

    Parameters
    ----------
    tracks : Tracks
        The training split.
    window : Window
        The model's window.
    settings : Input
        How many windows, and where; sizes of buffers.
    training : Training
        Batch size and seed.
    epoch : int
        Number of the epoch; with the seed it decides order, windows and changes.
    augment : Augment, optional
        Random changes of the windows; by default none.

    Returns
    -------
    tf.data.Dataset
        Of (windows, labels): float32 (batch, *window.shape) and float32 (batch,
        tags). The last batch may be smaller; none is dropped.
    """
    stages = training_stages(tracks, window, settings, training, epoch, augment=augment)
    return stages["batch"]


def training_stages(
    tracks: Tracks,
    window: Window,
    settings: Input,
    training: Training,
    epoch: int,
    *,
    augment: Augment | None = None,
) -> dict[str, Any]:
    """Return the pipeline of an epoch, cut off after each of its stages.

    Takes what `training_batches` takes.

    Returns
    -------
    dict of str to tf.data.Dataset
        ``read``: serialised records; ``find``: (row of `tracks`, record) of those
        wanted; ``shuffle``: the same, mixed, once for each window; ``parse``: (row,
        place in the epoch, audio as stored); ``cut``: one example; ``batch``: what
        `training_batches` returns. Each holds the one before it.
    """
    augment = augment or Augment()
    order_seed, shard_seed, *window_seed, mix_seed = _seeds(training.seed, epoch)
    labels = tf.constant(tracks.labels, tf.float32)
    per_track = settings.windows_per_track
    total = len(tracks.rows) * per_track

    def parse(index: Any, item: tuple[Any, Any]) -> tuple[Any, Any, Any]:
        row, record = item
        return row, index, _stored(record, tracks)

    def cut(row: Any, index: Any, stored: Any) -> tuple[Any, Any]:
        # Stateless: the same for the same place in the epoch, whatever runs in
        # parallel.
        seed = tf.stack([index + window_seed[0], window_seed[1]])
        return _training_window(
            stored, tracks, window, settings, augment, seed
        ), labels[row]

    def mix(index: Any, batch: tuple[Any, Any]) -> tuple[Any, Any]:
        return augmentation.mixup(*batch, augment.mixup, tf.stack([index, mix_seed]))

    shards = tracks.shards
    if settings.shuffle:
        shards = np.random.default_rng(shard_seed).permutation(shards).tolist()
    read = _read(shards, settings.parallel_shards)
    find = _found(read, tracks)
    # A record's windows share its bytes in the buffer, so that more windows per track
    # cost no more memory, and yet lie in different batches.
    shuffled = find.flat_map(
        lambda row, record: tf.data.Dataset.from_tensors((row, record)).repeat(
            per_track
        )
    )
    if settings.shuffle:
        buffer = (settings.shuffle_mebibytes << 20) // max(tracks.record_bytes, 1)
        size = min(max(buffer, 1) * per_track, total)
        # The same order however often the epoch is gone through.
        shuffled = shuffled.shuffle(
            size, seed=order_seed, reshuffle_each_iteration=False
        )
    parsed = shuffled.enumerate().map(parse, num_parallel_calls=tf.data.AUTOTUNE)
    examples = parsed.map(cut, num_parallel_calls=tf.data.AUTOTUNE)
    batches = _batched(
        examples, training.batch_size, total, mix if augment.mixup else None
    )
    return {
        "read": read,
        "find": find,
        "shuffle": shuffled,
        "parse": parsed,
        "cut": examples,
        "batch": batches,
    }


def scoring_batches(tracks: Tracks, window: Window, count: int, batch_size: int) -> Any:
    """Return evenly spaced windows of every track, for evaluation.

    Returns
    -------
    tf.data.Dataset
        Of (windows, rows): float32 (batch, *window.shape) and int64 (batch,), the
        track's row in ``tracks.rows``. Nothing is dropped.
    """

    def windows(row: Any, record: Any) -> Any:
        audio = slicing.prepared(_true(_stored(record, tracks), tracks), window)
        starts = slicing.even_starts(tf.shape(audio)[0], window.length, count)
        found = slicing.cut(audio, starts, window)
        return found, tf.repeat(row, tf.shape(found)[0])

    data = _found(_read(tracks.shards, 1), tracks)
    data = data.map(windows, num_parallel_calls=tf.data.AUTOTUNE).unbatch()
    total = sum(_places(row.frames, window, count) for row in tracks.rows)
    return _batched(data, batch_size, total)


def _read(shards: Sequence[str], parallel: int) -> Any:
    """Read the serialised records of shards, some shards side by side."""
    data = tf.data.Dataset.from_tensor_slices(tf.constant(list(shards)))
    return data.interleave(
        lambda path: tf.data.TFRecordDataset(path, buffer_size=_READ_BYTES),
        cycle_length=min(parallel, len(shards)),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )


def _found(records: Any, tracks: Tracks) -> Any:
    """Keep the records that the label set names: (row, serialised record)."""
    keys = [f"{row.source}/{row.track_id}" for row in tracks.rows]
    rows = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(keys), tf.range(len(keys), dtype=tf.int64)
        ),
        default_value=-1,
    )

    def keyed(record: Any) -> tuple[Any, Any]:
        key = tf.io.parse_single_example(
            record, {name: _EXAMPLE[name] for name in ("source", "track_id")}
        )
        return rows.lookup(key["source"] + "/" + key["track_id"]), record

    data = records.map(keyed, num_parallel_calls=tf.data.AUTOTUNE)
    return data.filter(lambda row, _: row >= 0)


def _stored(record: Any, tracks: Tracks) -> Any:
    """Read a record's audio in the type in which it is stored."""
    parsed = tf.io.parse_single_example(
        record, {name: _EXAMPLE[name] for name in ("audio", "shape")}
    )
    stored = tf.io.decode_raw(
        parsed["audio"], tf.dtypes.as_dtype(tracks.features.dtype)
    )
    return tf.ensure_shape(tf.reshape(stored, parsed["shape"]), tracks.features.shape)


def _true(stored: Any, tracks: Tracks) -> Any:
    """Turn stored values into float32 of the true scale."""
    return tf.cast(stored, tf.float32) / tracks.features.full_scale


def _training_window(
    stored: Any,
    tracks: Tracks,
    window: Window,
    settings: Input,
    augment: Augment,
    seed: Any,
) -> Any:
    """Cut one window, change it at random and scale it."""
    filled = slicing.filled(stored, window)
    last = tf.shape(filled)[0] - window.length
    if settings.window_position == "centre":
        start = last // 2
    else:
        start = tf.random.stateless_uniform((), seed, 0, last + 1, tf.int32)
    # Only the window becomes float32, not the whole track.
    cut = _true(filled[start : start + window.length], tracks)
    cut = tf.ensure_shape(cut, window.shape)
    cut = augmentation.random_gain(cut, augment, tracks.features, seed)
    if window.standardise == "track":
        mean, deviation = slicing.track_scale(_true(stored, tracks), window)
        cut = (cut - mean) / deviation
    cut = slicing.scaled(cut[tf.newaxis], window)[0]
    longest = round(augment.time_mask_seconds / window.seconds * window.length)
    return augmentation.random_noise_and_masks(cut, augment, longest, seed)


def _places(frames: int, window: Window, count: int) -> int:
    return min(count, max(frames - window.length, 0) + 1)


def _batched(data: Any, batch_size: int, total: int, mix: Any = None) -> Any:
    options = tf.data.Options()
    options.deterministic = True
    # Whose record is missing, or another track's, would else be passed over.
    data = data.apply(tf.data.experimental.assert_cardinality(total))
    data = data.batch(batch_size, num_parallel_calls=tf.data.AUTOTUNE)
    if mix is not None:
        data = data.enumerate().map(mix, num_parallel_calls=tf.data.AUTOTUNE)
    return data.with_options(options).prefetch(tf.data.AUTOTUNE)


def _seeds(seed: int, epoch: int) -> list[int]:
    state = np.random.SeedSequence((seed, epoch)).generate_state(5)
    return [int(value) >> 1 for value in state]
