"""Ingest side by side with the way of 2019, at several sizes.

    python -m benchmarks.ingest --songs 10000 100000 1000000

For each size a sample without audio is written (kept and reused under ``--folder``).
Then each way runs in a process of its own, with the sources in the page cache:

lyre
    ``ingest.msd`` and ``ingest.lastfm`` into a new warehouse: checksums, cleaned text,
    rows set aside, one transaction each.
2019
    ``pandas.read_sql`` of the three Last.fm tables; the fields of the MSD's tables,
    the same as above, column by column with h5py into a data frame, bytes decoded;
    all of it written to a new DuckDB file.

Printed are seconds (imports not counted), those on the processor (``cpu s``, which
other work on the machine does not change much), songs and Last.fm rows a second, the
peak of the resident memory and the ratio of the two.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.process import peak_bytes, processor_seconds

Times = dict[str, float]

_SUMMARY, _TAGS = "msd_summary_file.h5", "lastfm_tags.db"
_LASTFM_TABLES = ("tids", "tags", "tid_tag")


def _lyre(sources: Path, warehouse: Path) -> tuple[Times, int]:
    import adbc_driver_sqlite.dbapi  # noqa: F401
    import pyarrow.compute  # noqa: F401

    from ingest import lastfm, msd
    from ingest.load import load, open_raw

    with open_raw(warehouse) as connection:
        started, used = time.monotonic(), processor_seconds()
        songs = load(connection, msd.source([sources / _SUMMARY]))
        between = time.monotonic()
        tags = load(connection, lastfm.source(sources / _TAGS))
        ended = time.monotonic()
        used = processor_seconds() - used
    times = {"msd": between - started, "lastfm": ended - between, "cpu": used}
    return times, songs.rows + tags.rows


def _in_2019(sources: Path, warehouse: Path) -> tuple[Times, int]:
    import duckdb
    import h5py
    import pandas as pd

    from ingest.msd_file import FIELDS

    started, used = time.monotonic(), processor_seconds()
    columns = {}
    with h5py.File(sources / _SUMMARY) as file:
        for table, fields in FIELDS.items():
            songs = file[f"{table}/songs"]
            for field, kind in fields.items():
                values = songs[field]
                if kind == "S":
                    values = [value.decode(errors="replace") for value in values]
                columns[field] = pd.Series(values)
    frame = pd.DataFrame(columns)
    rows = len(frame)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table songs as from frame")
        between = time.monotonic()
        del frame, columns
        rows += _tags_in_2019(sources, connection)
        connection.execute("checkpoint")
        ended = time.monotonic()
    used = processor_seconds() - used
    return {"msd": between - started, "lastfm": ended - between, "cpu": used}, rows


def _tags_in_2019(sources: Path, connection: object) -> int:
    import sqlite3

    import duckdb
    import pandas as pd

    assert isinstance(connection, duckdb.DuckDBPyConnection)
    rows = 0
    with sqlite3.connect(sources / _TAGS) as database:
        frames = {
            table: pd.read_sql(f"select * from {table}", database)
            for table in _LASTFM_TABLES
        }
    for table, frame in frames.items():
        connection.register("frame", frame)
        connection.execute(f"create table {table} as from frame")
        rows += len(frame)
    return rows


_WAYS: dict[str, Callable[[Path, Path], tuple[Times, int]]] = {
    "lyre": _lyre,
    "2019": _in_2019,
}


def _run(way: str, sources: Path) -> dict[str, float]:
    """Run one way in a process of its own, whose peak memory is its own too."""
    with tempfile.TemporaryDirectory(dir=sources.parent) as folder:
        command = [sys.executable, "-m", "benchmarks.ingest", "--way", way]
        ended = subprocess.run(
            [*command, "--sources", str(sources), "--folder", folder],
            check=True,
            capture_output=True,
            text=True,
        )
    result: dict[str, float] = json.loads(ended.stdout)
    return result


def _measure(way: str, sources: Path, folder: Path) -> None:
    times, rows = _WAYS[way](sources, folder / "lyre.duckdb")
    print(json.dumps({**times, "rows": rows, "peak": peak_bytes()}))


def _sample(songs: int, folder: Path) -> Path:
    sources = folder / f"sources-{songs}"
    command = [sys.executable, "-m", "sample", "--tracks", str(songs), "--no-audio"]
    subprocess.run(
        [*command, "--out", str(sources)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for name in (_SUMMARY, _TAGS):
        (sources / name).read_bytes()
    return sources


def _table(songs: int, sources: Path, repeats: int) -> None:
    totals, used = {}, {}
    for way in _WAYS:
        runs = [_run(way, sources) for _ in range(repeats)]
        best = min(runs, key=lambda run: run["msd"] + run["lastfm"])
        total = totals[way] = best["msd"] + best["lastfm"]
        used[way] = min(run["cpu"] for run in runs)
        tag_rows = best["rows"] - songs
        print(
            f"{songs:>9,}  {way:<5} {best['msd']:>8.2f} {best['lastfm']:>8.2f} "
            f"{total:>8.2f} {used[way]:>8.2f} {songs / best['msd']:>10,.0f} "
            f"{tag_rows / best['lastfm']:>11,.0f} "
            f"{max(run['peak'] for run in runs) / 2**20:>9,.0f} "
            f"{1e6 * total / best['rows']:>9.2f}",
            flush=True,
        )
    print(
        f"{songs:>9,}  2019 takes {totals['2019'] / totals['lyre']:.1f} x as long, "
        f"{used['2019'] / used['lyre']:.1f} x the processor"
    )


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--songs", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks"))
    parser.add_argument("--repeats", type=int, default=1, help="the best one counts")
    parser.add_argument("--way", choices=list(_WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--sources", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        _measure(arguments.way, arguments.sources, arguments.folder)
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print(
        f"{'songs':>9}  {'way':<5} {'msd s':>8} {'tags s':>8} {'total s':>8} "
        f"{'cpu s':>8} {'songs/s':>10} {'tag rows/s':>11} {'peak MiB':>9} {'us/row':>9}"
    )
    for songs in arguments.songs:
        _table(songs, _sample(songs, arguments.folder), arguments.repeats)


if __name__ == "__main__":
    main()
