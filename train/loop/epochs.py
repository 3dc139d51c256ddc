"""Epoch after epoch: train, validate, keep the best and the last, say how it went."""

import threading
import time
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lyre.counting import counted
from train import runs
from train.config import Training
from train.engine import keras
from train.interruption import stop_requested
from train.loop import failures, state
from train.loop.averages import averaged
from train.loop.best import Best, Patience
from train.loop.board import Board
from train.loop.history import Epoch, Fitted
from train.loop.job import Job, Say
from train.loop.keras_loop import KerasLoop
from train.loop.position import Position
from train.loop.schedules import plateau
from train.loop.tape_loop import TapeLoop
from train.loop.validation import Judgement, judge
from train.loop.watch import (
    CheckLoss,
    NotFiniteError,
    Now,
    Profile,
    Step,
    StopWhenAsked,
    check_weights,
)

if TYPE_CHECKING:
    from keras import Model

_NOT_FINITE = "not_finite.npz"


def run(job: Job, say: Say, *, resume: bool = False) -> Fitted:
    """Train until the epochs, the patience or the user's end.

    Parameters
    ----------
    job : Job
        What to train, on what.
    say : callable
        Takes a line of progress.
    resume : bool
        Go on from the state that the folder holds, if there is one.

    Raises
    ------
    TrainError
        The loss is not finite, memory is short, or the state does not fit.
    """
    course = _Course(job, say)
    if resume:
        course.restore()
    with (
        failures.memory_named(job.config),
        stop_requested() as stop,
    ):
        return course.run(stop)


class _Course:
    """A training under way."""

    def __init__(self, job: Job, say: Say) -> None:
        settings = job.config.validation
        self.job, self.say = job, say
        self.position = Position(1)
        self.history: list[Epoch] = []
        self.best = Best(settings.monitor)
        self.patience = Patience(
            settings.monitor, settings.patience, settings.min_delta
        )
        self.plateau = self._plateau()
        self.loop = loop_for(job.config.training, job.trainer, job.strategy)
        self.board = Board(job.folder if job.writes else None, job.config.logging)
        where = self.board.profile_folder
        self.profile = None if where is None else Profile(where)
        self.started = time.monotonic()
        self.new_epochs = 0

    def restore(self) -> None:
        """Go on from the state in the folder; what follows from history is replayed."""
        path = self.job.folder / runs.STATE
        if not path.is_file():
            self.say("the run had not come to a first checkpoint: it begins anew")
            return
        # From the rate at which the run began, as plateau moved it then.
        for epoch in state.history(path):
            self._judged(epoch)
        self.position, self.history = state.restore(path, self.job.trainer)
        position = self.position
        steps = f", step {position.step}" if position.step else ""
        epochs = self.job.config.training.epochs
        self.say(
            f"resumed at epoch {position.epoch}{steps}"
            if position.epoch <= epochs
            else f"{counted(epochs, 'epoch')} done, all of them; "
            "a higher training.epochs goes on longer"
        )

    def run(self, stop: threading.Event) -> Fitted:
        """Train all epochs that are left."""
        epochs = self.job.config.training.epochs
        while self.position.epoch <= epochs and not self._exhausted():
            if not self._epoch(stop):
                break
        if stop.is_set():
            self._pause()
        self.board.close()
        if self.profile is not None and not self.profile.done:
            self.say("no profile was made: it begins after three steps")
        return Fitted(self.job.folder, self.history, self.best.epoch, stop.is_set())

    def _epoch(self, stop: threading.Event) -> bool:
        """Train, validate, keep; return whether to go on."""
        started = time.monotonic()
        before = self.position.examples
        self._train(stop)
        trained = time.monotonic()
        if stop.is_set():
            return False
        with averaged(self.job.trainer):
            judgement = self._judge()
            epoch = Epoch(
                epoch=self.position.epoch,
                loss=self.position.loss,
                learning_rate=self._rate(),
                seconds=round(time.monotonic() - started, 3),
                clips_per_second=round(
                    (self.position.examples - before) / (trained - started), 2
                ),
                **({} if judgement is None else judgement.figures()),
            )
            is_best = self._judged(epoch)
            self.history.append(epoch)
            self._save_models(is_best)
        self.board.epoch(epoch, judgement)
        self.position = self.position.next_epoch()
        self.new_epochs += 1
        self._checkpoint()
        self.say(self._line(epoch, is_best))
        return not stop.is_set()

    def _train(self, stop: threading.Event) -> None:
        """Go through what is left of the epoch in hand."""
        job, position = self.job, self.position
        batches = job.batches(position.epoch).skip(position.step)
        if int(batches.cardinality()) == 0:
            return
        if position.total_steps == 0:
            self.board.first_batch(job.batches(1), job.tags)
        told = round(position.examples)
        left = None if job.examples is None else job.examples - told
        label = f"epoch {position.epoch}/{job.config.training.epochs}"

        def tell() -> None:
            nonlocal told
            advance(round(position.examples) - told)
            told = round(position.examples)

        with job.progress(label, left, self._note) as advance:
            callbacks = self._callbacks(stop, tell)
            try:
                self.loop.train(batches, position, callbacks)
                check_weights(job.trainer)
            except NotFiniteError:
                path = job.folder / _NOT_FINITE if job.writes else None
                again = job.batches(position.epoch)
                raise failures.not_finite(again, position, path) from None

    def _callbacks(self, stop: threading.Event, tell: Any) -> list[Any]:
        minutes = self.job.config.training.checkpoint_minutes
        found = [
            CheckLoss(self.position),
            Step(tell),
            Step(lambda: self.board.step(self.position, self._rate)),
            Now(60 * minutes, self._checkpoint_within),
            StopWhenAsked(stop),
            *self.job.callbacks,
        ]
        if self.profile is not None and not self.profile.done:
            found.append(self.profile)
        return found

    def _judge(self) -> Judgement | None:
        if self.job.validate is None:
            return None
        return judge(self.job.validate, self.job.tags)

    def _judged(self, epoch: Epoch) -> bool:
        """Let an epoch's figures count; return whether it is the best so far."""
        value = asdict(epoch)[f"val_{self.best.monitor}"]
        self.patience.update(value)
        if self.plateau is not None and value is not None:
            logs = {f"val_{self.best.monitor}": value}
            self.plateau.on_epoch_end(epoch.epoch - 1, logs)
        return self.best.update(epoch.epoch, value)

    def _exhausted(self) -> bool:
        if self.patience.exhausted:
            epochs = self.job.config.validation.patience
            self.say(f"no gain in {counted(epochs, 'epoch')}: training ends")
        return self.patience.exhausted

    def _save_models(self, is_best: bool) -> None:
        if not self.job.writes:
            return
        self.job.check()
        self.job.save(self.job.folder / runs.LAST)
        if is_best:
            self.job.save(self.job.folder / runs.BEST)

    def _checkpoint(self) -> None:
        """Write history and state, and the log up to here; the models come before."""
        if not self.job.writes:
            return
        self.job.check()
        folder = self.job.folder
        runs.write_json(folder / runs.HISTORY, [asdict(each) for each in self.history])
        state.save(folder / runs.STATE, self.job.trainer, self.position, self.history)
        self.board.flush()

    def _checkpoint_within(self) -> None:
        """Keep the state in the middle of an epoch, if it is worth going on from."""
        check_weights(self.job.trainer)
        self._checkpoint()

    def _pause(self) -> None:
        """Keep everything as it is after a signal."""
        with averaged(self.job.trainer):
            self._save_models(is_best=False)
        self._checkpoint()
        folder = self.job.folder
        # Without its description it is no run of an export, but of `library.fit`.
        of_export = (folder / runs.RUN).is_file()
        how = f"`python -m train fit --resume {folder}`" if of_export else "resume=True"
        self.say(
            f"interrupted: the model as it is now lies in {folder / runs.LAST}; "
            f"{how} goes on"
        )

    def _plateau(self) -> Any:
        if self.job.config.schedule.name != "plateau":
            return None
        callback = plateau(self.job.config)
        callback.set_model(self.job.trainer)
        callback.on_train_begin()
        return callback

    def _rate(self) -> float:
        return float(
            keras.ops.convert_to_numpy(self.job.trainer.optimizer.learning_rate)
        )

    def _note(self) -> str:
        note = f"loss {self.position.loss:.4f}"
        last = self.history[-1].val_roc_auc if self.history else None
        return note if last is None else f"{note}, last ROC-AUC {last:.4f}"

    def _line(self, epoch: Epoch, is_best: bool) -> str:
        epochs = self.job.config.training.epochs
        parts = [f"epoch {epoch.epoch}/{epochs}: loss {epoch.loss:.4f}"]
        for name, value in (
            ("ROC-AUC", epoch.val_roc_auc),
            ("PR-AUC", epoch.val_pr_auc),
        ):
            if value is not None:
                parts.append(f"validation macro {name} {value:.4f}")
        parts.append(f"{epoch.clips_per_second:,.1f} clips/s")
        spent = time.monotonic() - self.started
        left = spent / self.new_epochs * (epochs - epoch.epoch)
        parts.append(f"{timedelta(seconds=round(left))} left")
        return ", ".join(parts) + (" *" if is_best else "")


def loop_for(
    training: Training, trainer: "Model", strategy: Any
) -> KerasLoop | TapeLoop:
    """Return the loop that a configuration asks for on some devices."""
    alone = strategy.num_replicas_in_sync == 1
    if training.loop == "keras" or (training.loop == "auto" and alone):
        return KerasLoop(trainer)
    return TapeLoop(trainer, strategy)
