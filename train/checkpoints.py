"""Which epoch was the best, with the direction of every metric said outright."""

import math
from typing import Literal

Monitor = Literal["roc_auc", "pr_auc", "loss"]

# Never guessed from a name: an area under a curve is better when higher.
_SIGN = {"roc_auc": 1.0, "pr_auc": 1.0, "loss": -1.0}


class Best:
    """The best value so far of a monitored metric.

    Parameters
    ----------
    monitor : str
        roc_auc and pr_auc: the higher the better; loss: the lower.
    min_delta : float
        Least gain that counts.
    patience : int
        Epochs without gain after which `exhausted` holds; 0: it never does.

    Examples
    --------
    >>> best = Best("pr_auc")
    >>> [best.update(epoch, value) for epoch, value in enumerate((0.2, 0.6, 0.4), 1)]
    [True, True, False]
    >>> best.epoch, best.value
    (2, 0.6)
    """

    def __init__(
        self, monitor: Monitor, min_delta: float = 0.0, patience: int = 0
    ) -> None:
        self.monitor = monitor
        self.epoch: int | None = None
        self.value: float | None = None
        self._min_delta = min_delta
        self._patience = patience
        self._waited = 0

    def update(self, epoch: int, value: float | None) -> bool:
        """Take the value of an epoch; return whether it is the best so far.

        A value that is undefined or not finite is never the best.
        """
        if value is not None and math.isfinite(value) and self._gains(value):
            self.epoch, self.value, self._waited = epoch, value, 0
            return True
        self._waited += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return 0 < self._patience <= self._waited

    def _gains(self, value: float) -> bool:
        if self.value is None:
            return True
        gain = _SIGN[self.monitor] * (value - self.value)
        return gain > 0 and gain >= self._min_delta
