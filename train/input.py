"""From shards to batches: the input pipeline of training and of evaluation.

Records carry audio, label sets carry labels; the two meet here by source and track
id. A training epoch is a function of the seed and the epoch's number alone, so that
a run can be repeated, and gone on with, exactly.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from train import slicing
from train.config import Input, Training
from train.engine import tf
from train.tracks import Tracks
from train.windows import Window

_EXAMPLE = {
    "source": tf.io.FixedLenFeature((), tf.string),
    "track_id": tf.io.FixedLenFeature((), tf.string),
    "audio": tf.io.FixedLenFeature((), tf.string),
    "shape": tf.io.FixedLenSequenceFeature((), tf.int64, allow_missing=True),
}
_READ_BYTES = 1 << 20


def training_batches(
    tracks: Tracks, window: Window, settings: Input, training: Training, epoch: int
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
        Number of the epoch; with the seed it decides order and windows.

    Returns
    -------
    tf.data.Dataset
        Of (windows, labels): float32 (batch, *window.shape) and float32 (batch,
        tags). The last batch may be smaller; none is dropped.
    """
    order_seed, shard_seed, *window_seed = _seeds(training.seed, epoch)
    shards = np.random.default_rng(shard_seed).permutation(tracks.shards).tolist()
    per_track = settings.windows_per_track
    total = len(tracks.rows) * per_track
    buffer = (settings.shuffle_mebibytes << 20) // max(tracks.record_bytes, 1)
    labels = tf.constant(tracks.labels, tf.float32)

    def example(index: Any, item: tuple[Any, Any]) -> tuple[Any, Any]:
        row, record = item
        audio = slicing.prepared(_audio(record, tracks), window)
        start = _start(audio, index, window, settings, window_seed)
        return slicing.cut(audio, start, window)[0], labels[row]

    data = _records(tracks, shards, settings.parallel_shards)
    # A record's windows share its bytes in the buffer, so that more windows per track
    # cost no more memory, and yet lie in different batches.
    data = data.flat_map(
        lambda row, record: tf.data.Dataset.from_tensors((row, record)).repeat(
            per_track
        )
    )
    data = data.shuffle(min(max(buffer, 1) * per_track, total), seed=order_seed)
    data = data.enumerate().map(example, num_parallel_calls=tf.data.AUTOTUNE)
    return _batched(data, training.batch_size, total)


def scoring_batches(tracks: Tracks, window: Window, count: int, batch_size: int) -> Any:
    """Return evenly spaced windows of every track, for evaluation.

    Returns
    -------
    tf.data.Dataset
        Of (windows, rows): float32 (batch, *window.shape) and int64 (batch,), the
        track's row in ``tracks.rows``. Nothing is dropped.
    """

    def windows(row: Any, record: Any) -> Any:
        audio = slicing.prepared(_audio(record, tracks), window)
        starts = slicing.even_starts(tf.shape(audio)[0], window.length, count)
        found = slicing.cut(audio, starts, window)
        return found, tf.repeat(row, tf.shape(found)[0])

    data = _records(tracks, tracks.shards, 1)
    data = data.map(windows, num_parallel_calls=tf.data.AUTOTUNE).unbatch()
    total = sum(_places(row.frames, window, count) for row in tracks.rows)
    return _batched(data, batch_size, total)


def _records(tracks: Tracks, shards: Sequence[str], parallel: int) -> Any:
    """Read the records that the label set names: (row, serialised record)."""
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

    data = tf.data.Dataset.from_tensor_slices(tf.constant(list(shards)))
    data = data.interleave(
        lambda path: tf.data.TFRecordDataset(path, buffer_size=_READ_BYTES),
        cycle_length=min(parallel, len(shards)),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    data = data.map(keyed, num_parallel_calls=tf.data.AUTOTUNE)
    return data.filter(lambda row, _: row >= 0)


def _audio(record: Any, tracks: Tracks) -> Any:
    """Read a record's audio as float32, in the true scale."""
    parsed = tf.io.parse_single_example(
        record, {name: _EXAMPLE[name] for name in ("audio", "shape")}
    )
    stored = tf.io.decode_raw(
        parsed["audio"], tf.dtypes.as_dtype(tracks.features.dtype)
    )
    audio = tf.cast(tf.reshape(stored, parsed["shape"]), tf.float32)
    audio = tf.ensure_shape(audio, tracks.features.shape)
    return audio / tracks.features.full_scale


def _start(
    audio: Any, index: Any, window: Window, settings: Input, seed: Sequence[int]
) -> Any:
    last = tf.shape(audio)[0] - window.length
    if settings.window_position == "centre":
        return tf.reshape(last // 2, (1,))
    # Stateless: the same for the same place in the epoch, whatever runs in parallel.
    place = tf.stack([tf.cast(index, tf.int64) + seed[0], seed[1]])
    return tf.random.stateless_uniform(
        (1,), seed=place, minval=0, maxval=last + 1, dtype=tf.int32
    )


def _places(frames: int, window: Window, count: int) -> int:
    return min(count, max(frames - window.length, 0) + 1)


def _batched(data: Any, batch_size: int, total: int) -> Any:
    options = tf.data.Options()
    options.deterministic = True
    data = data.batch(batch_size, num_parallel_calls=tf.data.AUTOTUNE)
    data = data.apply(tf.data.experimental.assert_cardinality(-(-total // batch_size)))
    return data.with_options(options).prefetch(tf.data.AUTOTUNE)


def _seeds(seed: int, epoch: int) -> list[int]:
    state = np.random.SeedSequence((seed, epoch)).generate_state(4)
    return [int(value) >> 1 for value in state]
