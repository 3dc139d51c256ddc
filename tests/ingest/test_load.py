import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingest.attempt import attempt
from ingest.errors import IngestError
from ingest.files import Fingerprint, fingerprint
from ingest.load import Load, Source, load, open_raw
from ingest.tables import LASTFM_TIDS, TABLES, create_raw_tables
from warehouse.errors import WarehouseError

_STATE = Fingerprint("/source", 10, datetime(2011, 2, 8, tzinfo=UTC), "abc")


def _source(
    fill: Callable[[Load], None], state: Fingerprint = _STATE, name: str = "lastfm"
) -> Source:
    return Source(name, state, (LASTFM_TIDS,), fill)


def _fill_with(*tids: str) -> Callable[[Load], None]:
    def fill(run: Load) -> None:
        rows = {"tid": list(tids), "tid_rowid": list(range(1, len(tids) + 1))}
        run.insert(LASTFM_TIDS, pa.table(rows))
        run.rows += len(tids)

    return fill


def _tids(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute("select tid from raw.lastfm_tids order by tid_rowid")
    return [tid for (tid,) in rows.fetchall()]


def _runs(connection: duckdb.DuckDBPyConnection, columns: str) -> list[tuple]:
    return connection.execute(
        f"select {columns} from raw.ingest_runs order by run_id"
    ).fetchall()


def test_every_raw_table_and_column_has_a_comment(raw) -> None:
    tables = raw.execute(
        "select table_name, comment from duckdb_tables() where schema_name = 'raw'"
    ).fetchall()
    columns = raw.execute(
        "select comment from duckdb_columns() where schema_name = 'raw'"
    ).fetchall()
    assert {name for name, _ in tables} == {table.name for table in TABLES}
    assert all(comment for _, comment in tables)
    assert all(comment for (comment,) in columns)


def test_creating_tables_again_keeps_their_rows(raw) -> None:
    load(raw, _source(_fill_with("a")))
    create_raw_tables(raw)
    assert _tids(raw) == ["a"]


def test_a_load_replaces_and_logs(raw) -> None:
    load(raw, _source(_fill_with("a", "b")))
    outcome = load(raw, _source(_fill_with("c")), force=True)
    assert _tids(raw) == ["c"]
    assert (outcome.status, outcome.rows, outcome.tables) == (
        "done",
        1,
        {"lastfm_tids": 1},
    )
    assert _runs(raw, "run_id, source, path, size_bytes, checksum, rows, status") == [
        (1, "lastfm", "/source", 10, "abc", 2, "done"),
        (2, "lastfm", "/source", 10, "abc", 1, "done"),
    ]
    seconds = raw.execute("select epoch(modified_at), seconds from raw.ingest_runs")
    for modified, took in seconds.fetchall():
        assert modified == datetime(2011, 2, 8, tzinfo=UTC).timestamp()
        assert took >= 0


def test_unchanged_source_is_skipped_unless_forced(raw) -> None:
    load(raw, _source(_fill_with("a")))
    outcome = load(raw, _source(_fill_with("b")))
    assert (outcome.status, _tids(raw)) == ("skipped", ["a"])
    assert _runs(raw, "status") == [("done",), ("skipped",)]
    load(raw, _source(_fill_with("c")), force=True)
    assert _tids(raw) == ["c"]


@pytest.mark.parametrize(
    "change", [{"checksum": "x"}, {"size_bytes": 11}, {"path": "/other"}]
)
def test_changed_source_is_loaded(raw, change: dict) -> None:
    load(raw, _source(_fill_with("a")))
    load(raw, _source(_fill_with("b"), replace(_STATE, **change)))
    assert _tids(raw) == ["b"]


def test_touched_source_with_the_same_content_is_skipped(raw) -> None:
    load(raw, _source(_fill_with("a")))
    touched = replace(_STATE, modified_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert load(raw, _source(_fill_with("b"), touched)).status == "skipped"


@pytest.mark.parametrize("error", [IngestError("it broke"), KeyboardInterrupt()])
def test_a_failing_load_leaves_the_old_tables(raw, error: BaseException) -> None:
    load(raw, _source(_fill_with("a")))

    def fill(run: Load) -> None:
        _fill_with("b")(run)
        run.set_aside("1", "bad", "row")
        run.flush()
        raise error

    with pytest.raises(type(error)):
        load(raw, _source(fill), force=True)
    assert _tids(raw) == ["a"]
    assert _runs(raw, "status, rows, error") == [
        ("done", 1, None),
        ("failed", 0, str(error) or "KeyboardInterrupt"),
    ]
    assert raw.execute("select count(*) from raw.rows_set_aside").fetchall() == [(0,)]
    # The failure is not taken for the state of the tables.
    assert load(raw, _source(_fill_with("c"))).status == "skipped"


def test_an_error_of_the_database_is_told_in_a_sentence(raw) -> None:
    def fill(run: Load) -> None:
        run.connection.execute("select * from raw.no_such_table")

    with pytest.raises(IngestError, match="tables of the last load stay") as caught:
        load(raw, _source(fill))
    assert "\n" not in str(caught.value)


def test_a_full_disk_stops_the_loads_of_all_sources(tmp_path: Path) -> None:
    def fill(_run: Load) -> None:
        raise duckdb.IOException(f"Could not write: {os.strerror(errno.ENOSPC)}")

    with (
        pytest.raises(WarehouseError, match=r"lyre\.duckdb: the disk is full"),
        open_raw(tmp_path / "lyre.duckdb") as connection,
    ):
        attempt("lastfm", partial(load, connection, _source(fill)))


def test_rows_set_aside_are_those_of_the_last_load(raw) -> None:
    def fill(run: Load) -> None:
        run.set_aside("7", "bad", b"Caf\xe9\0")
        run.set_aside("8", "bad", "x" * 2000, path="/other")
        run.set_aside(None, "worse", None)

    load(raw, _source(fill, name="msd"))
    outcome = load(raw, _source(fill), force=True)
    load(raw, _source(fill), force=True)
    assert outcome.set_aside == {"bad": 2, "worse": 1}
    rows = raw.execute(
        "select run_id, source, path, position, reason, content "
        "from raw.rows_set_aside where source = 'lastfm' order by position"
    ).fetchall()
    assert rows == [
        (3, "lastfm", "/source", "7", "bad", "Caf\\xe9\\x00"),
        (3, "lastfm", "/other", "8", "bad", "x" * 1000),
        (3, "lastfm", "/source", None, "worse", None),
    ]
    assert _runs(raw, "rows_set_aside") == [(3,), (3,), (3,)]


def test_many_rows_set_aside_do_not_wait_in_memory(raw) -> None:
    def fill(run: Load) -> None:
        for number in range(25_000):
            run.set_aside(str(number), "bad", number)
            assert len(run._aside) < 10_000

    assert load(raw, _source(fill)).set_aside == {"bad": 25_000}


def test_the_file_does_not_grow_with_reloads(tmp_path: Path) -> None:
    path = tmp_path / "lyre.duckdb"
    tids = [f"TR{number:016d}" for number in range(200_000)]
    sizes = []
    with open_raw(path) as connection:
        for _ in range(6):
            load(connection, _source(_fill_with(*tids)), force=True)
            sizes.append(path.stat().st_size)
    assert max(sizes[2:]) <= sizes[1]


_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import pyarrow as pa
from ingest.files import Fingerprint
from ingest.load import Source, load, open_raw
from ingest.tables import LASTFM_TIDS

def fill(run):
    rows = {"tid": ["new"] * 300_000, "tid_rowid": list(range(300_000))}
    run.insert(LASTFM_TIDS, pa.table(rows))
    os.kill(os.getpid(), signal.SIGKILL)

state = Fingerprint("/new", 1, datetime.now(UTC), "new")
with open_raw(Path(sys.argv[1])) as connection:
    load(connection, Source("lastfm", state, (LASTFM_TIDS,), fill))
"""


def test_a_killed_load_leaves_the_old_tables(tmp_path: Path) -> None:
    path = tmp_path / "lyre.duckdb"
    with open_raw(path) as connection:
        load(connection, _source(_fill_with("a")))
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    with open_raw(path) as connection:
        assert _tids(connection) == ["a"]
        assert _runs(connection, "path, status") == [("/source", "done")]


def test_fingerprint_of_one_file_is_its_content(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"abc")
    os.utime(file, (1_300_000_000, 1_300_000_000))
    state = fingerprint([file], [file])
    # The SHA-256 of "abc", from FIPS 180-2.
    assert state.checksum == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert state.size_bytes == 3
    assert state.modified_at.timestamp() == 1_300_000_000


def test_fingerprint_of_a_folder_changes_with_its_files(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_bytes(b"1")
    before = fingerprint([tmp_path], files)
    assert before == fingerprint([tmp_path], files)
    os.utime(files[1], (1, 1))
    assert before.checksum != fingerprint([tmp_path], files).checksum
    assert before.checksum != fingerprint([tmp_path], files[:1]).checksum
    assert before.size_bytes == 2


def test_a_table_of_an_older_version_gets_the_columns_that_are_new() -> None:
    with duckdb.connect() as connection:
        create_raw_tables(connection)
        connection.execute("insert into raw.audio_files (path) values ('a.mp3')")
        connection.execute("alter table raw.audio_files drop column decoder")
        connection.execute("drop table raw.msd_cliques")
        create_raw_tables(connection)
        found = connection.execute("select path, decoder from raw.audio_files")
        assert found.fetchall() == [("a.mp3", None)]
        comments = connection.execute(
            "select count(*), count(comment) from duckdb_columns() "
            "where schema_name = 'raw'"
        ).fetchall()[0]
        assert comments[0] == comments[1]


def _changing(file: Path, then: Callable[[], None]) -> Source:
    """Return a source of one file, with which something happens while it is read."""

    def fill(run: Load) -> None:
        _fill_with("NEW")(run)
        then()

    return _source(fill, fingerprint([file], [file]))


@pytest.mark.parametrize("name", ["tags.db", b"caf\xe9.db", "it\\xe9.db"])
@pytest.mark.parametrize("happens", ["longer", "same size", "replaced", "gone"])
def test_a_source_that_changes_while_it_is_read_is_refused(
    raw, tmp_path: Path, name: str | bytes, happens: str
) -> None:
    file = tmp_path / os.fsdecode(name)
    file.write_bytes(b"one")
    os.utime(file, (1, 1))
    load(raw, _source(_fill_with("OLD")))
    assert load(raw, _changing(file, lambda: None)).status == "done"
    load(raw, _source(_fill_with("OLD")), force=True)

    def change() -> None:
        if happens == "gone":
            file.unlink()
        elif happens == "replaced":
            file.with_name("other").write_bytes(b"two")
            file.with_name("other").replace(file)
        else:
            file.write_bytes(b"two" if happens == "same size" else b"longer")

    with pytest.raises(IngestError, match="changed while it was read"):
        load(raw, _changing(file, change), force=True)
    assert _tids(raw) == ["OLD"]
    assert _runs(raw, "status")[-1] == ("failed",)


def test_damage_met_in_a_changing_file_is_told_as_the_change(
    raw, tmp_path: Path
) -> None:
    file = tmp_path / "tags.db"
    file.write_bytes(b"one")

    def fail() -> None:
        file.write_bytes(b"half")
        raise IngestError("the database is damaged", where=file)

    with pytest.raises(IngestError, match="changed while it was read"):
        load(raw, _changing(file, fail))
