"""What a run needs to go on as if it had never stopped, in one file.

The weights, everything the optimizer keeps (moments, averages, accumulated gradients,
its count of batches, by which schedules go), the seeds of dropout, and the place in the
epoch. Which epoch was best, how long patience waited and what plateau did follow from
the history, which is here too.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from lyre.arrays import load_arrays
from lyre.documents import parse_json
from lyre.whole import whole
from train.engine import keras
from train.errors import TrainError
from train.loop.history import Epoch
from train.loop.position import Position

if TYPE_CHECKING:
    from keras import Model

_STANDING = "standing"


def save(path: Path, trainer: "Model", position: Position, epochs: list[Epoch]) -> None:
    """Write the state, whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.npz``.
    trainer : keras.Model
        With its optimizer.
    position : Position
        Where training stands.
    epochs : list of Epoch
        Those that are finished.
    """
    arrays = {
        name: keras.ops.convert_to_numpy(variable)
        for name, variable in _variables(trainer).items()
    }
    standing = json.dumps(
        {"position": asdict(position), "history": [asdict(each) for each in epochs]}
    )
    with whole(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays, **{_STANDING: np.array(standing)})
        file.flush()
        os.fsync(file.fileno())


def history(path: Path) -> list[Epoch]:
    """Read the finished epochs of a state.

    Raises
    ------
    TrainError
        The file is damaged.
    """
    return _read(path)[2]


def restore(path: Path, trainer: "Model") -> tuple[Position, list[Epoch]]:
    """Read a state into a model and its optimizer.

    Raises
    ------
    TrainError
        The file is damaged, or of another model or optimizer.
    """
    arrays, position, epochs = _read(path)
    variables = _variables(trainer)
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    if shapes != {name: array.shape for name, array in arrays.items()}:
        raise TrainError(
            "the state is of another model or optimizer than the configuration",
            where=path,
        )
    for name, variable in variables.items():
        if arrays[name].dtype.kind not in "fiub":
            raise TrainError(f"the state holds no numbers in {name}", where=path)
        variable.assign(arrays[name])
    return position, epochs


def _read(path: Path) -> tuple[dict[str, Any], Position, list[Epoch]]:
    try:
        arrays = load_arrays(path)
        found = parse_json(str(arrays.pop(_STANDING)))
        position = TypeAdapter(Position).validate_python(found["position"])
        epochs = TypeAdapter(list[Epoch]).validate_python(found["history"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainError("the state of the run cannot be read", where=path) from error
    return arrays, position, epochs


def _variables(trainer: "Model") -> dict[str, Any]:
    """Return all that changes in training; seeds of dropout are among `variables`.

    By number: Keras counts the names of layers on through a process.
    """
    found = [*trainer.variables, *trainer.optimizer.variables]
    return {f"{number:04d}": variable for number, variable in enumerate(found)}
