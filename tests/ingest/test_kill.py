"""A load that is killed at any instant leaves the old tables whole, or the new ones."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.tables import TABLES

_ROOT = Path(__file__).parents[2]
_KILLS = 4
_LOG = {"ingest_runs", "ingest_files", "rows_set_aside"}
_TABLES = [table.full_name for table in TABLES if table.name not in _LOG]

Write = Callable[[Path, int], list[object]]


@pytest.fixture
def write_msd(write_songs) -> Write:
    def write(folder: Path, version: int) -> list[object]:
        songs = [
            {"track_id": b"TR%016d" % song, "title": b"%d" % version}
            for song in range(8_000)
        ]
        return ["msd", write_songs(f"{folder.name}/msd.h5", songs)]

    return write


def _write_database(folder: Path, version: int) -> list[object]:
    path = folder / "tags.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        for table in ("tids (tid TEXT)", "tags (tag TEXT)"):
            database.execute(f"create table {table}")
        database.execute("create table tid_tag (tid INT, tag INT, val FLOAT)")
        tids = ((f"TR{number:016}",) for number in range(20_000))
        database.executemany("insert into tids values (?)", tids)
        tags = ((f"tag {number} of {version}",) for number in range(5_000))
        database.executemany("insert into tags values (?)", tags)
        pairs = ((1 + n % 20_000, 1 + n % 5_000, version) for n in range(300_000))
        database.executemany("insert into tid_tag values (?, ?, ?)", pairs)
    database.close()
    return ["lastfm", path]


def _write_tree(folder: Path, version: int) -> list[object]:
    tree = folder / "tree"
    tree.mkdir(exist_ok=True)
    for number in range(1_500):
        # Half of the files change, so that the rest is kept.
        tag = f"tag {number % 50} of {version if number % 2 else 0}"
        record = {"track_id": f"TR{number:016}", "tags": [[tag, "100"]], "title": tag}
        (tree / f"{number}.json").write_text(json.dumps(record))
    return ["lastfm", tree]


def _write_list(folder: Path, version: int) -> list[object]:
    path = folder / "duplicates.txt"
    lines = (f"%{n} song of {version}\nTR{n:016}\nTR{n + 1:016}" for n in range(60_000))
    path.write_text("\n".join(lines))
    return ["lists", "--duplicates", path]


def _write_plain(folder: Path, version: int) -> list[object]:
    path = folder / "mine.csv"
    lines = (f"{n}.mp3,tag {n % 90};tag of {version}\n" for n in range(20_000))
    path.write_text("path,tags\n" + "".join(lines))
    return ["dataset", "plain", path]


@pytest.fixture
def writers(write_msd) -> dict[str, Write]:
    return {
        "msd": write_msd,
        "database": _write_database,
        "tree": _write_tree,
        "list": _write_list,
        "plain": _write_plain,
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["msd", "database", "tree", "list", "plain"])
def test_a_load_killed_at_any_instant(
    writers: dict[str, Write], tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    command = _command(writers[kind](folder, 1), tmp_path / "old.duckdb")
    subprocess.run(command, check=True, capture_output=True, env=_environment(folder))
    old = _content(tmp_path / "old.duckdb")
    warehouse = tmp_path / "lyre.duckdb"
    command = _command(writers[kind](folder, 2), warehouse)
    shutil.copy(tmp_path / "old.duckdb", warehouse)
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, env=_environment(folder))
    seconds = time.monotonic() - started
    new = _content(warehouse)
    assert new != old
    for instant in _instants(kind, seconds):
        for leftover in tmp_path.glob("lyre.duckdb*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        shutil.copy(tmp_path / "old.duckdb", warehouse)
        with subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(folder),
        ) as process:
            time.sleep(instant)
            process.kill()
        assert _content(warehouse) in (old, new)
        subprocess.run(
            command, check=True, capture_output=True, env=_environment(folder)
        )
        assert _content(warehouse) == new


def _instants(kind: str, seconds: float) -> Iterator[float]:
    """Yield instants of a run, most of them after its imports."""
    draw = random.Random(kind)
    for _ in range(_KILLS):
        yield seconds * draw.uniform(0.4, 1.0)


def _command(arguments: list[object], warehouse: Path) -> list[str]:
    words = [sys.executable, "-m", "ingest", *arguments, "--warehouse", warehouse]
    return [str(word) for word in words]


def _environment(folder: Path) -> dict[str, str]:
    # No lists but those that are named.
    return os.environ | {
        "PYTHONPATH": str(_ROOT),
        "LYRE_SOURCES__ROOT": str(folder / "none"),
    }


def _content(warehouse: Path) -> list[tuple]:
    """Return the number of rows and a checksum of each table, whatever their order."""
    with duckdb.connect(str(warehouse)) as connection:
        return [
            connection.execute(
                f"select count(*), sum(hash(rows)::hugeint) from {table} as rows"
            ).fetchone()
            for table in _TABLES
        ]
