"""What a command line names: an export or a model, by its name or by its place."""

from pathlib import Path

from dataset import exports, manifest
from lyre.settings import Settings
from train import pretrained, runs


def export(named: str | None, known: Settings) -> Path:
    """Return the folder of an export, given by name or folder; by default the newest.

    Raises
    ------
    DatasetError
        None was named and there is no finished export.
    """
    if named is None:
        return exports.newest(known.exports)
    inside = known.exports / named
    return inside if (inside / manifest.FILE_NAME).is_file() else Path(named)


def model(named: str, known: Settings) -> Path:
    """Return a model's file, or the folder of a run, given by name or place.

    The name of a published model, such as ``musicnn-msd``, stays as it is.

    Raises
    ------
    TrainError
        There is no such file and no such run.
    """
    path = Path(named)
    if named in pretrained.NAMES:
        return path
    return path if path.is_file() else runs.find(known.runs, named)
