"""What is looked at after every step, whichever loop makes it."""

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from train.disk import refusals_told
from train.engine import keras, tf
from train.loop.position import Position

if TYPE_CHECKING:
    from keras import Model


class NotFiniteError(Exception):
    """The loss of the step just finished, or a weight after it, is NaN or infinite."""


def check_weights(trainer: "Model") -> None:
    """Look whether the weights are finite.

    The loss of a step is that before its update, so that what the last step of an
    epoch did to the weights is in no loss.

    Raises
    ------
    NotFiniteError
        A weight is not.
    """
    weights = map(keras.ops.convert_to_numpy, trainer.weights)
    if not all(np.isfinite(each).all() for each in weights):
        raise NotFiniteError


class StopWhenAsked(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends an epoch after the current step once an event is set."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        """Look at the event."""
        if self._stop.is_set():
            self.model.stop_training = True


class CheckLoss(keras.callbacks.Callback):  # type: ignore[misc]
    """Raises `NotFiniteError` at the step at which it happens."""

    def __init__(self, position: Position) -> None:
        super().__init__()
        self._position = position

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        """Look at the sum of losses."""
        if not math.isfinite(self._position.loss_sum):
            raise NotFiniteError


class Now(keras.callbacks.Callback):  # type: ignore[misc]
    """Calls a function within an epoch, so many seconds after the last time."""

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        super().__init__()
        self._seconds = seconds
        self._act = act
        self._last = time.monotonic()

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        """Look at the clock."""
        if time.monotonic() - self._last >= self._seconds:
            self._act()
            self._last = time.monotonic()


class Step(keras.callbacks.Callback):  # type: ignore[misc]
    """Calls a function after every step."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._act = act

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        """Call it."""
        self._act()


class Profile(keras.callbacks.Callback):  # type: ignore[misc]
    """Profiles some steps for TensorBoard, after those that trace and warm up.

    Parameters
    ----------
    folder : str
        Where TensorBoard looks.
    first, last : int
        Steps since the training began or went on, from 0, across epochs; an epoch that
        ends between them ends the profile.
    """

    def __init__(self, folder: str, first: int = 3, last: int = 12) -> None:
        super().__init__()
        self._folder = folder
        self._first, self._last = first, last
        self._step = 0
        self._running = False
        self.done = False

    def on_train_batch_begin(self, step: int, logs: Any = None) -> None:
        """Begin at the first step."""
        if self._step == self._first:
            tf.profiler.experimental.start(self._folder)
            self._running = True

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        """End after the last step."""
        if self._step == self._last:
            self._end()
        self._step += 1

    def on_train_end(self, logs: Any = None) -> None:
        """End with an epoch that has fewer steps."""
        self._end()

    def _end(self) -> None:
        if self._running:
            self._running, self.done = False, True
            with refusals_told(Path(self._folder)):
                tf.profiler.experimental.stop()
