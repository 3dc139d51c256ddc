"""The Last.fm tags, ``lastfm_tags.db``, to ``raw.lastfm_*``.

``tid_tag.tid`` and ``.tag`` are ROWIDs of ``tids`` and ``tags``, which can have holes,
so these are carried over as columns. SQLite enforces no types: a row with a value that
is not what its column should hold is set aside with the reason, the rest is loaded.
The cleaned database of the 2019 project, which has no ``val`` and NULL in ``tids`` for
tracks without a tag, is read too.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa

from ingest import sqlite
from ingest.files import check, fingerprint
from ingest.lastfm_names import NAMES, add_names
from ingest.load import Load, Source, count_rows
from ingest.tables import (
    LASTFM_SIMILARS,
    LASTFM_TAGS,
    LASTFM_TID_TAG,
    LASTFM_TIDS,
    LASTFM_TRACKS,
)
from ingest.text import escaped
from lyre.console import Advance, progress

_COLUMNS = {"tids": ["tid"], "tags": ["tag"], "tid_tag": ["tid", "tag"]}
_PAIRS = pa.schema(
    [
        ("position", pa.int64()),
        ("tid_rowid", pa.int64()),
        ("tag_rowid", pa.int64()),
        ("val", pa.float64()),
    ]
)
TABLES = (LASTFM_TIDS, LASTFM_TAGS, LASTFM_TID_TAG, LASTFM_SIMILARS, LASTFM_TRACKS)
"""What a load of Last.fm replaces; only the JSON files fill the last two."""

_LARGEST = 1.7976931348623157e308
_IS_PAIR = "typeof(tid) = 'integer' and typeof(tag) = 'integer'"
_IS_NUMBER = f"""(
    typeof(val) = 'null' or (
        typeof(val) in ('integer', 'real')
        and val between -{_LARGEST} and {_LARGEST}
    )
)"""


def source(path: Path) -> Source:
    """Find and check the database.

    Parameters
    ----------
    path : Path
        ``lastfm_tags.db`` or a file of its layout: ``tids(tid)``, ``tags(tag)`` and
        ``tid_tag(tid, tag, val)``; without ``val``, it is NULL.

    Returns
    -------
    Source
        Ready to load.

    Raises
    ------
    IngestError
        The file is missing, no SQLite database, locked, damaged or lacks a table.
    """
    check(path, is_a="the SQLite database of Last.fm tags", key="sources.lastfm")
    with sqlite.opened(path) as database:
        sqlite.check_columns(database, path, _COLUMNS)
    return Source("lastfm", fingerprint([path], [path]), TABLES, partial(_fill, path))


def _fill(path: Path, load: Load) -> None:
    with sqlite.opened(path) as database:
        totals = {table: sqlite.count(database, table) for table in _COLUMNS}
        has_val = "val" in sqlite.column_names(database, "tid_tag")
        with progress("last.fm tags", sum(totals.values()), "row") as advance:
            # Looking for odd rows is a pass over the table, spared if all were right.
            for table in ("tids", "tags"):
                if _load_names(path, table, load, advance) < totals[table]:
                    _set_odd_names_aside(database, table, load, advance)
            if _load_pairs(path, has_val, load, advance) < totals["tid_tag"]:
                _set_odd_pairs_aside(database, has_val, load, advance)


def _load_names(path: Path, table: str, load: Load, advance: Advance) -> int:
    """Load the names that are text, and return how many rows that were."""
    column = table[:-1]
    query = f"""
        select rowid as id, cast({column} as blob) as name
        from {table} where typeof({column}) = 'text'
    """  # noqa: S608
    rows = 0
    with sqlite.stream(path, query, NAMES) as batches:
        for batch in batches:
            add_names(batch, table, load)
            rows += batch.num_rows
            advance(batch.num_rows)
    return rows


def _set_odd_names_aside(
    database: sqlite3.Connection, table: str, load: Load, advance: Advance
) -> None:
    """Set aside names of a type other than text; NULL only keeps a row number."""
    column = table[:-1]
    query = f"""
        select rowid, typeof({column}), {column}
        from {table} where typeof({column}) not in ('text', 'null')
    """  # noqa: S608
    for rowid, kind, value in database.execute(query):
        reason = f"{column} is of type {kind.decode()}, not text"
        load.set_aside(f"{table} rowid {rowid}", reason, value)
        advance(1)


def _load_pairs(path: Path, has_val: bool, load: Load, advance: Advance) -> int:
    """Load the pairs whose values are of the right types and whose rows were loaded.

    Returns the number of those whose values are.
    """
    with _pairs(path, has_val, load, advance):
        ((rows,),) = load.connection.execute(
            """
            insert into raw.lastfm_tid_tag
            select tid_rowid, tag_rowid, if(isinf(val), null, val) from pairs
            """
        ).fetchall()
    ((dangling,),) = load.connection.execute(
        """
        create or replace temp table dangling as
        from raw.lastfm_tid_tag as pair
        select
            pair.rowid as row_number, pair.tid_rowid, pair.tag_rowid,
            not exists (
                from raw.lastfm_tids as tids where tids.tid_rowid = pair.tid_rowid
            ) as no_track,
            not exists (
                from raw.lastfm_tags as tags where tags.tag_rowid = pair.tag_rowid
            ) as no_tag
        where no_track or no_tag
        """
    ).fetchall()
    if dangling:
        _set_dangling_pairs_aside(path, has_val, load)
    load.connection.execute("drop table dangling")
    load.rows += count_rows(load.connection, LASTFM_TID_TAG)
    return int(rows)


def _set_dangling_pairs_aside(path: Path, has_val: bool, load: Load) -> None:
    load.connection.execute(
        "delete from raw.lastfm_tid_tag "
        "where rowid in (select row_number from dangling)"
    )
    # The table has no row ids of tid_tag, so the pairs are read once more.
    with _pairs(path, has_val, load, lambda _: None):
        load.connection.execute(
            """
            insert into raw.rows_set_aside
            select
                ?, ?, ?, 'tid_tag rowid ' || position,
                if(
                    tid_rowid in (from dangling select tid_rowid where no_track),
                    'tid points at no row that was loaded',
                    'tag points at no row that was loaded'
                ),
                concat('tid ', tid_rowid, ', tag ', tag_rowid)
            from pairs
            where tid_rowid in (from dangling select tid_rowid where no_track)
                or tag_rowid in (from dangling select tag_rowid where no_tag)
            """,
            [load.run_id, load.source, load.path],
        )


@contextmanager
def _pairs(path: Path, has_val: bool, load: Load, advance: Advance) -> Iterator[None]:
    """Let SQL read the clean rows of ``tid_tag`` under the name ``pairs``."""
    # NULL travels as infinity: ADBC takes a column's type from its first values.
    val = "ifnull(cast(val as real), 9e999)" if has_val else "9e999"
    query = f"""
        select rowid as position, tid as tid_rowid, tag as tag_rowid, {val} as val
        from tid_tag where {_IS_PAIR} and {_IS_NUMBER if has_val else "true"}
    """  # noqa: S608
    with (
        sqlite.stream(path, query, _PAIRS, advance) as batches,
        load.registered("pairs", batches),
    ):
        yield


def _set_odd_pairs_aside(
    database: sqlite3.Connection, has_val: bool, load: Load, advance: Advance
) -> None:
    """Set aside pairs that are no two row ids and a number."""
    val = "val" if has_val else "null"
    query = f"""
        select rowid, typeof(tid), tid, typeof(tag), tag, typeof({val}), {val}
        from tid_tag where not ({_IS_PAIR} and {_IS_NUMBER if has_val else "true"})
    """  # noqa: S608
    for rowid, tid_type, tid, tag_type, tag, val_type, value in database.execute(query):
        if tid_type != b"integer":
            reason = f"tid is of type {tid_type.decode()}, not a row id"
        elif tag_type != b"integer":
            reason = f"tag is of type {tag_type.decode()}, not a row id"
        elif val_type == b"real":
            reason = "val is infinite"
        else:
            reason = f"val is of type {val_type.decode()}, not a number"
        content = f"tid {_shown(tid)}, tag {_shown(tag)}, val {_shown(value)}"
        load.set_aside(f"tid_tag rowid {rowid}", reason, content)
        advance(1)


def _shown(value: object) -> str:
    if value is None:
        return "NULL"
    return f"'{escaped(value)}'" if isinstance(value, bytes) else str(value)
