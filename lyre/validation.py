"""Errors of pydantic models, told in the manner of Lyre."""

import difflib
from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from lyre.errors import brief

# Comparing takes time with the square of the length.
_LONGEST_KEY = 200


def first_problem(error: ValidationError, model: type[BaseModel]) -> tuple[str, str]:
    """Tell the first problem of a validation.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    model : type
        The model that was validated, searched for the nearest valid key.

    Returns
    -------
    place : str
        The key, such as ``"sources.audio"``.
    what : str
        What is wrong with it.
    """
    first = error.errors()[0]
    place, table = _locate(first["loc"], model)
    if not place:
        return place, first["msg"]
    if first["type"] == "union_tag_invalid":
        said = first["ctx"]
        place = f"{place}.{said['discriminator'].strip(chr(39))}"
        return (
            place,
            f"Input should be {said['expected_tags']}, not {brief(said['tag'])}",
        )
    if first["type"] != "extra_forbidden":
        return place, f"{first['msg']}, not {brief(first['input'])}"
    key = place.rpartition(".")[2]
    return place, f"no such key{nearest(key, table.model_fields)}"


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return a clause that names the valid name most like `name`, if there is any."""
    near = difflib.get_close_matches(name[:_LONGEST_KEY], list(valid), n=1, cutoff=0.0)
    return f"; the nearest valid one is {near[0]!r}" if near else ""


def _locate(
    parts: Iterable[int | str], model: type[BaseModel]
) -> tuple[str, type[BaseModel]]:
    """Return the dotted key and the table that it is in.

    Where one of several tables is chosen by its name, pydantic names the choice as a
    part of its own, which no user wrote.
    """
    place: list[str] = []
    choices: list[type[BaseModel]] = []
    for part in parts:
        chosen = [each for each in choices if part in _names(each)]
        if chosen:
            model, choices = chosen[0], []
            continue
        place.append(str(part))
        field = model.model_fields.get(str(part))
        tables = [] if field is None else list(_tables(field.annotation))
        if len(tables) == 1:
            model = tables[0]
        choices = tables if len(tables) > 1 else []
    return ".".join(place), model


def _names(model: type[BaseModel]) -> tuple[Any, ...]:
    return tuple(
        value
        for field in model.model_fields.values()
        for value in get_args(field.annotation)
    )


def _tables(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated):
        for part in get_args(annotation):
            yield from _tables(part)
