"""Epoch after epoch: train, validate, keep the best and the last, say how it went."""

import math
import threading
import time
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from train import runs
from train.checkpoints import Best
from train.errors import TrainError
from train.interruption import stop_requested
from train.loop.history import Epoch, Fitted
from train.loop.job import Job, Say
from train.loop.keras_loop import train_epoch
from train.loop.trainer import make_trainer
from train.loop.validation import validation_figures

if TYPE_CHECKING:
    from keras import Model


def run(job: Job, say: Say) -> Fitted:
    """Train until the epochs, the patience or the user's end.

    Parameters
    ----------
    job : Job
        What to train, on what.
    say : callable
        Takes a line of progress.

    Raises
    ------
    TrainError
        Before the first epoch: the optimizer or the loss is not usable. Later: the
        loss is not finite.
    """
    trainer = make_trainer(job.model, job.tags, job.config)
    settings = job.config.validation
    best = Best(settings.monitor, settings.min_delta, settings.patience)
    history: list[Epoch] = []
    started = time.monotonic()
    with stop_requested() as stop:
        for number in range(1, job.config.training.epochs + 1):
            epoch = _epoch(job, trainer, number, stop)
            if epoch is None:
                break
            history.append(epoch)
            is_best = _keep(job, history, best)
            say(_line(history, job.config.training.epochs, is_best, started))
            if best.exhausted:
                say(f"no gain in {settings.patience} epochs: training ends")
            if best.exhausted or stop.is_set():
                break
    if stop.is_set():
        job.save(job.folder / runs.LAST)
        say(f"interrupted: the model as it is now lies in {job.folder / runs.LAST}")
    return Fitted(job.folder, history, best.epoch, stop.is_set())


def _epoch(
    job: Job, trainer: "Model", number: int, stop: threading.Event
) -> Epoch | None:
    """Train one epoch and validate; None if it was interrupted."""
    started = time.monotonic()
    loss = train_epoch(trainer, job.batches(number), number, stop)
    trained = time.monotonic()
    if not math.isfinite(loss):
        raise TrainError(
            f"the loss of epoch {number} is {loss}",
            where=job.folder,
            remedy="lower optimizer.learning_rate; earlier epochs are kept",
        )
    if stop.is_set():
        return None
    found = {} if job.validate is None else validation_figures(job.validate, job.tags)
    return Epoch(
        epoch=number,
        loss=loss,
        learning_rate=float(trainer.optimizer.learning_rate),
        seconds=round(time.monotonic() - started, 3),
        clips_per_second=round(job.examples / (trained - started), 2),
        **found,
    )


def _keep(job: Job, history: list[Epoch], best: Best) -> bool:
    """Write history and models of an epoch; return whether it is the best so far."""
    entry = asdict(history[-1])
    is_best = best.update(history[-1].epoch, entry[f"val_{best.monitor}"])
    job.save(job.folder / runs.LAST)
    if is_best:
        job.save(job.folder / runs.BEST)
    runs.write_json(job.folder / runs.HISTORY, [asdict(each) for each in history])
    return is_best


def _line(history: list[Epoch], epochs: int, is_best: bool, started: float) -> str:
    epoch = history[-1]
    parts = [f"epoch {epoch.epoch}/{epochs}: loss {epoch.loss:.4f}"]
    for name, value in (
        ("ROC-AUC", epoch.val_roc_auc),
        ("PR-AUC", epoch.val_pr_auc),
    ):
        if value is not None:
            parts.append(f"validation macro {name} {value:.4f}")
    parts.append(f"{epoch.clips_per_second:,.1f} clips/s")
    spent = time.monotonic() - started
    left = spent / len(history) * (epochs - epoch.epoch)
    parts.append(f"{timedelta(seconds=round(left))} left")
    return ", ".join(parts) + (" *" if is_best else "")
