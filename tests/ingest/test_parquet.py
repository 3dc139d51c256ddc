import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from ingest.__main__ import app
from ingest.errors import IngestError
from ingest.load import open_raw
from ingest.parquet import Written, write_raw
from ingest.tables import TABLES


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """Return a warehouse with a few rows of every kind of column."""
    path = tmp_path / "lyre.duckdb"
    with open_raw(path) as connection:
        connection.execute(
            "insert into raw.audio_files (path, path_bytes, modified_at, size_bytes) "
            "values ('a.mp3', 'x\\xFF'::blob, '2026-01-02 03:04:05+00', 7), "
            "('b.mp3', null, null, null)"
        )
        connection.execute(
            "insert into raw.audio_fingerprints values ('a.mp3', [4294967295, 0])"
        )
        connection.execute("insert into raw.lastfm_tags values (1, 'Été', 'été')")
    return path


def _write(
    warehouse: Path, folder: Path, file_bytes: int = 10**8
) -> dict[str, Written]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        written = write_raw(connection, folder, file_bytes=file_bytes)
    return {each.table: each for each in written}


def test_every_table_is_a_folder_of_the_same_types(
    warehouse: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "parquet"
    written = _write(warehouse, folder)
    assert list(written) == [table.name for table in TABLES]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table in TABLES:
            rows = f"read_parquet('{folder / table.name}/*.parquet')"
            kept = connection.execute(f"describe select * from {rows}").fetchall()
            assert (
                kept
                == connection.execute(
                    f"describe select * from {table.full_name}"
                ).fetchall()
            )
            assert written[table.name].files == 1


def test_rows_are_as_pyarrow_reads_them(warehouse: Path, tmp_path: Path) -> None:
    _write(warehouse, tmp_path / "parquet")
    files = pq.read_table(tmp_path / "parquet" / "audio_files").to_pylist()
    assert [row["path"] for row in files] == ["a.mp3", "b.mp3"]
    assert files[0]["path_bytes"] == b"x\xff"
    assert files[0]["modified_at"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert files[1]["size_bytes"] is None
    prints = pq.read_table(tmp_path / "parquet" / "audio_fingerprints").to_pylist()
    assert prints == [{"path": "a.mp3", "fingerprint": [4294967295, 0]}]


def test_what_has_not_changed_is_left_alone(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    assert all(each.is_new for each in _write(warehouse, folder).values())
    before = (folder / "lastfm_tags" / "data_0.parquet").stat().st_mtime_ns
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw.audio_files set size_bytes = 8")
    again = _write(warehouse, folder)
    assert [name for name, each in again.items() if each.is_new] == ["audio_files"]
    assert (folder / "lastfm_tags" / "data_0.parquet").stat().st_mtime_ns == before
    sizes = pq.read_table(folder / "audio_files").column("size_bytes").to_pylist()
    assert sizes == [8, 8]
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_large_tables_are_several_files(warehouse: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into raw.lastfm_tid_tag "
            "select i, hash(i) % 1000, 100 from range(700_000) as t(i)"
        )
    written = _write(warehouse, tmp_path / "parquet", file_bytes=100_000)
    assert 1 < written["lastfm_tid_tag"].files < 20
    table = pq.read_table(tmp_path / "parquet" / "lastfm_tid_tag")
    assert table.num_rows == 700_000


def test_a_half_written_folder_is_written_anew(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = folder / f".audio_files.{ended.pid}.part"
    left.mkdir(parents=True)
    (left / "data_7.parquet").write_bytes(b"PAR1")
    (folder / "audio_files").mkdir()
    assert _write(warehouse, folder)["audio_files"].is_new
    assert pq.read_table(folder / "audio_files").num_rows == 2
    assert not left.exists()


def test_a_warehouse_without_raw_tables_is_told(tmp_path: Path) -> None:
    with duckdb.connect() as connection, pytest.raises(IngestError, match="no raw"):
        write_raw(connection, tmp_path)


def test_the_command_says_what_it_wrote(warehouse: Path, tmp_path: Path) -> None:
    arguments = ["parquet", "--warehouse", str(warehouse), "--out", str(tmp_path / "p")]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.output
    assert "lastfm_tags: 1 row" in first.stdout
    assert "unchanged" not in first.stdout
    assert CliRunner().invoke(app, arguments).stdout.count("unchanged") == len(TABLES)


@pytest.mark.parametrize("harm", ["file gone", "file cut", "contents", "nested"])
def test_a_folder_that_was_harmed_is_written_again(
    warehouse: Path, tmp_path: Path, harm: str
) -> None:
    folder = tmp_path / "parquet"
    _write(warehouse, folder)
    (part,) = (folder / "audio_files").glob("*.parquet")
    whole = part.read_bytes()
    contents = folder / "audio_files" / "_contents.json"
    if harm == "file gone":
        part.unlink()
    elif harm == "file cut":
        part.write_bytes(whole[:-9])
    else:
        contents.write_text("{" if harm == "contents" else "[" * 100_000)
    again = _write(warehouse, folder)
    assert [name for name, each in again.items() if each.is_new] == ["audio_files"]
    assert part.read_bytes() == whole
