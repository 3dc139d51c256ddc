import math
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ingest import msd, sqlite
from ingest.errors import IngestError
from ingest.load import load
from ingest.text import CUT_PUNCTUATION

_COLUMNS = (
    "track_id text, title text, song_id text, release text, artist_id text, "
    "artist_mbid text, artist_name text, duration real, artist_familiarity real, "
    "artist_hotttnesss real, year int, track_7digitalid int, shs_perf int, "
    "shs_work int"
)
_FIRST, _SECOND = "TR" + "A" * 16, "TR" + "B" * 16
_SONG = (
    *(_FIRST, "Hoppípolla", "SO" + "A" * 16, "Takk...", "AR" + "A" * 16),
    *("f6f2326f", "Sigur Rós", 268.5, 0.8, 0.5, 2005, 42, -1, 0),
)

WriteDb = Callable[..., Path]


@pytest.fixture
def write_db(tmp_path: Path) -> WriteDb:
    """Write ``track_metadata.db`` with rows and further statements."""

    def write(
        rows: Sequence[Sequence[object]] = (_SONG,),
        *,
        columns: str = _COLUMNS,
        after: Sequence[str] = (),
    ) -> Path:
        path = tmp_path / "track_metadata.db"
        with sqlite3.connect(path) as database:
            database.execute(f"create table songs ({columns})")
            for row in rows:
                marks = ", ".join("?" * len(row))
                database.execute(f"insert into songs values ({marks})", row)
            for statement in after:
                database.execute(statement)
        database.close()
        return path

    return write


def _song(**values: object) -> list[object]:
    names = [column.split()[0] for column in _COLUMNS.split(", ")]
    return list({**dict(zip(names, _SONG, strict=True)), **values}.values())


def _songs(raw, columns: str) -> list[tuple]:
    return raw.execute(
        f"select {columns} from raw.msd_songs order by track_id"
    ).fetchall()


def _aside(raw) -> list[tuple]:
    return raw.execute(
        "select position, reason, content from raw.rows_set_aside order by all"
    ).fetchall()


def test_songs_have_what_the_database_has(raw, write_db) -> None:
    path = write_db()
    outcome = load(raw, msd.source([path]))
    assert (outcome.rows, outcome.set_aside) == (1, {})
    columns = (
        "track_id, title, song_id, release, artist_id, artist_mbid, artist_name, "
        "duration, artist_familiarity, artist_hotttnesss, year, track_7digitalid, "
        "source_file, tempo, genre"
    )
    assert _songs(raw, columns) == [(*_SONG[:12], str(path), None, None)]


def test_missing_values_are_null_by_the_rule_of_each_column(raw, write_db) -> None:
    path = write_db(
        [
            _song(title="", artist_mbid=None, year=0, track_7digitalid=-1),
            _song(track_id=_SECOND, duration=None, artist_familiarity=math.nan),
        ]
    )
    outcome = load(raw, msd.source([path]))
    columns = "title, artist_mbid, year, track_7digitalid, duration, artist_familiarity"
    assert _songs(raw, columns) == [
        (None, None, None, None, 268.5, 0.8),
        ("Hoppípolla", "f6f2326f", 2005, 42, None, None),
    ]
    assert outcome.set_aside == {}


def test_text_is_repaired_and_counted(raw, write_db) -> None:
    path = write_db([_song(title="Don\x19t")])
    assert load(raw, msd.source([path])).repairs == {CUT_PUNCTUATION: 1}
    assert _songs(raw, "title") == [("Don\u2019t",)]


def test_cells_of_another_type_become_null_with_a_reason(raw, write_db) -> None:
    path = write_db(
        [_song(duration="long", year=2**40, title=b"\x01", artist_name=None)],
        after=[
            "update songs set artist_hotttnesss = x'00'",
            f"insert into songs (track_id, title, year) "
            f"values ('{_SECOND}', cast(x'436166E9' as text), 1999.5)",
        ],
    )
    outcome = load(raw, msd.source([path]))
    columns = "duration, year, title, artist_hotttnesss, artist_name"
    assert _songs(raw, columns) == [
        (None, None, None, None, None),
        (None, None, "Café", None, None),
    ]
    told = "so it is loaded as NULL"
    assert _aside(raw) == [
        ("songs rowid 1", f"artist_hotttnesss is of type blob, {told}", "\\x00"),
        ("songs rowid 1", f"duration is of type text, {told}", "long"),
        ("songs rowid 1", f"title is of type blob, {told}", "\\x01"),
        ("songs rowid 1", f"year is out of range, {told}", str(2**40)),
        ("songs rowid 2", f"year is of type real, {told}", "1999.5"),
    ]
    assert outcome.rows == 2


def test_row_without_a_track_id_is_set_aside(raw, write_db) -> None:
    path = write_db([_song(), _song(track_id="x"), _song(track_id=None)])
    assert load(raw, msd.source([path])).rows == 1
    reason = "track_id is no MSD track id"
    assert _aside(raw) == [
        ("songs rowid 2", reason, "x"),
        ("songs rowid 3", reason, ""),
    ]


def test_copy_without_7digital_ids(raw, write_db) -> None:
    columns = _COLUMNS.partition(", track_7digitalid")[0]
    load(raw, msd.source([write_db([_SONG[:11]], columns=columns)]))
    assert _songs(raw, "year, track_7digitalid") == [(2005, None)]


def test_more_rows_than_a_batch_and_nulls_first(raw, write_db, monkeypatch) -> None:
    monkeypatch.setattr(sqlite, "BATCH_ROWS", 3)
    songs = [
        _song(
            track_id=f"TR{number:016d}",
            title=None if number < 5 else "x",
            duration=None if number < 5 else 1.5,
            year=None if number < 5 else 1999,
        )
        for number in range(10)
    ]
    load(raw, msd.source([write_db(songs)]))
    counts = "count(*), count(title), sum(duration), min(year)"
    assert raw.execute(f"select {counts} from raw.msd_songs").fetchall() == [
        (10, 5, 7.5, 1999)
    ]


def test_beside_hdf5_files_the_first_counts(raw, write_db, write_songs) -> None:
    summary = write_songs("summary.h5", [{"track_id": _FIRST.encode(), "year": 1}])
    database = write_db([_song(), _song(track_id=_SECOND)])
    outcome = load(raw, msd.source([summary, database]))
    assert _songs(raw, "year, source_file") == [
        (1, str(summary)),
        (2005, str(database)),
    ]
    assert outcome.set_aside == {"song loaded from another file": 1}
    load(raw, msd.source([database, summary]))
    assert {file for (file,) in _songs(raw, "source_file")} == {str(database)}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("drop table songs", "there is no table songs"),
        ("alter table songs rename column year to y", "songs has no column year"),
        ("delete from songs", "the table songs holds no songs"),
    ],
)
def test_unfit_databases_are_told(write_db, statement: str, expected: str) -> None:
    path = write_db(after=[statement])
    with pytest.raises(IngestError, match=expected) as caught:
        msd.source([path])
    assert str(caught.value).startswith(f"{path}: ")


def test_locked_database_is_told(write_db) -> None:
    path = write_db()
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("begin exclusive")
        with pytest.raises(IngestError, match="another program is writing"):
            msd.source([path])
    other.close()


def test_real_pointer_to_the_database(real: Path) -> None:
    path = real / "msd" / "broken" / "track_metadata.db.lfs-pointer"
    with pytest.raises(IngestError, match="git-LFS pointer") as caught:
        msd.source([path])
    assert "\n" not in str(caught.value)
