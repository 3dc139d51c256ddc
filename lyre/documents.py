"""Reading JSON and TOML that people, other programs or a broken disk wrote.

Whatever is wrong with a file becomes one sentence of the error class that the caller
names; no parser's own errors come through.
"""

import json
import math
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lyre.errors import LyreError, said
from lyre.validation import first_problem

Model = TypeVar("Model", bound=BaseModel)


def parse_json(content: str | bytes) -> Any:
    """Parse JSON.

    Raises
    ------
    ValueError
        It is none, is not UTF-8, is nested deeper than Python can follow, or holds an
        integer that no float can be.
    """
    try:
        return json.loads(content, parse_int=_integer)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _integer(digits: str) -> int:
    if not math.isfinite(float(digits)):
        raise ValueError(f"the number {digits[:20]}... is too large")
    return int(digits)


def read_json(file: Path, kind: type[LyreError]) -> Any:
    """Read a file of JSON.

    Parameters
    ----------
    file : Path
        The file.
    kind : type of LyreError
        What is raised.

    Raises
    ------
    LyreError
        As `kind`: the file cannot be read, or is no JSON.
    """
    try:
        return parse_json(_content(file, kind))
    except ValueError as error:
        raise kind(f"not valid JSON: {said(error)}", where=file) from error


def read_toml(file: Path, kind: type[LyreError]) -> dict[str, Any]:
    """Read a file of TOML; parameters and errors are those of `read_json`."""
    try:
        # A mark at the start is what editors of some systems put there.
        return tomllib.loads(_content(file, kind).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise kind(f"not valid TOML: {said(error)}", where=file) from error


def read_model(file: Path, model: type[Model], kind: type[LyreError]) -> Model:
    """Read a file of JSON that a pydantic model describes.

    Parameters
    ----------
    file : Path
        The file.
    model : type
        The model.
    kind : type of LyreError
        What is raised.

    Raises
    ------
    LyreError
        As `kind`: the file cannot be read, is no JSON, or not as described; the
        message names the key.
    """
    return parse_model(_content(file, kind), model, kind, where=str(file))


def parse_model(
    content: bytes, model: type[Model], kind: type[LyreError], *, where: str
) -> Model:
    """Parse JSON that a pydantic model describes; errors are those of `read_model`."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        place, what = first_problem(error, model)
        raise kind(what, where=f"{where}, {place}" if place else where) from error


def _content(file: Path, kind: type[LyreError]) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise kind(f"the file cannot be read: {reason}", where=file) from error
