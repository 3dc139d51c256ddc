"""Files and folders that appear whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lyre.errors import LyreError


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    r"""Yield a path beside a file's place, to be written; at the end it is renamed.

    An error inside leaves what was there before. What a killed process left beside is
    taken away; that of a living one is its own, so that two may write at once and the
    last to end counts.

    Parameters
    ----------
    file : Path
        Where the file is to appear; its folder exists. Of a link, what it points at is
        replaced.

    Yields
    ------
    Path
        The path to write to, with the same suffix.

    Raises
    ------
    LyreError
        There is something that is no file to replace, such as a folder or a device.

    Examples
    --------
    >>> with whole(Path("rows.csv")) as beside:  # doctest: +SKIP
    ...     beside.write_text("n\n1\n")
    """
    file = file.resolve()
    if file.exists() and not file.is_file():
        raise LyreError(
            "this cannot be replaced by a file", where=file, expected="a file, or none"
        )
    _sweep(file)
    beside = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix}")
    try:
        yield beside
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def write_whole(file: Path, content: bytes, *, durable: bool = True) -> Path:
    """Write a file as in `whole`; with `durable` it is on the disk at the end."""
    with whole(file) as beside, beside.open("wb") as written:
        written.write(content)
        if durable:
            written.flush()
            os.fsync(written.fileno())
    return file


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside a folder's place; at the end it takes that place.

    As `whole`, for a folder: an error inside leaves what was there before, and of two
    who write at once the last to end counts.

    Parameters
    ----------
    folder : Path
        Where it is to appear; what lies there is removed then, or of a link, there
        where it points at.

    Yields
    ------
    Path
        The empty folder to fill.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    beside = folder.with_name(f".{folder.stem}.{os.getpid()}.part{folder.suffix}")
    # Of this process, or of an earlier one of the same number.
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        yield beside
        _replace_folder(folder, beside)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _replace_folder(folder: Path, beside: Path) -> None:
    """Put a finished folder in the place of another, of which no half is ever seen."""
    old = folder.with_name(f".{folder.stem}.{os.getpid()}.part.old{folder.suffix}")
    while True:
        shutil.rmtree(old, ignore_errors=True)
        with suppress(FileNotFoundError):  # There is none.
            folder.rename(old)
        try:
            beside.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            continue  # Another process was faster: its folder gives way.
        shutil.rmtree(old, ignore_errors=True)
        return


def _sweep(file: Path) -> None:
    head, tail = re.escape(f".{file.stem}."), re.escape(file.suffix)
    left = re.compile(rf"{head}(\d+)\.part(\.old)?{tail}")
    for path in file.parent.glob(".*.part*"):
        found = left.fullmatch(path.name)
        if found and not _is_alive(int(found[1])):
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # Somebody else's.
    return True
