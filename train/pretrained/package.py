"""The files of the PyPI package ``musicnn``: where they lie, and its tag names.

The package is found, not imported: its requirements are out of date, and only its
checkpoints and the two lists of tags are wanted.
"""

import ast
import importlib.util
from pathlib import Path

from lyre.errors import said
from train.errors import TrainError

_NAME = "musicnn"
_REMEDY = "run `make pretrained`, or `pip install --no-deps musicnn`"


def folder() -> Path:
    """Return the folder of the installed package.

    Raises
    ------
    TrainError
        It is not installed.
    """
    found = importlib.util.find_spec(_NAME)
    if found is None or not found.submodule_search_locations:
        raise TrainError(
            f"the package {_NAME}, which holds the published weights, is not installed",
            remedy=_REMEDY,
        )
    return Path(found.submodule_search_locations[0])


def tags(package: Path, name: str) -> list[str]:
    """Return a list of tag names from the package's configuration.

    Parameters
    ----------
    package : Path
        Folder of the package.
    name : str
        ``MSD_LABELS`` or ``MTT_LABELS``.

    Raises
    ------
    TrainError
        The package has no such list.
    """
    file = package / "configuration.py"
    if not file.is_file():
        raise TrainError("not the musicnn package", where=package, remedy=_REMEDY)
    try:
        for node in ast.parse(file.read_bytes()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
                return _names(ast.literal_eval(node.value))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise TrainError(
            f"its list {name} cannot be read: {said(error)}",
            where=file,
            remedy=_REMEDY,
        ) from error
    raise TrainError(f"it has no list {name}", where=file, remedy=_REMEDY)


def _names(found: object) -> list[str]:
    if not isinstance(found, list | tuple) or not found:
        raise ValueError("it is no list of tags")
    return [str(tag) for tag in found]
