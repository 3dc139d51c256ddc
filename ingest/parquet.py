"""Write the raw tables as Parquet, for engines on several machines.

A table is a folder of files of bounded size, so that many tasks can read it and none of
them opens thousands of files. Column types are those of the raw table; all engines that
read Parquet find them in the files.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.errors import IngestError
from ingest.runs import has_raw_tables
from ingest.tables import TABLES, Table
from lyre.documents import parse_json
from lyre.errors import said
from lyre.whole import whole_folder

# Spark and DuckDB pass over names that begin so.
_CONTENTS = "_contents.json"
_FILE_BYTES = 128_000_000
_ROW_GROUP_ROWS = 122_880


@dataclass(frozen=True)
class Written:
    """A table as Parquet.

    Attributes
    ----------
    table : str
        Its name, without the schema.
    rows, files, size_bytes : int
        What lies in its folder.
    is_new : bool
        False: the folder held these rows already, and was left as it is.
    """

    table: str
    rows: int
    files: int
    size_bytes: int
    is_new: bool


def write_raw(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    file_bytes: int = _FILE_BYTES,
) -> list[Written]:
    """Write every raw table into a folder of its own, and leave what has not changed.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The warehouse; reading is enough.
    folder : Path
        Where the tables' folders are to lie. One is written beside its place and then
        renamed, so that a reader sees the old rows or the new ones.
    file_bytes : int
        A file is closed once it is about that large.

    Returns
    -------
    list of Written
        One a table.

    Raises
    ------
    IngestError
        There are no raw tables, or the folder cannot be written.
    """
    if not has_raw_tables(connection):
        raise IngestError(
            "no raw tables to write as Parquet",
            remedy="python -m ingest all",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(connection, table, folder, file_bytes) for table in TABLES]
    except (OSError, duckdb.IOException) as error:
        reason = getattr(error, "strerror", None) or said(error)
        raise IngestError(
            f"the raw tables cannot be written as Parquet: {reason}",
            where=str(folder),
            remedy="what was written whole is kept; run the same command again",
        ) from error


def _write(
    connection: duckdb.DuckDBPyConnection, table: Table, folder: Path, file_bytes: int
) -> Written:
    place = folder / table.name
    contents = _contents(connection, table)
    if _is_written(place, contents):
        return _found(place, table, contents, is_new=False)
    with whole_folder(place) as beside:
        _copy(connection, table, beside, file_bytes)
        text = json.dumps({**contents, "files": _files(beside)}, indent=1)
        (beside / _CONTENTS).write_text(text, encoding="utf-8")
    return _found(place, table, contents, is_new=True)


def _copy(
    connection: duckdb.DuckDBPyConnection, table: Table, folder: Path, file_bytes: int
) -> None:
    options = f"format parquet, compression zstd, row_group_size {_ROW_GROUP_ROWS}"
    target = str(folder).replace("'", "''")
    connection.execute(
        f"copy {table.full_name} to '{target}' "
        f"({options}, file_size_bytes {file_bytes}, per_thread_output false)"
    )
    if not any(folder.glob("*.parquet")):
        # Of no rows DuckDB makes no file where it may make several: readers need one.
        connection.execute(
            f"copy {table.full_name} to '{target}/data_0.parquet' ({options})"
        )


def _contents(
    connection: duckdb.DuckDBPyConnection, table: Table
) -> dict[str, int | str]:
    """Tell one state of a table from another, whatever the order of its rows."""
    row = connection.execute(
        f"select count(*), coalesce(sum(hash(rows)::hugeint), 0)::varchar "  # noqa: S608
        f"from {table.full_name} as rows"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has a row
    columns = connection.execute(f"describe {table.full_name}").fetchall()
    types = ", ".join(f"{name} {kind}" for name, kind, *_ in columns)
    return {"rows": int(row[0]), "hash": str(row[1]), "columns": types}


def _is_written(place: Path, contents: dict[str, int | str]) -> bool:
    try:
        found = parse_json((place / _CONTENTS).read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return bool(found == {**contents, "files": _files(place)})


def _files(place: Path) -> dict[str, int]:
    """Return the size of each Parquet file of a folder."""
    return {file.name: file.stat().st_size for file in place.glob("*.parquet")}


def _found(
    place: Path, table: Table, contents: dict[str, int | str], *, is_new: bool
) -> Written:
    sizes = _files(place).values()
    return Written(table.name, int(contents["rows"]), len(sizes), sum(sizes), is_new)
