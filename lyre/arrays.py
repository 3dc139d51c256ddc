"""Reading NumPy files that other programs or a broken disk wrote."""

import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lyre.errors import said

if TYPE_CHECKING:
    import numpy.typing as npt

# All that NumPy lets through where a head, a size or a member makes no sense.
_DAMAGE = (
    *(ValueError, TypeError, EOFError, MemoryError, OverflowError, RecursionError),
    *(SyntaxError, tokenize.TokenError, LookupError, RuntimeError, AttributeError),
    *(zipfile.BadZipFile, zlib.error),
)


def load_array(file: Path | BinaryIO) -> "npt.NDArray[Any]":
    """Read a ``.npy`` file, without pickle.

    Raises
    ------
    ValueError
        It is none, or damaged.
    OSError
        It cannot be read.
    """
    import numpy as np

    with _damage_told():
        found = np.load(file, allow_pickle=False)
    if not isinstance(found, np.ndarray):
        found.close()
        raise ValueError("an archive of arrays, not an array")
    return found


def load_arrays(file: Path) -> "dict[str, npt.NDArray[Any]]":
    """Read all arrays of an ``.npz`` file by name, without pickle.

    Raises
    ------
    ValueError
        It is none, or damaged.
    OSError
        It cannot be read.
    """
    import numpy as np

    with _damage_told():
        stored = np.load(file, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            raise ValueError("an array, not an archive of arrays")
        with stored:
            arrays = {name: stored[name] for name in stored.files}
    strangers = [
        name for name, array in arrays.items() if not isinstance(array, np.ndarray)
    ]
    if strangers:
        raise ValueError(f"{strangers[0]} is no array")
    return arrays


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ValueError(said(error)) from error
