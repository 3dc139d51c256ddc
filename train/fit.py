"""Training on an export: a configuration in, a run with models and history out."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dataset import manifest
from lyre.revision import revision
from train import bundle, damage, initial, runs
from train.bundle import Bundle
from train.config import Config, to_toml
from train.data import open_data
from train.engine import device_line, keras, tf
from train.loop import epochs
from train.loop.history import Fitted
from train.loop.job import Job, Say, Validate
from train.scoring import Scores, score_tracks, scorer
from train.tracks import Tracks
from train.windows import Window

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
    data = open_data(export, config)
    train, validation, window = data.train, data.validation, data.window
    _seed(config)
    say(device_line())
    model = initial.model(config, train.features, window, len(train.tags))
    travelling = _bundle(export, config, train, window)
    folder = runs.create(all_runs, name, config.model.name, replace=replace)
    _write_description(folder, export, config, travelling.label_set)
    for note in data.notes:
        say(note)
    say(
        f"{config.model.name}, {model.count_params():,} parameters; "
        f"{len(train.rows):,} tracks to train on, "
        f"{len(validation.rows) if validation else 0:,} to validate with, "
        f"{len(train.tags)} tags; windows of {window.seconds:g} s"
    )
    job = Job(
        config=config,
        model=model,
        tags=train.tags,
        batches=data.training,
        examples=len(train.rows) * config.input.windows_per_track,
        validate=_validate(model, validation, window, config) if validation else None,
        save=lambda path: bundle.save(model, travelling, path),
        folder=folder,
    )
    with damage.named(train, validation):
        return epochs.run(job, say)


def _seed(config: Config) -> None:
    keras.utils.set_random_seed(config.training.seed)
    if config.training.deterministic:
        tf.config.experimental.enable_op_determinism()


def _validate(
    model: "Model", tracks: Tracks, window: Window, config: Config
) -> Validate:
    """Return a function that scores the validation split, traced once."""
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
    (folder / runs.CONFIG).write_text(to_toml(config), encoding="utf-8")
    description = runs.describe(
        export,
        label_set,
        config.training.seed,
        lists=[file for file in (config.tracks.keep, config.tracks.exclude) if file],
    )
    runs.write_json(folder / runs.RUN, description.model_dump(mode="json"))
