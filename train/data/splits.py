"""The splits that a run learns from: an export and a configuration in, tf.data out.

Usable without the rest of the trainer: any Keras model can learn from it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dataset import labels, manifest
from lyre.counting import counted
from train.config import Config
from train.data import augment, damage, selection
from train.data.pipeline import scoring_batches, training_batches
from train.data.tracks import Tracks, open_split
from train.data.windows import Window, window_of
from train.errors import TrainError
from train.models import registry

# Of a list of tags so many are named.
_NAMED = 10
_FILLED = {"repeat": "repeated", "pad": "padded", "skip": "skipped"}


@dataclass(frozen=True)
class Data:
    """The tracks of a run and how they are read.

    Parameters
    ----------
    config : Config
        The configuration.
    window : Window
        What a model sees of a track.
    train : Tracks
        The training split.
    validation : Tracks or None
        The validation split; None where validation is off.
    notes : tuple of str
        What was left out, filled up or shared, a sentence each.
    """

    config: Config
    window: Window
    train: Tracks
    validation: Tracks | None
    notes: tuple[str, ...]

    @property
    def tags(self) -> list[str]:
        """Names of the labels' columns."""
        return self.train.tags

    def training(self, epoch: int) -> Any:
        """Return the batches of an epoch, a function of the seed and its number.

        Returns
        -------
        tf.data.Dataset
            Of (windows, labels): float32 (batch, *window.shape) and float32 (batch,
            tags). The last batch may be smaller; none is dropped.
        """
        return training_batches(
            self.train,
            self.window,
            self.config.input,
            self.config.training,
            epoch,
            augment=self.config.augment,
        )

    def scoring(self) -> Any:
        """Return evenly spaced windows of every validation track.

        Returns
        -------
        tf.data.Dataset
            Of (windows, rows): float32 (batch, *window.shape) and int64 (batch,), the
            row in ``validation.rows`` and ``validation.labels``.

        Raises
        ------
        TrainError
            Validation is off.
        """
        if self.validation is None:
            raise TrainError("validation is off", where="validation.enabled")
        return scoring_batches(
            self.validation,
            self.window,
            self.config.validation.windows,
            self.config.training.batch_size,
        )


def open_data(export: str | Path, config: Config) -> Data:
    """Open an export for training; reads labels, and audio only with `input.verify`.

    Parameters
    ----------
    export : str or Path
        Folder of the export.
    config : Config
        Which tracks, tags and windows, and how they are changed and batched.

    Returns
    -------
    Data
        The splits, ready to be read.

    Raises
    ------
    TrainError
        A split is empty or cannot be scored, a shard is missing or cut, a track is in
        both splits, or a list, a tag or a change of windows is not usable.
    dataset.errors.DatasetError
        There is no such export or label set.

    Examples
    --------
    >>> data = open_data("data/exports/v2", Config())  # doctest: +SKIP
    >>> for windows, labels in data.training(epoch=1):  # doctest: +SKIP
    ...     print(windows.shape, labels.shape)
    """
    folder = Path(export)
    described = manifest.read(folder)
    entry = described.label_set(config.input.label_set or None)
    architecture = registry.ARCHITECTURES[config.model.name]
    window = window_of(described.features, config.input, architecture.standardise)
    augment.check(config.augment, described.features, window)
    chosen = replace(
        selection.of_tracks(config.tracks),
        merge=config.tags.merge,
        skip_untagged=config.tags.untagged == "skip",
        shortest=window.length if window.short_clips == "skip" else 0,
    )
    tags = selection.choose_tags(entry, config.tags)
    train = open_split(
        folder, "train", label_set=entry.name, tags=tags, selection=chosen
    )
    validation = None
    if config.validation.enabled:
        validation = open_split(
            folder,
            "validation",
            label_set=config.validation.label_set or entry.name,
            tags=tags,
            # A share of the training tracks is measured on all of validation.
            selection=replace(chosen, fraction=1.0),
        )
        _check_validation(train, validation)
    if config.input.verify:
        damage.check([train] if validation is None else [train, validation])
    notes = _notes(folder, entry.name, config, window, train, validation)
    return Data(config, window, train, validation, tuple(notes))


def _check_validation(train: Tracks, validation: Tracks) -> None:
    positives = validation.labels.sum(axis=0)
    if not ((positives > 0) & (positives < len(validation.rows))).any():
        raise TrainError(
            "no tag of the validation split has both tracks with it and without it",
            where=validation.folder,
            remedy="enlarge the split, keep tracks without a wanted tag "
            "(tags.untagged=keep), or set validation.enabled=false",
        )
    known = {(row.source, row.track_id) for row in train.rows}
    for row in validation.rows:
        if (row.source, row.track_id) in known:
            raise TrainError(
                f"track {row.track_id} is in training and in validation",
                where=validation.folder,
                remedy="choose a validation.label_set with the same splits",
            )


def _notes(
    folder: Path,
    label_set: str,
    config: Config,
    window: Window,
    train: Tracks,
    validation: Tracks | None,
) -> list[str]:
    notes = _unknown_ids(folder, label_set, config)
    for tracks in (train, validation):
        if tracks is None:
            continue
        for rule, number in tracks.left_out.items():
            notes.append(f"{tracks.split}: {counted(number, 'track')} left out, {rule}")
        short = sum(row.frames < window.length for row in tracks.rows)
        if short:
            notes.append(
                f"{tracks.split}: {short:,} of {counted(len(tracks.rows), 'track')} "
                f"shorter than a window of {window.seconds:g} s: "
                f"{_FILLED[window.short_clips]}"
            )
    notes += _one_sided(train, "nothing to learn from")
    if validation is not None:
        notes += _one_sided(validation, "left out of the macro averages")
        artists = {row.artist_key for row in train.rows}
        shared = artists & {row.artist_key for row in validation.rows}
        if shared:
            notes.append(
                f"training and validation share {counted(len(shared), 'artist')}"
            )
    return notes


def _one_sided(tracks: Tracks, consequence: str) -> list[str]:
    """Name the tags that no track of a split has, or every track."""
    positives = tracks.labels.sum(axis=0)
    return [
        f"{tracks.split}: {who} {_listed(named)}; {consequence}"
        for who, number in (("no track has", 0), ("every track has", len(tracks.rows)))
        if (
            named := [
                tracks.tags[place] for place in np.flatnonzero(positives == number)
            ]
        )
    ]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _unknown_ids(folder: Path, label_set: str, config: Config) -> list[str]:
    """Tell how many ids of the lists the export does not have."""
    lists = [file for file in (config.tracks.keep, config.tracks.exclude) if file]
    if not lists:
        return []
    present = {row.track_id for row in labels.read(folder, label_set)}
    notes = []
    for file in lists:
        ids = selection.read_ids(Path(file))
        absent = len(ids - present)
        if absent:
            notes.append(
                f"{file}: {absent:,} of {counted(len(ids), 'id')} not in the export"
            )
    return notes
