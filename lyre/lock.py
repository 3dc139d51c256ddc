"""One process at a time in a folder: a lock that no killed process leaves behind."""

import errno
import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lyre.errors import LyreError, shortened

NAME = ".lock"
# Of file systems that know no locks, such as some of clusters.
_UNKNOWN = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
_LONGEST_NAME = 200


class LockError(LyreError):
    """Another process is at work in a folder."""


@contextmanager
def locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Keep other processes out of a folder for as long as the block takes.

    The system forgets the lock when the process ends, however it ends; the lock's file
    is taken away at the end or by the next who holds it. Where the file system knows no
    locks, nobody is kept out. A process cannot hold the same folder twice.

    Parameters
    ----------
    folder : Path
        Made where it is missing, and taken away again if it is still empty at the end.
    shared : bool
        Keep out only those who want the folder for themselves.

    Raises
    ------
    LockError
        Another process holds the folder, or it is a file.

    Examples
    --------
    >>> with locked(Path("runs/first")):  # doctest: +SKIP
    ...     train()
    """
    if folder.exists() and not folder.is_dir():
        raise LockError("this is a file", where=folder, expected="a folder")
    is_new = not folder.exists()
    handle = _take(folder, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    try:
        yield
    finally:
        _leave(folder, handle)
        if is_new:
            with suppress(OSError):  # It is in use now.
                folder.rmdir()


def _take(folder: Path, kind: int) -> int:
    file = folder / NAME
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # Its last holder has just left.
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _lock(handle, kind, folder)
                if os.path.samestat(os.fstat(handle), file.stat()):
                    _sign(handle)
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)


def _lock(handle: int, kind: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, _LONGEST_NAME, 0).decode(errors="replace").strip()
        raise LockError(
            f"another process is at work here ({shortened(holder) or 'just begun'})",
            where=folder,
            remedy="wait until it has ended, then run the same command again",
        ) from error
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise


def _sign(handle: int) -> None:
    """Write into the file who holds it."""
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"process {os.getpid()} on {platform.node()}\n".encode(), 0)


def _leave(folder: Path, handle: int) -> None:
    """Take the file away, unless others share it, and let go of it."""
    try:
        _lock(handle, fcntl.LOCK_EX, folder)
        (folder / NAME).unlink(missing_ok=True)
    except LockError:
        pass  # The last of them takes it away.
    finally:
        os.close(handle)
