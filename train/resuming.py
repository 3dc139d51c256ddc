"""Going on with a run: its configuration, and whether its data are still the same."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lyre.checksum import sha256
from lyre.counting import counted
from train import config as configuration
from train import pretrained, runs
from train.config import Config
from train.errors import TrainError
from train.names import check_text
from train.results import read_history

# What may differ: it says how long and where to train, and what to show.
_MAY_CHANGE = (
    "training.epochs",
    "training.devices",
    "training.loop",
    "training.checkpoint_minutes",
    "validation.patience",
    "logging.",
)


def anchored(config: Config) -> Config:
    """Return a configuration whose files are found from any folder.

    Parameters
    ----------
    config : Config
        A run is to keep it, and perhaps to go on with from elsewhere.

    Raises
    ------
    TrainError
        The path of a file is not UTF-8.
    """
    tracks, init = config.tracks, config.init
    if init.model and init.model not in pretrained.NAMES:
        init = init.model_copy(update={"model": str(Path(init.model).absolute())})
    lists = {
        key: str(Path(file).absolute())
        for key, file in (("keep", tracks.keep), ("exclude", tracks.exclude))
        if file
    }
    for path in (init.model, *lists.values()):
        check_text(Path(path))
    tracks = tracks.model_copy(update=lists)
    return config.model_copy(update={"tracks": tracks, "init": init})


def resumed_config(folder: Path, overrides: Sequence[str] = ()) -> Config:
    """Return the configuration of a run that is to go on.

    Parameters
    ----------
    folder : Path
        The run.
    overrides : sequence of str
        As in `train.config.load`.

    Raises
    ------
    TrainError
        A key changed that would make another run of it, or the export did, or a list
        of tracks; or the run has more epochs already.
    """
    run = runs.read(folder)
    config = configuration.load(folder / runs.CONFIG, overrides)
    check_same_run(folder, config)
    if runs.manifest_checksum(run.export) != run.manifest_sha256:
        raise TrainError(
            "the export has changed since the run began",
            where=run.export,
            remedy="begin another run",
        )
    _check_lists(run)
    return config


def check_same_run(folder: Path, config: Config) -> None:
    """Refuse to go on with a run under a configuration that makes another of it.

    Raises
    ------
    TrainError
        A key changed that may not, or the run has more epochs already.
    """
    before = configuration.load(folder / runs.CONFIG)
    changed = [
        key
        for key in _differing(before.model_dump(), config.model_dump())
        if not key.startswith(_MAY_CHANGE)
    ]
    if changed:
        raise TrainError(
            f"{', '.join(changed)} cannot change within a run",
            where=folder,
            remedy="begin another run, or change only training.epochs, devices, "
            "patience and logging",
        )
    if config.training.epochs < before.training.epochs:
        _check_epochs(folder, config.training.epochs)


def _check_epochs(folder: Path, epochs: int) -> None:
    finished = len(read_history(folder))
    if finished > epochs:
        raise TrainError(
            f"the run has {counted(finished, 'epoch')} already",
            where=f"training.epochs = {epochs}",
            expected=f"at least {finished}",
        )


def _check_lists(run: runs.Run) -> None:
    for name, checksum in run.lists.items():
        file = Path(name)
        if not file.is_file() or sha256(file) != checksum:
            raise TrainError(
                "the list of tracks is missing or has changed since the run began",
                where=file,
                remedy="put the old list back, or begin another run",
            )


def _differing(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    for key in {**one, **other}:
        left, right = one.get(key), other.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            yield from (f"{key}.{inner}" for inner in _differing(left, right))
        elif left != right:
            yield key
