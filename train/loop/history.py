"""What a run remembers of its epochs, and how it ended."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Epoch:
    """What ``history.json`` keeps of an epoch.

    Parameters
    ----------
    epoch : int
        Its number, from 1.
    loss : float
        Mean training loss, with dropout on.
    learning_rate : float
        At its end.
    seconds : float
        Training and validation together.
    clips_per_second : float
        Windows trained on, per second of training.
    val_loss, val_roc_auc, val_pr_auc : float or None
        Of the validation tracks' scores: plain cross entropy and the macro averages.
    val_micro_roc_auc, val_micro_pr_auc : float or None
        The micro averages.
    """

    epoch: int
    loss: float
    learning_rate: float
    seconds: float
    clips_per_second: float
    val_loss: float | None = None
    val_roc_auc: float | None = None
    val_pr_auc: float | None = None
    val_micro_roc_auc: float | None = None
    val_micro_pr_auc: float | None = None


@dataclass(frozen=True)
class Fitted:
    """How a run ended.

    Parameters
    ----------
    folder : Path
        The run.
    history : list of Epoch
        Its finished epochs.
    best_epoch : int or None
        Number of the epoch of ``best.keras``; None without validation.
    interrupted : bool
        Whether a signal ended it early.
    """

    folder: Path
    history: list[Epoch]
    best_epoch: int | None
    interrupted: bool
