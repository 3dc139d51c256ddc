"""What an epoch is judged by: the metrics of the validation data."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train import metrics
from train.config import Config
from train.errors import TrainError
from train.loop.job import Validate
from train.metrics import Metrics

_LEAST_PROBABILITY = 1e-7


@dataclass(frozen=True)
class Judgement:
    """Labels and scores of the validation data, and what follows from them.

    Parameters
    ----------
    labels : ndarray of uint8, shape (examples, tags)
        The truth.
    scores : ndarray of float32, shape (examples, tags)
        What the model says.
    metrics : Metrics
        All areas.
    """

    labels: npt.NDArray[np.uint8]
    scores: npt.NDArray[np.float32]
    metrics: Metrics

    def figures(self) -> dict[str, float | None]:
        """Return what ``Epoch`` keeps."""
        return {
            "val_loss": cross_entropy(self.labels, self.scores),
            "val_roc_auc": self.metrics.roc_auc,
            "val_pr_auc": self.metrics.pr_auc,
            "val_micro_roc_auc": self.metrics.micro_roc_auc,
            "val_micro_pr_auc": self.metrics.micro_pr_auc,
        }


def check_needed(config: Config, *, validated: bool) -> None:
    """Refuse what waits for figures of validation, where nothing is validated.

    Raises
    ------
    TrainError
        It names the key.
    """
    waiting = {
        "validation.patience=0": config.validation.patience > 0,
        "another schedule.name": config.schedule.name == "plateau",
    }
    instead = [remedy for remedy, waits in waiting.items() if waits]
    if instead and not validated:
        what = "patience" if config.validation.patience else "plateau"
        raise TrainError(
            f"nothing is validated, so that {what} would wait for a gain in vain",
            where="validation",
            remedy=f"validate, or set {' and '.join(instead)}",
        )


def judge(validate: Validate, tags: list[str]) -> Judgement:
    """Score the validation data."""
    labels, scores = validate()
    return Judgement(labels, scores, metrics.compute(labels, scores, tags))


def cross_entropy(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.float32]
) -> float:
    """Return the plain cross entropy, the mean over examples and tags."""
    likely = np.clip(scores.astype(np.float64), _LEAST_PROBABILITY, None)
    unlikely = np.clip(1.0 - scores.astype(np.float64), _LEAST_PROBABILITY, None)
    costs = np.where(labels == 1, -np.log(likely), -np.log(unlikely))
    return float(costs.mean())
