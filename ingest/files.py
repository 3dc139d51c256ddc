"""Source files: whether they are there, what they are, and whether they changed."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ingest.errors import IngestError
from lyre.checksum import sha256
from lyre.filenames import placed, shown

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_JOINED_BY = "; "
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells one state of a file from another.

    Attributes
    ----------
    path : str
        Absolute path, as `shown`.
    size_bytes : int
        Its size.
    modified_us : int
        Time of its last change, microseconds since 1970 in UTC.
    """

    path: str
    size_bytes: int
    modified_us: int


@dataclass(frozen=True)
class Fingerprint:
    """What tells one state of a source from another.

    Attributes
    ----------
    path : str
        Absolute path; several are joined by ``"; "``.
    size_bytes : int
        Size of all files together.
    modified_at : datetime or None
        Time of the newest file; None where there is none.
    checksum : str or None
        SHA-256 of the one file; of several, of their listing (path, size, time). None
        for audio, which compares file by file.
    files : tuple of FileState
        The files one by one.
    format : str or None
        How the files are to be read, where the source could be read in several ways.
    """

    path: str
    size_bytes: int
    modified_at: datetime | None
    checksum: str | None
    files: tuple[FileState, ...] = ()
    format: str | None = None


def fingerprint(named: Sequence[Path], files: Iterable[Path]) -> Fingerprint:
    """Describe the present state of a source.

    Parameters
    ----------
    named : sequence of Path
        The files and folders as the user gave them.
    files : iterable of Path
        The files found there.
    """
    listing = [(path, _stat(path)) for path in files]
    states = tuple(_state(path, stat) for path, stat in listing)
    path = joined(named)
    size = sum(state.size_bytes for state in states)
    newest = max((stat.st_mtime for _, stat in listing), default=0.0)
    single = len(listing) == 1 and list(named) == [listing[0][0]]
    checksum = sha256(listing[0][0]) if single else _sha256_of_listing(listing)
    return Fingerprint(
        path, size, datetime.fromtimestamp(newest, UTC), checksum, states
    )


def state_of(path: Path) -> FileState:
    """Return the present state of a file, or of a link that points nowhere.

    Raises
    ------
    OSError
        There is no such file.
    """
    return _state(path, _stat(path))


def changed_file(states: Iterable[FileState]) -> str | None:
    """Return the first file that is no longer as it was, or None.

    Parameters
    ----------
    states : iterable of FileState
        The files as they were.
    """
    for state in states:
        try:
            now = state_of(placed(state.path))
        except OSError:
            return state.path
        if (now.size_bytes, now.modified_us) != (state.size_bytes, state.modified_us):
            return state.path
    return None


def joined(paths: Iterable[Path]) -> str:
    """Return paths as the path of a `Fingerprint`."""
    return _JOINED_BY.join(shown(path.absolute()) for path in paths)


def named_paths(text: str) -> list[Path]:
    """Take the path of a `Fingerprint` apart again."""
    if placed(text).exists():
        return [placed(text)]
    return [placed(path) for path in text.split(_JOINED_BY)]


def check(path: Path, *, is_a: str, key: str) -> None:
    """Refuse a file that cannot be what it should be, before anything is opened.

    Parameters
    ----------
    path : Path
        The file.
    is_a : str
        What it should be, such as ``"the SQLite database lastfm_tags.db"``.
    key : str
        The key of ``lyre.toml`` that names it.

    Raises
    ------
    IngestError
        The file is missing, a folder, empty, unreadable or a git-LFS pointer.
    """
    remedy = f"set {key} in lyre.toml, or name the file on the command line"
    if not path.exists():
        raise IngestError("no such file", where=path, expected=is_a, remedy=remedy)
    if fault := fault_of(path):
        raise IngestError(fault, where=path, expected=is_a, remedy=remedy)


def count_lines(path: Path) -> int:
    """Return the number of lines of a file, the last of which may lack its end."""
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        for block in iter(partial(file.read, _BLOCK_BYTES), b""):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")


def walk(root: Path, suffixes: Sequence[str]) -> Iterator[Path]:
    """Find the files below a folder by the ends of their names, in any case.

    A folder that cannot be read is yielded too: who reads it will be told.
    """
    closed: list[Path] = []

    def keep(error: OSError) -> None:
        closed.append(Path(error.filename))

    for folder, _, names in os.walk(root, onerror=keep):
        for name in names:
            if name.lower().endswith(tuple(suffixes)):
                yield Path(folder, name)
    yield from closed


def fault_of(path: Path) -> str | None:
    """Say what is wrong with a file by its size and first bytes, or None."""
    if path.is_dir():
        return "this is a folder"
    try:
        with path.open("rb") as file:
            head = file.read(len(_LFS_POINTER))
    except OSError as error:
        return unreadable(error)
    return fault_in(head)


def fault_in(content: bytes) -> str | None:
    """Say what is wrong with a file by its first bytes, or all, or None."""
    if not content:
        return "the file is empty"
    if content.startswith(_LFS_POINTER):
        return "this is a git-LFS pointer, not the file itself; run `git lfs pull`"
    return None


def unreadable(error: OSError) -> str:
    """Say why a file could not be read."""
    return f"the file cannot be read: {error.strerror}"


def _state(path: Path, stat: os.stat_result) -> FileState:
    return FileState(shown(path.absolute()), stat.st_size, stat.st_mtime_ns // 1000)


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError:
        # A link that points nowhere is reported when it is read.
        return path.lstat()


def _sha256_of_listing(listing: Iterable[tuple[Path, os.stat_result]]) -> str:
    digest = hashlib.sha256()
    for path, stat in listing:
        digest.update(os.fsencode(path.absolute()))
        digest.update(f"\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
