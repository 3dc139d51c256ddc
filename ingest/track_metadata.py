"""``track_metadata.db``, the MSD's metadata in SQLite, to ``raw.msd_songs``.

It is another way to the songs, without their analysis: what it lacks is NULL. Its
``shs_perf`` and ``shs_work`` are not read, as the list of cliques has them whole.
SQLite enforces no types: a cell of another type than its column becomes NULL and is
kept aside with the reason. The rule of missing values is that of `ingest.msd`.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingest import sqlite
from ingest.errors import IngestError
from ingest.load import Load
from ingest.msd_columns import clean_column, is_track_id, numbers
from ingest.tables import MSD_SONGS
from lyre.console import Advance
from lyre.filenames import shown

TEXT, REAL, INTEGER = "text", "real", "integer"

COLUMNS = {
    "track_id": TEXT,
    "title": TEXT,
    "song_id": TEXT,
    "release": TEXT,
    "artist_id": TEXT,
    "artist_mbid": TEXT,
    "artist_name": TEXT,
    "duration": REAL,
    "artist_familiarity": REAL,
    "artist_hotttnesss": REAL,
    "year": INTEGER,
    "track_7digitalid": INTEGER,
}
"""Columns of ``songs`` that are read, and what they hold."""

# The first published copies lacked it.
_OPTIONAL = {"track_7digitalid"}

# What a cell may be, and how it travels: never NULL, since ADBC takes a column's type
# from its first batch. Infinity, zero and empty text are missing values anyway.
_IS_RIGHT = {
    TEXT: "typeof({0}) in ('text', 'null')",
    REAL: "typeof({0}) in ('real', 'integer', 'null')",
    INTEGER: """(
        typeof({0}) = 'null'
        or typeof({0}) = 'integer' and {0} between -2147483648 and 2147483647
    )""",
}
_TRAVELS = {
    TEXT: "iif({1}, cast(ifnull({0}, '') as blob), x'') as {0}",
    REAL: "iif({1}, ifnull(cast({0} as real), 9e999), 9e999) as {0}",
    INTEGER: "iif({1}, ifnull({0}, 0), 0) as {0}",
}
_ARROW = {TEXT: pa.binary(), REAL: pa.float64(), INTEGER: pa.int64()}


def count_rows(path: Path) -> int:
    """Open and check a database, and return its number of songs.

    Raises
    ------
    IngestError
        It is locked, damaged, without songs, or lacks the table or a column.
    """
    with sqlite.opened(path) as database:
        wanted = [name for name in COLUMNS if name not in _OPTIONAL]
        sqlite.check_columns(database, path, {"songs": wanted})
        rows = sqlite.count(database, "songs")
    if rows == 0:
        raise IngestError("the table songs holds no songs", where=path)
    return rows


def fill(path: Path, load: Load, advance: Advance) -> None:
    """Append the songs of a database.

    Parameters
    ----------
    path : Path
        For which `count_rows` did not complain.
    load : Load
        The load that they belong to.
    advance : callable
        Told the number of songs just read.

    Raises
    ------
    IngestError
        The database cannot be read to its end.
    """
    with sqlite.opened(path) as database:
        found = sqlite.column_names(database, "songs")
        kinds = {name: kind for name, kind in COLUMNS.items() if name in found}
        schema = pa.schema(
            [
                ("position", pa.int64()),
                *((name, _ARROW[kind]) for name, kind in kinds.items()),
            ]
        )
        with sqlite.stream(path, _query(kinds), schema, advance) as batches:
            for batch in batches:
                _insert(batch, kinds, path, load)
        for position, reason, content in _odd_cells(database, kinds):
            load.set_aside(position, reason, content, path=shown(path))


def _query(kinds: dict[str, str]) -> str:
    cells = [
        _TRAVELS[kind].format(name, _IS_RIGHT[kind].format(name))
        for name, kind in kinds.items()
    ]
    return f"select rowid as position, {', '.join(cells)} from songs"  # noqa: S608


def _insert(
    batch: pa.RecordBatch, kinds: dict[str, str], path: Path, load: Load
) -> None:
    columns = {
        name: clean_column(batch[name], load.repairs)
        if kind == TEXT
        else numbers(name, batch[name].to_numpy())
        for name, kind in kinds.items()
    }
    columns["source_file"] = pa.array([shown(path)] * batch.num_rows, pa.string())
    good = is_track_id(columns["track_id"])
    load.insert(MSD_SONGS, pa.table(columns).filter(good))
    for row in np.flatnonzero(~good.to_numpy(zero_copy_only=False)).tolist():
        load.set_aside(
            f"songs rowid {batch['position'][row]}",
            "track_id is no MSD track id",
            columns["track_id"][row].as_py() or "",
            path=shown(path),
        )


def _odd_cells(
    database: sqlite3.Connection, kinds: dict[str, str]
) -> Iterator[tuple[str, str, object]]:
    for name, kind in kinds.items():
        is_right = _IS_RIGHT[kind].format(name)
        odd = database.execute(
            f"select rowid, typeof({name}), {name} from songs "  # noqa: S608
            f"where not {is_right} order by rowid"
        )
        for rowid, found, value in odd:
            if found.decode() == kind:
                reason = f"{name} is out of range, so it is loaded as NULL"
            else:
                reason = f"{name} is of type {found.decode()}, so it is loaded as NULL"
            yield f"songs rowid {rowid}", reason, value
