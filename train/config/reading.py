"""Reading a configuration: a file, then what the command line overrides."""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lyre.documents import read_toml
from lyre.validation import first_problem
from train.config import urop2019
from train.config.whole import Config
from train.errors import TrainError
from train.models.registry import DEFAULT_NAME, default_sizes


def load(
    path: Path | None = None,
    overrides: Sequence[str] = (),
    *,
    model_name: str = DEFAULT_NAME,
    say: Callable[[str], None] | None = None,
) -> Config:
    """Read a configuration.

    Sizes in the file are of the model that it names: where an override names another,
    they are forgotten.

    Parameters
    ----------
    path : Path, optional
        A TOML file, or a ``.json`` of the 2019 project; keys that it lacks have their
        defaults.
    overrides : sequence of str
        Texts such as ``"training.epochs=5"``; they win over the file.
    model_name : str
        The architecture where neither file nor overrides name one, in the sizes of
        `train.models.registry.default_sizes`.
    say : callable, optional
        Takes a line on what became of each key of 2019.

    Raises
    ------
    TrainError
        The file is missing or of neither kind, or a key or a value is not valid.
    """
    values: dict[str, Any] = {} if path is None else _read(path, model_name, say)
    _forget_other_model(values, overrides)
    for override in overrides:
        _override(values, override)
    model = values.setdefault("model", {})
    if isinstance(model, dict) and "name" not in model:
        values["model"] = {"name": model_name, **default_sizes(model_name), **model}
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        place, what = first_problem(error, Config)
        where = place if path is None else f"{path}, {place}"
        raise TrainError(
            what, where=where, remedy="`python -m train config` prints every key"
        ) from error


def _read(
    path: Path, model_name: str, say: Callable[[str], None] | None
) -> dict[str, Any]:
    if path.suffix == ".json":
        values, notes = urop2019.read(
            path,
            waveform=model_name == "pons-waveform",
        )
        if say is not None:
            for note in notes:
                say(f"{path.name}, {note}")
        return values
    if not path.is_file():
        raise TrainError("no such configuration file", where=path)
    return read_toml(path, TrainError)


def _forget_other_model(values: dict[str, Any], overrides: Sequence[str]) -> None:
    """Drop the sizes of the file's model where an override names another model."""
    named = [each.partition("=")[2].strip() for each in overrides if _names(each)]
    model = values.get("model")
    known = model.get("name") if isinstance(model, dict) else None
    if named and known is not None and _value(named[-1]) != known:
        del values["model"]


def _names(override: str) -> bool:
    return override.partition("=")[0].strip() == "model.name"


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    *tables, name = key.strip().split(".")
    if not equals or not tables:
        raise TrainError(
            f"{override!r} sets nothing", expected="such as training.epochs=5"
        )
    table = values
    for part in tables:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise TrainError(f"{part} is a value, not a table", where=key)
    table[name] = _value(text.strip())


def _value(text: str) -> Any:
    """Read a TOML value; a bare word is a text, as shells eat quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
