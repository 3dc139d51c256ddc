"""Reading SQLite files that may hold anything in any column.

SQLite does not enforce column types, so values are asked for by their ``typeof`` and
text travels as bytes. Streams of clean rows go through ADBC; single odd rows, whose
values no Arrow column could hold, through `sqlite3`.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from ingest.errors import IngestError
from lyre.console import Advance
from lyre.errors import said

BATCH_ROWS = 65_536

_SQLITE_HEADER = b"SQLite format 3\0"
_READ_ONLY = "?mode=ro"
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_database(path: Path) -> bool:
    """Tell by its first bytes whether a file is an SQLite database."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database read-only; text comes as bytes.

    Raises
    ------
    IngestError
        It is no SQLite database, locked or corrupt; also from within the block.
    """
    if not is_database(path):
        raise IngestError(
            "this is not an SQLite database",
            where=path,
            remedy="fetch it once more, or name another",
        )
    try:
        connection = sqlite3.connect(_uri(path), uri=True, timeout=1.0)
        connection.text_factory = bytes
        try:
            yield connection
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        # The latter where SQLite's message quotes a damaged schema.
        raise _explain(error, path) from error


@contextmanager
def stream(
    path: Path, query: str, schema: pa.Schema, advance: Advance | None = None
) -> Iterator[pa.RecordBatchReader]:
    """Stream the rows of a query, `BATCH_ROWS` at a time.

    Parameters
    ----------
    path : Path
        The database.
    query : str
        One SELECT, of which every value is of the type that ``schema`` says.
    schema : Schema
        The columns wanted, by name and type; an empty result has it as well.
    advance : callable, optional
        Told the number of rows of every batch read.

    Yields
    ------
    RecordBatchReader
        Read it within the block.

    Raises
    ------
    IngestError
        The database cannot be read to its end; also from within the block.
    """
    import adbc_driver_manager
    import adbc_driver_sqlite.dbapi as adbc

    options = {"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)}
    try:
        with adbc.connect(_uri(path)) as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**options)
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            batches = _batches(reader, schema, advance)
            yield pa.RecordBatchReader.from_batches(schema, batches)
    except (adbc_driver_manager.Error, OSError) as error:
        raise IngestError(
            f"the database cannot be read to its end: {said(error)}",
            where=path,
            remedy="fetch it once more",
        ) from error


def _batches(
    reader: pa.RecordBatchReader, schema: pa.Schema, advance: Advance | None
) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        # An empty result has columns of a type that was never inferred.
        if batch.num_rows:
            yield batch.cast(schema)
            if advance is not None:
                advance(batch.num_rows)


def check_columns(
    connection: sqlite3.Connection, path: Path, tables: Mapping[str, Iterable[str]]
) -> None:
    """Refuse a database without the tables and columns wanted.

    Raises
    ------
    IngestError
        It names the table or column that is missing.
    """
    for table, columns in tables.items():
        found = column_names(connection, table)
        if not found:
            wanted = ", ".join(tables)
            raise IngestError(
                f"there is no table {table}", where=path, expected=f"tables {wanted}"
            )
        for column in columns:
            if column not in found:
                raise IngestError(
                    f"table {table} has no column {column}",
                    where=path,
                    expected=", ".join(columns),
                )


def column_names(connection: sqlite3.Connection, table: str) -> set[str]:
    """Return the names of a table's columns; none where there is no such table."""
    rows = connection.execute("select name from pragma_table_info(?)", [table])
    return {name.decode(errors="replace") for (name,) in rows}


def count(connection: sqlite3.Connection, table: str) -> int:
    """Return the number of rows of a table."""
    rows: list[tuple[Any]] = connection.execute(
        f"select count(*) from {table}"  # noqa: S608
    ).fetchall()
    return int(rows[0][0])


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}{_READ_ONLY}"


def _explain(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> IngestError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _LOCKED:
        return IngestError(
            "another program is writing to the database",
            where=path,
            remedy="close it there and run this again",
        )
    damaged = code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    if damaged or isinstance(error, UnicodeDecodeError):
        return IngestError(
            "the database is damaged or truncated",
            where=path,
            remedy="fetch it once more",
        )
    return IngestError(f"the database cannot be read: {error}", where=path)
