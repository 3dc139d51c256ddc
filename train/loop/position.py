"""Where training stands within an epoch."""

from dataclasses import dataclass


@dataclass
class Position:
    """Where training stands.

    Parameters
    ----------
    epoch : int
        The epoch in hand, from 1.
    step : int
        Its finished steps.
    loss_sum, examples : float
        Sum of the losses of its examples so far, and their number.
    earlier_steps : int
        Steps of all epochs before it.
    """

    epoch: int
    step: int = 0
    loss_sum: float = 0.0
    examples: float = 0.0
    earlier_steps: int = 0

    @property
    def loss(self) -> float:
        """Mean loss over the examples so far."""
        return self.loss_sum / max(self.examples, 1.0)

    @property
    def total_steps(self) -> int:
        """Steps of all epochs so far."""
        return self.earlier_steps + self.step

    def next_epoch(self) -> "Position":
        """Return the place before the first step of the next epoch."""
        return Position(self.epoch + 1, earlier_steps=self.total_steps)
