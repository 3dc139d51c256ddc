"""Opening the warehouse file, with one sentence where that fails.

DuckDB lets one process write or many read. So everything but ingest and dbt opens the
file read-only, and a file that is held elsewhere is told with the holder's id.
"""

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from lyre.errors import said
from warehouse.errors import WarehouseError

_HOLDER = re.compile(r"lock is held in (?P<program>.+) \(PID (?P<pid>\d+)\)")
_FILL_IT = "run `python -m ingest all` first"
_NO_SPACE = os.strerror(errno.ENOSPC)
_KEY = "set data_dir or warehouse_path in lyre.toml to another place"
# DuckDB calls the catalog by the file, and `raw.msd_songs` must not name that.
_SCHEMAS = ("raw", "staging", "cleaning", "marts", "seeds")


@contextmanager
def open_to_read(
    path: Path, config: Mapping[str, bool] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse read-only; any number of processes may do so at once.

    Parameters
    ----------
    path : Path
        The DuckDB file, usually ``lyre.settings.load().warehouse``.
    config : mapping, optional
        Options of DuckDB that hold from the start, such as those of `warehouse.query`.

    Yields
    ------
    duckdb.DuckDBPyConnection
        Closed when the block ends.

    Raises
    ------
    WarehouseError
        The file is missing, no DuckDB file, called like a schema, or another process
        writes to it.
    """
    _check_name(path)
    if not path.exists():
        raise WarehouseError("there is no warehouse yet", where=path, remedy=_FILL_IT)
    connection = _connect(path, read_only=True, config=config)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def open_to_write(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse to write, which no other process may have open meanwhile.

    Parameters
    ----------
    path : Path
        The DuckDB file; it and its folder are made where they are missing.

    Yields
    ------
    duckdb.DuckDBPyConnection
        Closed when the block ends.

    Raises
    ------
    WarehouseError
        The file is no DuckDB file, called like a schema, may not be written, or is
        open elsewhere; or the disk is full, on opening it or later.
    """
    _check_name(path)
    _check_writable(path)
    try:
        _create(path)
        connection = _connect(path, read_only=False)
        try:
            yield connection
        finally:
            connection.close()
    except duckdb.Error as error:
        if not is_disk_full(error):
            raise
        raise _disk_is_full(path) from error


def is_disk_full(error: duckdb.Error) -> bool:
    """Tell whether an error is a full disk, which `open_to_write` tells of."""
    return _NO_SPACE in str(error)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do all of a block or nothing of it.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        May write, and is in no transaction.
    """
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # A failed commit has ended the transaction already.
        with suppress(duckdb.TransactionException):
            connection.execute("rollback")
        raise


def explain(error: duckdb.Error, path: Path) -> WarehouseError:
    """Turn what DuckDB says on opening a file into one sentence.

    Parameters
    ----------
    error : duckdb.Error
        What ``duckdb.connect`` raised.
    path : Path
        The file that was to be opened.
    """
    text = str(error)
    if holder := _HOLDER.search(text):
        program, pid = Path(holder["program"]).name, holder["pid"]
        return WarehouseError(
            f"the warehouse is open in another program ({program}, process {pid})",
            where=path,
            remedy=f"close it there or wait until process {pid} has ended, then retry",
        )
    if "not a valid DuckDB database file" in text:
        return WarehouseError(
            "this is not a DuckDB file",
            where=path,
            remedy=f"move it away, or {_KEY}",
        )
    if "different configuration" in text:
        return WarehouseError(
            "this process has the warehouse open already, in the other mode",
            where=path,
            remedy="close that connection first",
        )
    return WarehouseError(
        f"DuckDB cannot open the warehouse: {said(error)}", where=path
    )


def _connect(
    path: Path, *, read_only: bool, config: Mapping[str, bool] | None = None
) -> duckdb.DuckDBPyConnection:
    if path.is_dir():
        raise WarehouseError(
            "this is a folder", where=path, expected="a DuckDB file", remedy=_KEY
        )
    try:
        connection = duckdb.connect(str(path), read_only, dict(config or {}))
    except duckdb.Error as error:
        raise explain(error, path) from error
    if config is None:
        # DuckDB shows one wherever Python runs no file, as in spawned processes.
        connection.execute("set enable_progress_bar = false")
    return connection


def _create(path: Path) -> None:
    """Make an empty warehouse where there is none, whole or not at all."""
    if path.exists():
        return
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        duckdb.connect(str(beside)).close()
        # A link, since a rename would replace what another process has just made.
        path.hardlink_to(beside)
    except FileExistsError:
        return
    finally:
        beside.unlink(missing_ok=True)


def _disk_is_full(path: Path) -> WarehouseError:
    return WarehouseError(
        f"the disk is full ({_NO_SPACE})",
        where=path,
        remedy=f"make room there, or {_KEY}; then run the same command again",
    )


def _check_name(path: Path) -> None:
    """Refuse a file whose name, up to its first dot, is that of a schema within."""
    name = next(filter(None, path.name.split(".")), "")
    if name.lower() in _SCHEMAS:
        raise WarehouseError(
            f"a warehouse cannot be called {name!r}, as its own schema is",
            where=path,
            expected="another name, such as lyre.duckdb",
            remedy="rename the file, or change warehouse_path in lyre.toml",
        )


def _check_writable(path: Path) -> None:
    """Say what DuckDB would say only in part: that file or folder is read-only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"the warehouse's folder cannot be made: {error.strerror}",
            where=path.parent,
            remedy=_KEY,
        ) from error
    for place in (path, path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            raise WarehouseError(
                "the warehouse may not be written here",
                where=place,
                remedy=f"change the permissions, or {_KEY}",
            )
