"""Training: an export and a configuration in, a run with models and history out."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dataset import manifest
from lyre.revision import revision
from train import augment, bundle, losses, metrics, runs
from train.bundle import Bundle
from train.checkpoints import Best
from train.config import Config, Optimizer, to_toml
from train.engine import device_line, keras, tf
from train.errors import TrainError
from train.input import training_batches
from train.interruption import stop_requested
from train.models import registry
from train.scoring import Scores, score_tracks, scorer
from train.tracks import Tracks, open_split
from train.windows import Window, window_of

if TYPE_CHECKING:
    from keras import Model

Say = Callable[[str], None]
_LEAST_PROBABILITY = 1e-7


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


@dataclass(frozen=True)
class _Job:
    """Everything that is ready before the first epoch."""

    config: Config
    window: Window
    train: Tracks
    validation: Tracks | None
    bundle: Bundle
    model: "Model"
    trainer: "Model"
    folder: Path


def fit(
    export: Path,
    config: Config,
    *,
    all_runs: Path,
    name: str | None = None,
    replace: bool = False,
    say: Say = print,
) -> Fitted:
    """Train a model on an export.

    Parameters
    ----------
    export : Path
        Folder of the export.
    config : Config
        The configuration.
    all_runs : Path
        Folder in which the run gets its own.
    name : str, optional
        Name of the run; by default the time and the model.
    replace : bool
        Replace an earlier run of that name.
    say : callable
        Takes a line of progress.

    Returns
    -------
    Fitted
        The run's folder and how it went.

    Raises
    ------
    TrainError
        Before the first epoch: a split is empty or cannot be scored, a shard is
        missing or cut, the model does not fit the export. Later: the loss is not
        finite.
    """
    train, validation = _splits(export, config)
    window = window_of(train.features, config.input)
    augment.check(config.augment, train.features, window)
    _seed(config)
    say(device_line())
    model = registry.build(
        config.model, train.features.format, tuple(window.shape), len(train.tags)
    )
    trainer = _trainer(model, config, train.tags)
    folder = runs.create(all_runs, name, config.model.name, replace=replace)
    travelling = _bundle(export, config, train, window)
    _write_description(folder, export, config, travelling.label_set)
    say(
        f"{config.model.name}, {model.count_params():,} parameters; "
        f"{len(train.rows):,} tracks to train on, "
        f"{len(validation.rows) if validation else 0:,} to validate with, "
        f"{len(train.tags)} tags; windows of {window.seconds:g} s"
    )
    job = _Job(config, window, train, validation, travelling, model, trainer, folder)
    return _epochs(job, say)


def _splits(export: Path, config: Config) -> tuple[Tracks, Tracks | None]:
    label_set = config.input.label_set or None
    train = open_split(export, "train", label_set=label_set)
    if not config.validation.enabled:
        return train, None
    validation = open_split(export, "validation", label_set=label_set)
    positives = validation.labels.sum(axis=0)
    if not ((positives > 0) & (positives < len(validation.rows))).any():
        raise TrainError(
            "no tag of the validation split has both tracks with it and without it",
            where=export,
            remedy="enlarge the split, or set validation.enabled=false",
        )
    return train, validation


def _seed(config: Config) -> None:
    keras.utils.set_random_seed(config.training.seed)
    if config.training.deterministic:
        tf.config.experimental.enable_op_determinism()


def _trainer(model: "Model", config: Config, tags: list[str]) -> "Model":
    """Return a model of the same layers that ends in logits and can be trained.

    The model itself is never compiled, so that its file holds nothing but the model.
    """
    trainer = keras.Model(model.inputs, model.get_layer("logits").output)
    trainer.compile(
        optimizer=_optimizer(config.optimizer),
        loss=losses.build(tags, config.loss.positive_weights, config.loss.gamma),
        # XLA halves the speed of these convolutions on a CPU.
        jit_compile=False,
    )
    return trainer


def _optimizer(settings: Optimizer) -> Any:
    arguments = settings.model_dump()
    name = arguments.pop("name")
    try:
        return keras.optimizers.get({"class_name": name, "config": arguments})
    except (ValueError, TypeError) as error:
        raise TrainError(
            f"Keras has no optimizer {name!r} with "
            f"{', '.join(f'{key}={value!r}' for key, value in arguments.items())}",
            where="optimizer",
            remedy="see https://keras.io/api/optimizers/",
        ) from error


def _bundle(export: Path, config: Config, train: Tracks, window: Window) -> Bundle:
    described = manifest.read(export)
    entry = described.label_set(config.input.label_set or None)
    return Bundle(
        tags=train.tags,
        features=train.features,
        window=window,
        model=config.model.model_dump(),
        export=described.name,
        label_set=entry.name,
        training_set_checksum=entry.training_set_checksum,
        revision=revision(),
    )


def _write_description(
    folder: Path, export: Path, config: Config, label_set: str
) -> None:
    (folder / runs.CONFIG).write_text(to_toml(config), encoding="utf-8")
    description = runs.describe(export, label_set, config.training.seed)
    runs.write_json(folder / runs.RUN, description.model_dump(mode="json"))


def _epochs(job: _Job, say: Say) -> Fitted:
    settings = job.config.validation
    best = Best(settings.monitor, settings.min_delta, settings.patience)
    history: list[Epoch] = []
    score = scorer(job.model, job.window)
    started = time.monotonic()
    with stop_requested() as stop:
        for number in range(1, job.config.training.epochs + 1):
            epoch = _epoch(job, number, score, stop)
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
        bundle.save(job.model, job.bundle, job.folder / runs.LAST)
        say(f"interrupted: the model as it is now lies in {job.folder / runs.LAST}")
    return Fitted(job.folder, history, best.epoch, stop.is_set())


def _epoch(
    job: _Job, number: int, score: Callable[[Any], Scores], stop: threading.Event
) -> Epoch | None:
    """Train one epoch and validate; None if it was interrupted."""
    started = time.monotonic()
    loss = _train(job, number, stop)
    trained = time.monotonic()
    if not math.isfinite(loss):
        raise TrainError(
            f"the loss of epoch {number} is {loss}",
            where=job.folder,
            remedy="lower optimizer.learning_rate; earlier epochs are kept",
        )
    if stop.is_set():
        return None
    found = {} if job.validation is None else _validate(job, job.validation, score)
    windows = len(job.train.rows) * job.config.input.windows_per_track
    return Epoch(
        epoch=number,
        loss=loss,
        learning_rate=float(job.trainer.optimizer.learning_rate),
        seconds=round(time.monotonic() - started, 3),
        clips_per_second=round(windows / (trained - started), 2),
        **found,
    )


def _train(job: _Job, number: int, stop: threading.Event) -> float:
    """Go once through the training split; return the mean loss."""

    def look(step: int, logs: object) -> None:  # noqa: ARG001, Keras names them
        if stop.is_set():
            job.trainer.stop_training = True

    batches = training_batches(
        job.train,
        job.window,
        job.config.input,
        job.config.training,
        number,
        augment=job.config.augment,
    )
    # One epoch at a time: each has a pipeline of its own, made from its number.
    done = job.trainer.fit(
        batches,
        epochs=number,
        initial_epoch=number - 1,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=look)],
    )
    return float(done.history["loss"][-1])


def _validate(
    job: _Job, tracks: Tracks, score: Callable[[Any], Scores]
) -> dict[str, float | None]:
    scores = score_tracks(
        score,
        tracks,
        job.window,
        count=job.config.validation.windows,
        batch_size=job.config.training.batch_size,
    )
    found = metrics.compute(tracks.labels, scores, tracks.tags)
    return {
        "val_loss": _cross_entropy(tracks, scores),
        "val_roc_auc": found.roc_auc,
        "val_pr_auc": found.pr_auc,
        "val_micro_roc_auc": found.micro_roc_auc,
        "val_micro_pr_auc": found.micro_pr_auc,
    }


def _cross_entropy(tracks: Tracks, scores: Scores) -> float:
    likely = np.clip(scores.astype(np.float64), _LEAST_PROBABILITY, None)
    unlikely = np.clip(1.0 - scores.astype(np.float64), _LEAST_PROBABILITY, None)
    costs = np.where(tracks.labels == 1, -np.log(likely), -np.log(unlikely))
    return float(costs.mean())


def _keep(job: _Job, history: list[Epoch], best: Best) -> bool:
    """Write history and models of an epoch; return whether it is the best so far."""
    entry = asdict(history[-1])
    is_best = best.update(history[-1].epoch, entry[f"val_{best.monitor}"])
    bundle.save(job.model, job.bundle, job.folder / runs.LAST)
    if is_best:
        bundle.save(job.model, job.bundle, job.folder / runs.BEST)
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
