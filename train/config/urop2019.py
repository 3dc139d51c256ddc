"""Reading a configuration of the 2019 project: each key is mapped or named as ignored.

It was a JSON file of four tables: ``model``, ``model-training``, ``tags`` and
``tfrecords``. ``null`` meant "off", and leaves the default here.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lyre.documents import read_json
from lyre.errors import brief
from train.errors import TrainError

# What becomes of a value: the key here, and how the value is read.
_Read = Callable[[Any], Any]

_MAPPED: dict[str, tuple[str, _Read]] = {
    "model.n_dense_units": ("model.dense_units", int),
    "model.n_filters": ("model.filters", int),
    "model-training.optimizer.name": ("optimizer.name", str),
    "model-training.optimizer.learning_rate": ("optimizer.learning_rate", float),
    "model-training.batch_size": ("training.batch_size", int),
    "model-training.interleave_cycle_length": ("input.parallel_shards", int),
    "model-training.early_stop_patience": ("validation.patience", int),
    "model-training.early_stop_min_delta": ("validation.min_delta", float),
    "model-training.shuffle": ("input.shuffle", bool),
    "model-training.window_length": ("input.window_seconds", float),
    "model-training.window_random": (
        "input.window_position",
        lambda value: "random" if value else "centre",
    ),
    "tags.top": ("tags.top", int),
    "tags.with": ("tags.include", list),
    "tags.without": ("tags.exclude", list),
    "tags.merge": ("tags.merge", list),
}

_IN_THE_EXPORT = "the export's manifest says it"
_IGNORED = {
    "model-training.iterations": "the steps of an epoch follow from the data",
    "model-training.interleave_block_length": "shards are read record by record",
    "model-training.log_dir": "runs lie in the folder that lyre.toml names",
    "model-training.shuffle_buffer_size": "it counted records; "
    "input.shuffle_mebibytes is memory",
    "model-training.split": "the export is split already, by artist",
    "tfrecords.n_mels": _IN_THE_EXPORT,
    "tfrecords.n_tags": _IN_THE_EXPORT,
    "tfrecords.sample_rate": _IN_THE_EXPORT,
}
_SCHEDULED = (
    "model-training.optimizer.max_learning_rate",
    "model-training.reduceLRoP_patience",
    "model-training.reduceLRoP_factor",
    "model-training.reduceLRoP_min_lr",
    "model-training.reduceLRoP_min_delta",
)
_OPTIMIZER = "model-training.optimizer."


def read(path: Path, *, waveform: bool = False) -> tuple[dict[str, Any], list[str]]:
    """Read a configuration of 2019.

    Parameters
    ----------
    path : Path
        The JSON file.
    waveform : bool
        Whether the model reads waveforms; its 64 filters were not settable in 2019.

    Returns
    -------
    values : dict
        What a TOML file of today would hold.
    notes : list of str
        What became of each key, in the order of the file.

    Raises
    ------
    TrainError
        The file is no JSON, no tables, or a value has another type than in 2019.
    """
    flat = _flat(_json(path))
    # What no key said in 2019, but was so.
    values: dict[str, Any] = {
        "model": {"name": "pons-waveform" if waveform else "pons-logmel"},
        "init": {"output_bias": "zero"},
        "schedule": {"name": "constant"},
        "optimizer": {"learning_rate": 0.001},
    }
    notes = []
    for key, value in flat.items():
        if value is None:
            notes.append(f"{key}: null, the default holds")
        elif key in _SCHEDULED:
            continue
        elif waveform and key == "model.n_filters":
            notes.append(f"{key}: ignored, it was of the log-mel front end alone")
        elif key in _IGNORED:
            notes.append(f"{key}: ignored, {_IGNORED[key]}")
        elif key in _MAPPED or key.startswith(_OPTIMIZER):
            target, reader = _MAPPED.get(
                key, (f"optimizer.{key.removeprefix(_OPTIMIZER)}", lambda same: same)
            )
            read_value = _read_as(reader, value, key, path)
            _put(values, target, read_value)
            notes.append(f"{key}: {target} = {brief(read_value)}")
        else:
            notes.append(f"{key}: ignored, no key of 2019")
    if "validation" in values:
        # That is what the callbacks of 2019 looked at, if as a micro average.
        _put(values, "validation.monitor", "pr_auc")
    given = {
        key.rpartition(".")[2]: _read_as(_number, flat[key], key, path)
        for key in _SCHEDULED
        if flat.get(key) is not None
    }
    notes += _schedule(given, values)
    return values, notes


def _read_as(reader: _Read, value: Any, key: str, path: Path) -> Any:
    try:
        return reader(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TrainError(
            f"{key} is {brief(value)}", where=path, expected="a value as in 2019"
        ) from error


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _schedule(given: Mapping[str, float], values: dict[str, Any]) -> list[str]:
    if not given:
        return []
    if highest := given.get("max_learning_rate"):
        # From a quarter of it up and down again; a half lasted twice `iterations`.
        _put(values, "optimizer.learning_rate", highest)
        _put(values, "schedule.name", "cyclical")
        _put(values, "schedule.floor", 0.25)
        _put(values, "schedule.cycle_epochs", 4.0)
        told = (
            f"max_learning_rate: schedule cyclical, from {highest / 4:g} to {highest:g}"
        )
        rest = [key for key in given if key != "max_learning_rate"]
        return [told, *(f"{key}: ignored, the schedule is cyclical" for key in rest)]
    if not given.get("reduceLRoP_patience"):
        return [f"{key}: ignored, without patience it was off" for key in given]
    _put(values, "schedule.name", "plateau")
    _put(values, "schedule.patience", int(given["reduceLRoP_patience"]))
    patience = given["reduceLRoP_patience"]
    notes = [f"reduceLRoP_patience: schedule.patience = {patience:g}"]
    if factor := given.get("reduceLRoP_factor"):
        _put(values, "schedule.factor", factor)
        notes.append(f"reduceLRoP_factor: schedule.factor = {factor:g}")
    if lowest := given.get("reduceLRoP_min_lr"):
        rate = values.get("optimizer", {}).get("learning_rate", 0.001)
        # A rate of 0 is refused with the rest of the configuration.
        floor = lowest / rate if rate else lowest
        _put(values, "schedule.floor", floor)
        notes.append(f"reduceLRoP_min_lr: schedule.floor = {floor:g}")
    if "reduceLRoP_min_delta" in given:
        notes.append("reduceLRoP_min_delta: ignored, validation.min_delta is for both")
    return notes


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise TrainError("no such configuration file", where=path)
    content = read_json(path, TrainError)
    if not isinstance(content, dict):
        raise TrainError("no tables", where=path, expected="a configuration of 2019")
    return content


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    table, _, name = key.partition(".")
    values.setdefault(table, {})[name] = value
