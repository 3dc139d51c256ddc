"""Files and folders that appear whole or not at all."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    r"""Yield a path beside a file's place, to be written; at the end it is renamed.

    An error inside leaves what was there before. What a killed process left beside is
    taken away; that of a living one is its own, so that two may write at once and the
    last to end counts.

    Parameters
    ----------
    file : Path
        Where the file is to appear; its folder exists.

    Yields
    ------
    Path
        The path to write to, with the same suffix.

    Examples
    --------
    >>> with whole(Path("rows.csv")) as beside:  # doctest: +SKIP
    ...     beside.write_text("n\n1\n")
    """
    _sweep(file)
    beside = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix}")
    try:
        yield beside
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def replace_folder(folder: Path, beside: Path) -> None:
    """Put a finished folder in the place of another, of which no half is ever seen.

    Parameters
    ----------
    folder : Path
        Where it is to appear; what lies there is removed.
    beside : Path
        The finished folder, on the same file system.
    """
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _sweep(file: Path) -> None:
    head, tail = re.escape(f".{file.stem}."), re.escape(f".part{file.suffix}")
    left = re.compile(rf"{head}(\d+){tail}")
    for path in file.parent.glob(".*.part*"):
        found = left.fullmatch(path.name)
        if found and not _is_alive(int(found[1])):
            path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # Somebody else's.
    return True
