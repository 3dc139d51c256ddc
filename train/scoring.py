"""Scores per track: the mean of the sigmoids over a track's windows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from train.data import damage
from train.data.pipeline import scoring_batches
from train.data.tracks import Tracks
from train.data.windows import Window
from train.engine import tf

if TYPE_CHECKING:
    import keras

Scores = npt.NDArray[np.float32]
# From float32 (batch, *window.shape) to float32 (batch, tags).
Score = Callable[[Any], Scores]


def scorer(model: "keras.Model", window: Window) -> Score:
    """Return a function from a batch of windows of any size to scores.

    It is traced once and follows the model's weights as they change.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, *window.shape], tf.float32)])  # type: ignore[untyped-decorator]
    def forward(windows: Any) -> Any:
        return model(windows, training=False)

    return lambda windows: np.asarray(forward(windows), dtype=np.float32)


def embedder(
    model: "keras.Model", window: Window
) -> Callable[[Any], tuple[Scores, Scores]]:
    """Return a function from a batch of windows to scores and embeddings.

    The embedding of a window is what the layer named logits reads: the activations of
    the layer before it, of shape (batch, units).
    """
    from train.engine import keras

    both = keras.Model(model.inputs, [model.output, model.get_layer("logits").input])

    @tf.function(input_signature=[tf.TensorSpec([None, *window.shape], tf.float32)])  # type: ignore[untyped-decorator]
    def forward(windows: Any) -> Any:
        return both(windows, training=False)

    def embed(windows: Any) -> tuple[Scores, Scores]:
        scores, embeddings = forward(windows)
        return np.asarray(scores, np.float32), np.asarray(embeddings, np.float32)

    return embed


def score_tracks(
    score: Score,
    tracks: Tracks,
    window: Window,
    *,
    count: int,
    batch_size: int,
    told: Callable[[int], None] | None = None,
) -> Scores:
    """Score every track of a split, each exactly once.

    Parameters
    ----------
    score : callable
        What `scorer` returned.
    tracks : Tracks
        The tracks.
    window : Window
        The model's window.
    count : int
        Evenly spaced windows per track.
    batch_size : int
        Windows at a time.
    told : callable, optional
        Called with the number of windows just scored.

    Returns
    -------
    ndarray of float32, shape (tracks, tags)
        Mean of the sigmoids over each track's windows.
    """
    sums = np.zeros((len(tracks.rows), len(tracks.tags)))
    numbers = np.zeros((len(tracks.rows), 1))
    with damage.named(tracks):
        for windows, rows in scoring_batches(tracks, window, count, batch_size):
            np.add.at(sums, rows.numpy(), score(windows))
            np.add.at(numbers, rows.numpy(), 1)
            if told is not None:
                told(len(rows))
    return (sums / numbers).astype(np.float32)
