"""Training on an export: a configuration in, a run with models and history out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dataset import manifest
from lyre.counting import counted
from lyre.lock import locked
from lyre.revision import revision
from train import bundle, initial, runs
from train.bundle import Bundle
from train.config import Config, to_toml
from train.data import damage
from train.data.splits import Data, open_data
from train.data.tracks import Tracks
from train.data.unchanged import Shards
from train.data.windows import Window
from train.engine import keras, tf
from train.errors import TrainError
from train.loop import devices, epochs
from train.loop.devices import is_chief
from train.loop.failures import memory_named
from train.loop.history import Fitted
from train.loop.job import Job, Progress, Say, Validate, silent
from train.loop.limits import Batches, limited
from train.loop.sharing import share_statistics
from train.loop.trainer import make_trainer, precision
from train.loop.validation import check_needed
from train.names import check_text
from train.range_test import RangeTest, range_test
from train.resuming import anchored, resumed_config
from train.scoring import Scores, score_tracks, scorer

if TYPE_CHECKING:
    from keras import Model


def fit(
    export: Path,
    config: Config,
    *,
    all_runs: Path,
    name: str | None = None,
    replace: bool = False,
    say: Say = print,
    progress: Progress = silent,
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
    progress : callable
        Shows how far an epoch is; by default nothing does.

    Returns
    -------
    Fitted
        The run's folder and how it went.

    Raises
    ------
    TrainError
        Before the first epoch: the name is none or taken, a path is not UTF-8, a split
        is empty or cannot be scored, a shard is missing or cut, the model does not fit
        the export. Later: the loss is not finite, or memory is short.
    LockError
        Another process trains the run of that name.
    """
    folder = runs.place(all_runs, name, config.model.name)
    runs.check_free(folder, replace=replace)
    config = anchored(config)
    for path in (folder, export):
        check_text(path.absolute())
    ready = _ready(export, config, say)
    if not is_chief(ready.strategy):
        return ready.run(folder, say, progress)
    with locked(folder):
        runs.create(folder, replace=replace)
        _write_description(folder, export, config, ready.bundle.label_set)
        return ready.run(folder, say, progress)


def resume(
    folder: Path,
    overrides: Sequence[str] = (),
    *,
    say: Say = print,
    progress: Progress = silent,
) -> Fitted:
    """Go on with a run that was stopped, killed, or is to have more epochs.

    Parameters
    ----------
    folder : Path
        The run.
    overrides : sequence of str
        Keys that may change, such as ``"training.epochs=80"``.
    say, progress : callable
        As in `fit`.

    Returns
    -------
    Fitted
        As if the run had never stopped, earlier epochs included.

    Raises
    ------
    TrainError
        There is no such run, the export, a shard of it or a key has changed, or as in
        `fit`.
    LockError
        Another process trains this run.
    """
    config = resumed_config(folder, overrides)
    run = runs.read(folder)
    ready = _ready(run.export, config, say)
    ready.shards.check_since(run.started_at)
    if not is_chief(ready.strategy):
        return ready.run(folder, say, progress, resume=True)
    with locked(folder):
        # Another process may have had the run while this one was getting ready.
        if resumed_config(folder, overrides) != config:
            raise TrainError(
                "the run went on meanwhile, with another configuration",
                where=folder,
                remedy="run the same command again",
            )
        runs.sweep(folder)
        runs.write_config(folder, to_toml(config))
        return ready.run(folder, say, progress, resume=True)


def try_rates(
    export: Path, config: Config, *, lowest: float, highest: float, steps: int
) -> RangeTest:
    """Make a learning-rate range test on an export.

    Parameters
    ----------
    export : Path
        Folder of the export.
    config : Config
        The configuration; its learning rate does not matter.
    lowest, highest, steps
        As in `train.range_test.range_test`.

    Raises
    ------
    TrainError
        As in `fit` before its first epoch; or the loss never fell.
    """
    ready = _ready(export, config, lambda _line: None)
    with (
        damage.named(ready.data.train, ready.data.validation),
        memory_named(config),
    ):
        return range_test(
            ready.trainer,
            ready.strategy,
            ready.batches,
            lowest=lowest,
            highest=highest,
            steps=steps,
        )


@dataclass(frozen=True)
class _Ready:
    """Data and model of a run, before it has a folder."""

    config: Config
    data: Data
    strategy: Any
    model: "Model"
    trainer: "Model"
    batches: Batches
    steps: int | None
    bundle: Bundle
    shards: Shards

    def run(
        self, folder: Path, say: Say, progress: Progress, *, resume: bool = False
    ) -> Fitted:
        """Train, with a damaged shard named."""
        data, training = self.data, self.config.training
        examples = len(data.train.rows) * self.config.input.windows_per_track
        if training.steps_per_epoch:
            examples = min(examples, training.steps_per_epoch * training.batch_size)
        job = Job(
            config=self.config,
            model=self.model,
            trainer=self.trainer,
            strategy=self.strategy,
            tags=data.train.tags,
            batches=self.batches,
            steps=self.steps,
            examples=examples,
            validate=_validate(self.model, data.validation, data.window, self.config),
            save=lambda path: bundle.save(self.model, self.bundle, path),
            folder=folder,
            writes=is_chief(self.strategy),
            progress=progress,
            check=self.shards.check,
        )
        with damage.named(data.train, data.validation), self.shards.named():
            return epochs.run(job, say, resume=resume)


def _ready(export: Path, config: Config, say: Say) -> _Ready:
    """Open the data and build the model where it will be trained."""
    strategy = devices.strategy_for(config.training.devices)
    devices.check(strategy, config.training)
    check_needed(config, validated=config.validation.enabled)
    data = open_data(export, config)
    batches, steps = limited(data.training, config.training.steps_per_epoch)
    _seed(config)
    say(devices.device_line(strategy))
    train, validation, window = data.train, data.validation, data.window
    with strategy.scope(), precision(config.training.precision):
        model = initial.model(config, train.features, window, len(train.tags))
        initial.start_at_prior(model, train.labels, config)
        trainer = make_trainer(model, train.tags, config, steps)
    if strategy.num_replicas_in_sync > 1:
        share_statistics(model)
    for note in data.notes:
        say(note)
    say(
        f"{config.model.name}, {counted(model.count_params(), 'parameter')}; "
        f"{counted(len(train.rows), 'track')} to train on, "
        f"{len(validation.rows) if validation else 0:,} to validate with, "
        f"{counted(len(train.tags), 'tag')}; windows of {window.seconds:g} s"
    )
    travelling = _bundle(export, config, train, window)
    shards = Shards((train, validation))
    return _Ready(
        config, data, strategy, model, trainer, batches, steps, travelling, shards
    )


def _seed(config: Config) -> None:
    keras.utils.set_random_seed(config.training.seed)
    if config.training.deterministic:
        tf.config.experimental.enable_op_determinism()


def _validate(
    model: "Model", tracks: Tracks | None, window: Window, config: Config
) -> Validate | None:
    """Return a function that scores the validation split, traced once."""
    if tracks is None:
        return None
    score = scorer(model, window)

    def validate() -> tuple[npt.NDArray[np.uint8], Scores]:
        scores = score_tracks(
            score,
            tracks,
            window,
            count=config.validation.windows,
            batch_size=config.training.batch_size,
        )
        return tracks.labels, scores

    return validate


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
        scoring_label_set=config.validation.label_set or None,
        merge=config.tags.merge,
        untagged=config.tags.untagged,
        training_set_checksum=entry.training_set_checksum,
        revision=revision(),
    )


def _write_description(
    folder: Path, export: Path, config: Config, label_set: str
) -> None:
    runs.write_config(folder, to_toml(config))
    description = runs.describe(
        export,
        label_set,
        config.training.seed,
        lists=[file for file in (config.tracks.keep, config.tracks.exclude) if file],
    )
    runs.write_json(folder / runs.RUN, description.model_dump(mode="json"))
