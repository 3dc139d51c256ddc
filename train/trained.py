"""A trained model, whatever names it: a published one, a run, or a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from train import bundle, pretrained, runs
from train.bundle import Bundle

if TYPE_CHECKING:
    import keras


def find(all_runs: Path, named: str) -> Path:
    """Return a model's file, or the folder of a run, given by name or place.

    The name of a published model, such as ``musicnn-msd``, stays as it is.

    Parameters
    ----------
    all_runs : Path
        The folder of all runs.
    named : str
        As on a command line.

    Raises
    ------
    TrainError
        There is no such file and no such run.
    """
    path = Path(named)
    if named in pretrained.NAMES:
        return path
    return path if path.is_file() else runs.find(all_runs, named)


def load(source: str | Path) -> tuple["keras.Model", Bundle]:
    """Load a model with its weights, and its description.

    Parameters
    ----------
    source : str or Path
        The name of a published model, such as ``musicnn-msd``; the folder of a run,
        whose best model is taken; or a ``.keras`` file.

    Raises
    ------
    TrainError
        There is no such model.
    """
    if str(source) in pretrained.NAMES:
        from train.pretrained import weights

        return weights.load(str(source))
    return bundle.load(_file(source))


def describe(source: str | Path) -> Bundle:
    """Read the description alone, which needs no TensorFlow; as `load` otherwise."""
    if str(source) in pretrained.NAMES:
        return pretrained.describe(str(source))
    return bundle.read(_file(source))


def _file(source: str | Path) -> Path:
    path = Path(source)
    return runs.model_of(path) if path.is_dir() else path
