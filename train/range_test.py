"""The learning-rate range test: which rates a model learns with, tried in one go.

The rate grows from batch to batch by the same factor, and the loss is watched. It falls
where the rate is right, and shoots up where it is too high.

References
----------
.. [1] L. N. Smith: Cyclical learning rates for training neural networks. WACV 2017.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from train import picture
from train.engine import keras
from train.errors import TrainError
from train.loop.position import Position
from train.loop.tape_loop import TapeLoop

if TYPE_CHECKING:
    from keras import Model

# The loss is smoothed, as one batch tells little; how much, and when it is hopeless.
_INERTIA = 0.9
_HOPELESS = 4.0
# The first batches tell more of the start than of the rate.
_SKIPPED = 0.1
# Of all rates so many to each side are neighbours.
_NEIGHBOURS = 0.05


@dataclass(frozen=True)
class RangeTest:
    """What a range test found.

    Parameters
    ----------
    rates : list of float
        The learning rate of each batch.
    losses : list of float
        Its loss, smoothed.
    suggestion : float
        The rate at which the loss falls fastest, on a scale of logarithms.
    """

    rates: list[float]
    losses: list[float]
    suggestion: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything as values that JSON holds."""
        return asdict(self)


def range_test(
    trainer: "Model",
    strategy: Any,
    batches: Callable[[int], Any],
    *,
    lowest: float,
    highest: float,
    steps: int,
) -> RangeTest:
    """Train with ever higher rates until the loss is hopeless.

    Parameters
    ----------
    trainer : keras.Model
        What `make_trainer` made, with a number as its rate. It is spoiled.
    strategy : tf.distribute.Strategy
        In whose scope it was made.
    batches : callable
        From the number of an epoch to its data.
    lowest, highest : float
        Rates of the first and the last batch.
    steps : int
        Batches in all, at least 10; of more than one epoch if need be.

    Raises
    ------
    TrainError
        The range is empty, the first loss is not finite, or the loss never fell.
    """
    if not 0 < lowest < highest < math.inf or steps < 10:
        raise TrainError(
            f"no range: {steps} steps from {lowest:g} to {highest:g}",
            expected="at least 10 steps, from a rate above 0 to a higher one",
        )
    rates = [float(rate) for rate in np.geomspace(lowest, highest, steps)]
    watch = _Watch(rates)
    loop, epoch = TapeLoop(trainer, strategy), 1
    while not watch.done:
        loop.train(batches(epoch), Position(epoch), [watch])
        epoch += 1
    if not watch.losses:
        raise TrainError(
            "the loss of the first batch is not finite",
            remedy="look at the data, and at the weights that training starts from",
        )
    losses = list(smoothed(watch.losses))
    return RangeTest(rates[: len(losses)], losses, suggest(rates, losses))


def smoothed(losses: Sequence[float]) -> Iterator[float]:
    """Return the exponential moving averages, without the pull of the start at 0."""
    average = 0.0
    for number, loss in enumerate(losses, 1):
        average = _INERTIA * average + (1 - _INERTIA) * loss
        yield average / (1 - _INERTIA**number)


def suggest(rates: Sequence[float], losses: Sequence[float]) -> float:
    """Return the rate about which the loss falls fastest.

    A line through the losses of neighbouring rates tells how fast; the difference of
    two would tell of the two batches.

    Raises
    ------
    TrainError
        It never falls.
    """
    first = min(math.ceil(_SKIPPED * len(losses)), max(len(losses) - 3, 0))
    scale = np.log(np.array(rates[: len(losses)]))
    reach = max(1, round(_NEIGHBOURS * len(losses)))
    slopes: npt.NDArray[np.float64] = np.full(len(losses), np.inf)
    for place in range(first, len(losses)):
        near = slice(max(place - reach, first), place + reach + 1)
        slopes[place] = _slope(scale[near], np.array(losses[near]))
    steepest = int(np.argmin(slopes))
    if not slopes[steepest] < 0:
        raise TrainError(
            "the loss never fell", remedy="begin with a lower rate, or take more steps"
        )
    return float(rates[steepest])


def _slope(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
    """Return the slope of the line of least squares; infinite through one point."""
    away = x - x.mean()
    spread = float(away @ away)
    return float(away @ y) / spread if spread else math.inf


def draw(found: RangeTest, path: Path) -> None:
    """Draw the loss against the rate into a file; errors as `picture.save`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(found.rates, found.losses)
    axes.axvline(found.suggestion, color="tab:orange", linestyle="--")
    axes.set(
        xscale="log",
        xlabel="learning rate",
        ylabel="training loss, smoothed",
        title=f"falls fastest at {found.suggestion:.2g}",
    )
    picture.save(figure, path)


class _Watch(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the rate of every batch, and notes its loss."""

    def __init__(self, rates: Sequence[float]) -> None:
        super().__init__()
        self.losses: list[float] = []
        self.done = False
        self._rates = rates

    def on_train_batch_begin(self, step: int, logs: Any = None) -> None:
        """Set the rate."""
        self.model.optimizer.learning_rate = self._rates[len(self.losses)]

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        """Note the loss; end after the last rate, or where it is hopeless."""
        loss = logs["batch_loss"]
        if math.isfinite(loss):
            self.losses.append(loss)
            *_, last = averages = list(smoothed(self.losses))
            self.done = len(self.losses) == len(self._rates) or last > _HOPELESS * min(
                averages
            )
        else:
            self.done = True
        self.model.stop_training = self.done
