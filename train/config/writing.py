"""Writing a configuration as TOML."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from train.config.whole import Config


def to_toml(config: Config, *, documented: bool = True) -> str:
    """Write a configuration as TOML, each key under its description."""
    return "\n".join(_sections(config, documented))


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
            yield f"{key} = {value_to_toml(value)}"
        yield ""


def value_to_toml(value: Any) -> str:
    """Write one value, such as a text in quotes, as an override takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        pairs = (
            f"{_quoted(key)} = {value_to_toml(each)}" for key, each in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_to_toml, value))}]"
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
