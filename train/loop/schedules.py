"""The learning rate over time.

Keras' own schedules where there are such; the optimizer asks them at every batch, by
its count of batches, so that they go on by themselves when a run is resumed.

References
----------
.. [1] L. N. Smith: Cyclical learning rates for training neural networks. WACV 2017.
.. [2] L. N. Smith, N. Topin: Super-convergence: very fast training of neural networks
   using large learning rates. 2019.
"""

import math
from typing import Any

from train.config import Config, Schedule
from train.engine import keras
from train.errors import TrainError

_ops = keras.ops
_DOWN_TO_THE_FLOOR = ("cosine", "cyclical", "one-cycle")


class Cyclical(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Straight up from the lowest rate to the highest and down again, over and over.

    Parameters
    ----------
    lowest, highest : float
        The rates at the ends and in the middle of a cycle.
    cycle_steps : int
        Batches of a cycle.
    """

    def __init__(self, lowest: float, highest: float, cycle_steps: int) -> None:
        self.lowest, self.highest, self.cycle_steps = lowest, highest, cycle_steps

    def __call__(self, step: Any) -> Any:
        """Return the rate at a batch, counted from 0."""
        place = _ops.cast(step % self.cycle_steps, "float32") / self.cycle_steps
        height = 1.0 - _ops.abs(2.0 * place - 1.0)
        return self.lowest + (self.highest - self.lowest) * height

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {
            "lowest": self.lowest,
            "highest": self.highest,
            "cycle_steps": self.cycle_steps,
        }


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Up to the highest rate and then far down, both as half a cosine.

    Parameters
    ----------
    first, highest, last : float
        The rates at step 0, at `rise_steps` and from `steps` on.
    rise_steps, steps : int
        Batches on the way up, and in all.
    """

    def __init__(
        self, first: float, highest: float, last: float, rise_steps: int, steps: int
    ) -> None:
        self.first, self.highest, self.last = first, highest, last
        self.rise_steps, self.steps = rise_steps, steps

    def __call__(self, step: Any) -> Any:
        """Return the rate at a batch, counted from 0."""
        step = _ops.cast(step, "float32")
        rising = _half_cosine(self.first, self.highest, step / self.rise_steps)
        falling = _half_cosine(
            self.highest,
            self.last,
            (step - self.rise_steps) / max(self.steps - self.rise_steps, 1),
        )
        return _ops.where(step < self.rise_steps, rising, falling)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {
            "first": self.first,
            "highest": self.highest,
            "last": self.last,
            "rise_steps": self.rise_steps,
            "steps": self.steps,
        }


def _half_cosine(start: float, end: float, share: Any) -> Any:
    share = _ops.clip(share, 0.0, 1.0)
    return end + (start - end) * (1.0 + _ops.cos(math.pi * share)) / 2.0


def learning_rate(config: Config, steps: int | None) -> Any:
    """Return what the optimizer takes as its learning rate.

    Parameters
    ----------
    config : Config
        The sections on optimizer, schedule and training.
    steps : int or None
        Batches of an epoch, where they are known.

    Returns
    -------
    float or keras.optimizers.schedules.LearningRateSchedule
        A number for constant and plateau.

    Raises
    ------
    TrainError
        The schedule needs the number of steps and it is not known, or it does not fit
        the optimizer.
    """
    schedule, rate = config.schedule, config.optimizer.learning_rate
    if schedule.name in ("constant", "plateau"):
        return rate
    if steps is None:
        raise TrainError(
            f"the number of batches is unknown, which {schedule.name} needs",
            where="schedule.name",
            remedy="set training.steps_per_epoch, or schedule.name = 'constant'",
        )
    _check_ftrl(config, steps)
    total = steps * config.training.epochs
    if schedule.name == "cosine":
        return _cosine(schedule, rate, steps, total)
    if schedule.name == "step":
        return keras.optimizers.schedules.ExponentialDecay(
            rate,
            _batches(schedule.every_epochs, steps),
            schedule.factor,
            staircase=True,
        )
    if schedule.name == "cyclical":
        cycle = _batches(schedule.cycle_epochs, steps)
        return Cyclical(schedule.floor * rate, rate, cycle)
    rise = max(1, round(schedule.rise * total))
    return OneCycle(
        schedule.start * rate, rate, schedule.floor * rate, rise, max(total - 1, 1)
    )


def _check_ftrl(config: Config, steps: int) -> None:
    """Refuse a rate of 0 for the one optimizer that divides by its rate."""
    schedule = config.schedule
    warmup = round(schedule.warmup_epochs * steps)
    begins_at_zero = schedule.name == "cosine" and warmup > 0
    ends_at_zero = schedule.name in _DOWN_TO_THE_FLOOR and not schedule.floor
    if config.optimizer.name.lower() == "ftrl" and (begins_at_zero or ends_at_zero):
        raise TrainError(
            f"{schedule.name} brings the learning rate to 0, and ftrl divides by it",
            where="schedule",
            remedy="set schedule.floor=0.01 without warm-up, or schedule.name=constant",
        )


def _cosine(schedule: Schedule, rate: float, steps: int, total: int) -> Any:
    warmup = round(schedule.warmup_epochs * steps)
    if warmup >= total:
        raise TrainError(
            "the whole training would be warm-up",
            where=f"schedule.warmup_epochs = {schedule.warmup_epochs:g}",
            expected="fewer than training.epochs",
        )
    return keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else rate,
        decay_steps=total - warmup,
        alpha=schedule.floor,
        warmup_target=rate if warmup else None,
        warmup_steps=warmup,
    )


def plateau(config: Config) -> "keras.callbacks.Callback":
    """Return Keras' callback that lowers the rate when validation stops to gain.

    It looks at ``val_roc_auc`` and the like, whose direction it is told.
    """
    monitor = config.validation.monitor
    return keras.callbacks.ReduceLROnPlateau(
        monitor=f"val_{monitor}",
        mode="min" if monitor == "loss" else "max",
        factor=config.schedule.factor,
        patience=config.schedule.patience,
        min_delta=config.validation.min_delta,
        min_lr=config.schedule.floor * config.optimizer.learning_rate,
    )


def _batches(epochs: float, steps: int) -> int:
    return max(1, round(epochs * steps))
