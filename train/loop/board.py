"""TensorBoard: scalars, a table of tags, precision-recall curves, the first batch.

What is logged is held back until the state of the run is written, and written with it,
so that a run that was killed and resumed shows no step twice.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from train.config import Logging
from train.disk import refusals_told
from train.engine import tf
from train.loop import events, pictures
from train.loop.history import Epoch
from train.loop.position import Position
from train.loop.validation import Judgement
from train.metrics import Metrics

FOLDER = "tensorboard"
# Curves of so many tags, the most frequent ones.
_CURVES = 12


class Board:
    """Event files of a run.

    Parameters
    ----------
    folder : Path or None
        Folder of the run; None: nothing is written.
    settings : Logging
        What and how often.
    """

    def __init__(self, folder: Path | None, settings: Logging) -> None:
        on = folder is not None and settings.tensorboard
        self._folder = folder / FOLDER if folder is not None and on else None
        self._settings = settings
        self._held: list[Callable[[], Any]] = []
        self._writer: Any = None

    def step(self, position: Position, rate: Callable[[], float]) -> None:
        """Log the mean loss of the epoch so far, now and then."""
        number = position.total_steps
        if number % self._settings.every_steps == 0:
            self._scalars("step", number, loss=position.loss, learning_rate=rate())

    def epoch(self, epoch: Epoch, judgement: Judgement | None) -> None:
        """Log an epoch's figures, and now and then its tags."""
        self._scalars(
            "train",
            epoch.epoch,
            loss=epoch.loss,
            learning_rate=epoch.learning_rate,
            clips_per_second=epoch.clips_per_second,
        )
        if judgement is None:
            return
        found = judgement.figures()
        self._scalars("validation", epoch.epoch, **{k[4:]: v for k, v in found.items()})
        if self._shows_tags(epoch.epoch):
            table = tag_table(judgement.metrics)
            self._hold(lambda: events.text("tags", table, epoch.epoch))
            curves = pictures.curves(
                judgement.labels, judgement.scores, judgement.metrics, _CURVES
            )
            self._image("precision and recall", curves, epoch.epoch)

    def first_batch(self, batches: Any, tags: Sequence[str]) -> None:
        """Show what the model sees: the features of a batch, with their labels."""
        if self._folder is None or not self._settings.image_epochs:
            return
        features, labels = next(iter(batches.take(1)))
        picture = pictures.batch(features.numpy(), labels.numpy(), tags)
        if picture is not None:
            self._image("first batch", picture, 0)

    def flush(self) -> None:
        """Write what was held back."""
        if self._folder is None or not self._held:
            return
        if self._writer is None:
            with refusals_told(self._folder):
                self._writer = tf.summary.create_file_writer(str(self._folder))
        with self._writer.as_default():
            for write in self._held:
                write()
        self._held.clear()
        self._writer.flush()

    def close(self) -> None:
        """Close the file; what was held back is forgotten."""
        if self._writer is not None:
            self._writer.close()

    @property
    def profile_folder(self) -> str | None:
        """Where a profile goes; None where none is asked for."""
        if self._folder is None or not self._settings.profile:
            return None
        return str(self._folder)

    def _shows_tags(self, epoch: int) -> bool:
        between = self._settings.image_epochs
        return bool(self._folder is not None and between and (epoch - 1) % between == 0)

    def _scalars(self, group: str, step: int, **values: float | None) -> None:
        for name, value in values.items():
            if value is not None:
                self._hold(partial(events.scalar, f"{group}/{name}", value, step))

    def _image(self, name: str, picture: Any, step: int) -> None:
        self._hold(lambda: events.image(name, picture, step))

    def _hold(self, write: Callable[[], Any]) -> None:
        if self._folder is not None:
            self._held.append(write)


def tag_table(metrics: Metrics) -> str:
    """Return the areas of every tag as a table in Markdown, the best first."""
    lines = ["| tag | tracks | ROC-AUC | PR-AUC |", "|---|---:|---:|---:|"]
    for entry in sorted(metrics.tags, key=lambda each: -(each.roc_auc or 0.0)):
        areas = (
            f"{entry.roc_auc:.4f} | {entry.pr_auc:.4f}"
            if entry.roc_auc is not None
            else "undefined | undefined"
        )
        name = entry.tag.replace("|", "\\|")
        lines.append(f"| {name} | {entry.positives} | {areas} |")
    return "\n".join(lines)
