"""Which epoch was the best, with the direction of every metric said outright."""

import math
from typing import Literal

Monitor = Literal["roc_auc", "pr_auc", "loss"]

# Never guessed from a name: an area under a curve is better when higher.
_SIGN = {"roc_auc": 1.0, "pr_auc": 1.0, "loss": -1.0}


def gain(monitor: Monitor, value: float | None, over: float | None) -> float:
    """Return by how much a value is better than another.

    Parameters
    ----------
    monitor : str
        roc_auc and pr_auc: the higher the better; loss: the lower.
    value : float or None
        A value that is undefined or not finite is never better.
    over : float or None
        What it is compared with; anything is better than None.

    Returns
    -------
    float
        Positive where it is better; may be infinite.
    """
    if value is None or not math.isfinite(value):
        return -math.inf
    return math.inf if over is None else _SIGN[monitor] * (value - over)


class Best:
    """The best value so far of a monitored metric, however small the gain.

    Examples
    --------
    >>> best = Best("pr_auc")
    >>> [best.update(epoch, value) for epoch, value in enumerate((0.2, 0.6, 0.4), 1)]
    [True, True, False]
    >>> best.epoch, best.value
    (2, 0.6)
    """

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.epoch: int | None = None
        self.value: float | None = None

    def update(self, epoch: int, value: float | None) -> bool:
        """Take the value of an epoch; return whether it is the best so far."""
        is_best = gain(self.monitor, value, self.value) > 0
        if is_best:
            self.epoch, self.value = epoch, value
        return is_best


class Patience:
    """How long training waits for a gain.

    Parameters
    ----------
    monitor : str
        As in `gain`.
    epochs : int
        Epochs without gain after which `exhausted` holds; 0: it never does.
    min_delta : float
        Least gain that counts; smaller ones add up until they do.
    """

    def __init__(self, monitor: Monitor, epochs: int, min_delta: float = 0.0) -> None:
        self._monitor = monitor
        self._epochs = epochs
        self._min_delta = min_delta
        self._waited = 0
        self._value: float | None = None

    def update(self, value: float | None) -> None:
        """Take the value of an epoch."""
        gained = gain(self._monitor, value, self._value)
        if gained > 0 and gained >= self._min_delta:
            self._value, self._waited = value, 0
        else:
            self._waited += 1

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return 0 < self._epochs <= self._waited
