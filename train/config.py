"""The configuration of a training run: one TOML file, every key documented.

``python -m train config`` prints it with the defaults; ``--set optimizer.name=sgd``
overrides one key.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lyre.validation import first_problem
from train.errors import TrainError
from train.models.pons_logmel import PonsLogmel
from train.models.registry import AnyModel


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Section):
    """What the model sees of a track."""

    label_set: str = Field(
        "", description="Label set of the export; empty: the recipe it was made from."
    )
    window_seconds: float = Field(
        4.0, gt=0, description="Length of the windows that the model sees."
    )
    windows_per_track: int = Field(
        1, gt=0, description="Windows of each track per epoch in training."
    )
    window_position: Literal["random", "centre"] = Field(
        "random", description="Where training takes its windows: random or centre."
    )
    short_clips: Literal["repeat", "pad"] = Field(
        "repeat",
        description="Clips shorter than a window: repeat them, or pad them at the end "
        "with their lowest value (spectrograms) or zeros (waveforms).",
    )
    standardise: Literal["auto", "window", "track", "none"] = Field(
        "auto",
        description="Mean 0 and deviation 1 over each window or each whole track; "
        "auto: windows of spectrograms, whole waveforms.",
    )
    shuffle_mebibytes: int = Field(
        512, gt=0, description="Memory of the shuffle buffer."
    )
    parallel_shards: int = Field(
        8, gt=0, description="Shards that are read side by side."
    )


class Optimizer(BaseModel):
    """Any optimizer of Keras by its name; further keys are its own arguments."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field("adam", description="Name of a Keras optimizer.")
    learning_rate: float = Field(0.001, gt=0, description="Its learning rate.")


class Loss(_Section):
    """Cross entropy per tag."""

    gamma: float = Field(
        0.0, ge=0, description="Focusing parameter of the focal loss; 0: plain."
    )
    positive_weights: dict[str, float] = Field(
        default_factory=dict,
        description='Weight of the positives of a tag, such as {"jazz" = 2.0}.',
    )


class Training(_Section):
    """The loop."""

    epochs: int = Field(60, gt=0, description="Number of epochs.")
    batch_size: int = Field(32, gt=0, description="Windows per step.")
    seed: int = Field(1, ge=0, description="Seed of weights, order and windows.")
    deterministic: bool = Field(
        True,
        description="Same seed, same weights on one machine; slower on some GPUs.",
    )


class Validation(_Section):
    """What follows every epoch."""

    enabled: bool = Field(
        True, description="Score the validation split; off: keep only the last model."
    )
    windows: int = Field(
        4, gt=0, description="Evenly spaced windows per track, averaged."
    )
    monitor: Literal["roc_auc", "pr_auc", "loss"] = Field(
        "roc_auc",
        description="Decides the best model: macro roc_auc or pr_auc (the higher the "
        "better), or loss (the lower).",
    )
    min_delta: float = Field(0.0, ge=0, description="Least gain that counts as better.")
    patience: int = Field(
        0, ge=0, description="Epochs without gain after which training ends; 0: never."
    )


class Config(_Section):
    """A whole configuration."""

    model: AnyModel = Field(
        default_factory=PonsLogmel, description="The architecture and its sizes."
    )
    input: Input = Field(default_factory=Input, description="What the model sees.")
    optimizer: Optimizer = Field(
        default_factory=Optimizer,
        description="A Keras optimizer; further keys are passed to it.",
    )
    loss: Loss = Field(default_factory=Loss, description="What is minimised.")
    training: Training = Field(default_factory=Training, description="The loop.")
    validation: Validation = Field(
        default_factory=Validation, description="What follows every epoch."
    )


def load(
    path: Path | None = None,
    overrides: Sequence[str] = (),
    *,
    model_name: str = "pons-logmel",
) -> Config:
    """Read a configuration.

    Parameters
    ----------
    path : Path, optional
        A TOML file; keys that it lacks have their defaults.
    overrides : sequence of str
        Texts such as ``"training.epochs=5"``; they win over the file.
    model_name : str
        The architecture where neither file nor overrides name one.

    Raises
    ------
    TrainError
        The file is missing or no TOML, or a key or a value is not valid.
    """
    values: dict[str, Any] = {} if path is None else _read(path)
    for override in overrides:
        _override(values, override)
    model = values.setdefault("model", {})
    if isinstance(model, dict):
        model.setdefault("name", model_name)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        place, what = first_problem(error, Config)
        where = place if path is None else f"{path}, {place}"
        raise TrainError(
            what, where=where, remedy="`python -m train config` prints every key"
        ) from error


def to_toml(config: Config, *, documented: bool = True) -> str:
    """Write a configuration as TOML, each key under its description."""
    return "\n".join(_sections(config, documented))


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise TrainError("no such configuration file", where=path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainError(f"not valid TOML: {error}", where=path) from error


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
    except tomllib.TOMLDecodeError:
        return text


def _sections(config: Config, documented: bool) -> Iterator[str]:
    for name, field in Config.model_fields.items():
        section: BaseModel = getattr(config, name)
        if documented:
            yield f"# {field.description}"
        yield f"[{name}]"
        described = type(section).model_fields
        for key, value in section.model_dump().items():
            if documented and key in described:
                yield f"# {described[key].description}"
            yield f"{key} = {_toml(value)}"
        yield ""


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        pairs = (f"{_quoted(key)} = {_toml(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_escaped(character) for character in escaped) + '"'


def _escaped(character: str) -> str:
    return (
        f"\\u{ord(character):04x}"
        if ord(character) < 0x20 or ord(character) == 0x7F
        else character
    )
