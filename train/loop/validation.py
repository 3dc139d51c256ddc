"""What an epoch is judged by: the metrics of the validation data."""

import numpy as np
import numpy.typing as npt

from train import metrics
from train.loop.job import Validate

_LEAST_PROBABILITY = 1e-7


def validation_figures(validate: Validate, tags: list[str]) -> dict[str, float | None]:
    """Score the validation data and return the figures that ``Epoch`` keeps."""
    labels, scores = validate()
    found = metrics.compute(labels, scores, tags)
    return {
        "val_loss": cross_entropy(labels, scores),
        "val_roc_auc": found.roc_auc,
        "val_pr_auc": found.pr_auc,
        "val_micro_roc_auc": found.micro_roc_auc,
        "val_micro_pr_auc": found.micro_pr_auc,
    }


def cross_entropy(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.float32]
) -> float:
    """Return the plain cross entropy, the mean over examples and tags."""
    likely = np.clip(scores.astype(np.float64), _LEAST_PROBABILITY, None)
    unlikely = np.clip(1.0 - scores.astype(np.float64), _LEAST_PROBABILITY, None)
    costs = np.where(labels == 1, -np.log(likely), -np.log(unlikely))
    return float(costs.mean())
