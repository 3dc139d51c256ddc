"""The warehouse's results as plain files: clean tags as SQLite, the final table as CSV.

Both are for tools that know nothing of Lyre. Equal contents give equal files.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, fields
from pathlib import Path

import duckdb

from export.builds import Builds
from export.errors import ExportError
from export.narrowing import Narrowing
from export.production import disk_told
from export.recipe import Recipe, Row
from export.selection import select
from lyre.csv_lines import csv_lines
from lyre.revision import revision
from lyre.whole import whole
from warehouse.database import open_to_read

_BATCH_ROWS = 50_000

# As the Last.fm data set was published; tid_tag holds ROWIDs.
_TABLES = """
create table tids (tid TEXT);
create table tags (tag TEXT);
create table tid_tag (tid INT, tag INT, val FLOAT,
    FOREIGN KEY(tag) REFERENCES tags(ROWID), FOREIGN KEY(tid) REFERENCES tids(ROWID));
"""
_INDEXES = """
create index tid_tag_tid on tid_tag(tid);
create index tid_tag_tag on tid_tag(tag);
"""
_QUERIES = {
    "tids": "select n, track_id from numbered_tracks order by n",
    "tags": "select n, tag from numbered_tags order by n",
    "tid_tag": (
        "select numbered_tracks.n, numbered_tags.n, pairs.weight from pairs"
        " inner join numbered_tracks using (source, track_id)"
        " inner join numbered_tags using (tag) order by 1, 2"
    ),
}
_INSERTS = {
    "tids": "insert into tids (rowid, tid) values (?, ?)",
    "tags": "insert into tags (rowid, tag) values (?, ?)",
    "tid_tag": "insert into tid_tag (tid, tag, val) values (?, ?, ?)",
}


def write_sqlite(
    warehouse: Path, recipe: Recipe, file: Path, *, replace: bool = False
) -> dict[str, int]:
    """Write the clean tags of every track in the three tables of ``lastfm_tags.db``.

    A tag that label repair added has no weight.

    Parameters
    ----------
    warehouse : Path
        The DuckDB file.
    recipe : Recipe
        Whose tags.
    file : Path
        The SQLite file.
    replace : bool
        Overwrite a file that is there.

    Returns
    -------
    dict of str to int
        Rows per table. Tags have the numbers of their mart, tracks are numbered by id;
        tracks of several sources that have one id have a row each.

    Raises
    ------
    ExportError
        The recipe has no tags yet, dbt did not come to its end, or the file is there or
        cannot be written.
    """
    with _new_file(file, replace=replace) as beside, open_to_read(warehouse) as source:
        _number(source, recipe)
        with closing(sqlite3.connect(beside)) as target:
            # Nothing to roll back to: the file is renamed when it is whole.
            target.execute("pragma journal_mode = off")
            target.execute("pragma synchronous = off")
            target.executescript(_TABLES)
            counts = {table: _fill(source, target, table) for table in _QUERIES}
            target.executescript(_INDEXES)
            target.commit()
    return counts


def write_csv(
    warehouse: Path,
    recipe: Recipe,
    file: Path,
    *,
    narrowing: Narrowing | None = None,
    replace: bool = False,
) -> int:
    """Write the final table, ordered by source and track id.

    The first line is a comment, ``# lyre {...}``, with what the rows are; then come
    the names of the columns. Labels are a JSON array. UTF-8, line feeds.

    Parameters
    ----------
    warehouse : Path
        The DuckDB file.
    recipe : Recipe
        The version of the final table.
    file : Path
        The CSV file.
    narrowing : Narrowing, optional
        What narrows it.
    replace : bool
        Overwrite a file that is there.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    ExportError
        The table is missing or not as it should be, or the file is there or cannot
        be written.
    """
    n_rows = 0
    with (
        _new_file(file, replace=replace) as beside,
        select(warehouse, recipe, narrowing, every_split=False) as selection,
        beside.open("w", encoding="utf-8", newline="") as target,
    ):
        told = selection.contents().model_dump(exclude={"vocabulary", "funnel"})
        told["revision"] = revision()
        target.write(f"# lyre {json.dumps(told, ensure_ascii=False)}\n")
        target.writelines(csv_lines([[field.name for field in fields(Row)]]))
        for line in csv_lines(map(_values, selection.rows_by_key())):
            target.write(line)
            n_rows += 1
    return n_rows


def _values(row: Row) -> list[object]:
    *values, labels = astuple(row)
    return [*values, json.dumps(labels, ensure_ascii=False)]


@contextmanager
def _new_file(file: Path, *, replace: bool) -> Iterator[Path]:
    """Yield a path beside a file's place; it is renamed when it was written whole."""
    if file.is_dir() or (file.exists() and not replace):
        raise ExportError(
            "this is a folder" if file.is_dir() else "this file is there already",
            where=file,
            remedy="name a new file with --out"
            + ("" if file.is_dir() else ", or overwrite it with --replace"),
        )
    try:
        with disk_told(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            with whole(file) as beside:
                yield beside
    except sqlite3.Error as error:
        raise ExportError(f"cannot be written: {error}", where=file) from error


def _number(source: duckdb.DuckDBPyConnection, recipe: Recipe) -> None:
    """Make views of a recipe's pairs, and of tracks and tags with their ROWIDs."""
    # Of another build, numbers lack tags, whose pairs would be missed by nobody.
    Builds(source, [recipe.track_labels, recipe.tag_numbers]).check()
    try:
        source.execute(
            "create temp view pairs as"  # noqa: S608
            " select source, track_id, tag, max(weight) as weight"
            f" from {recipe.track_labels} group by source, track_id, tag"
        )
        source.execute(
            "create temp view numbered_tags as select tag, number as n"  # noqa: S608
            f" from {recipe.tag_numbers}"
        )
    except duckdb.CatalogException as error:
        raise ExportError(
            f"the warehouse lacks {recipe.track_labels} or {recipe.tag_numbers}",
            where=recipe.name,
            remedy="run `dbt build` first",
        ) from error
    source.execute(
        "create temp table numbered_tracks as select source, track_id,"
        " row_number() over (order by track_id, source) as n"
        " from pairs group by source, track_id"
    )


def _fill(
    source: duckdb.DuckDBPyConnection, target: sqlite3.Connection, table: str
) -> int:
    count = 0
    result = source.execute(_QUERIES[table])
    while batch := result.fetchmany(_BATCH_ROWS):
        target.executemany(_INSERTS[table], batch)
        count += len(batch)
    return count
