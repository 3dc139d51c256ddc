"""The large sources: the MSD's HDF5 and SQLite, and Last.fm's SQLite, JSON and CSV."""

import csv
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz.readers.loading import load_source
from fuzz.readers.reader import Reader, real_files
from ingest import msd
from ingest.plan import lastfm_source
from lyre.settings import Settings
from sample.write import Request, write_sample

_SONGS = 60
_ID = "TR" + "A" * 16


def _made(folder: Path, name: str) -> list[Path]:
    """Write a source of the sample."""
    with TemporaryDirectory() as beside:
        write_sample(Request(_SONGS, seed=0, audio=False), Path(beside) / "sample")
        return [Path(shutil.copy(Path(beside) / "sample" / name, folder))]


def _songs(folder: Path) -> list[Path]:
    return real_files("msd/songs/*.h5", largest=250_000) or _summary(folder)


def _summary(folder: Path) -> list[Path]:
    return _made(folder, "msd_summary_file.h5")


def _metadata(folder: Path) -> list[Path]:
    path = folder / "track_metadata.db"
    with sqlite3.connect(path) as database:
        database.execute(
            "create table songs (track_id text, title text, song_id text, release "
            "text, artist_id text, artist_mbid text, artist_name text, duration real, "
            "artist_familiarity real, artist_hotttnesss real, year int, "
            "track_7digitalid int, shs_perf int, shs_work int)"
        )
        rows = [
            (
                *(f"TR{n:016}", f"Song {n}", f"SO{n:016}", "Takk...", f"AR{n:016}"),
                *("f6f2", "Sigur Rós", 268.5 + n, 0.8, 0.5, 1990 + n, n, -1, 0),
            )
            for n in range(20)
        ]
        marks = ", ".join("?" * len(rows[0]))
        database.executemany(f"insert into songs values ({marks})", rows)
    database.close()
    return [path]


def _lastfm_db(folder: Path) -> list[Path]:
    return real_files("lastfm/lastfm_tags_real_tracks.db") + _made(
        folder, "lastfm_tags.db"
    )


def _lastfm_json(folder: Path) -> list[Path]:
    found = real_files("lastfm/*.json", "lastfm/*.jsonl")
    if found:
        return found
    path = folder / f"{_ID}.json"
    path.write_text(
        '{"artist": "Sigur Rós", "timestamp": "2011-08-02 20:13:25", "similars": '
        f'[["{_ID}", 0.5]], "tags": [["rock", "100"], ["pop", "0"]], '
        f'"track_id": "{_ID}", "title": "Takk"}}'
    )
    return [path]


def _lastfm_csv(folder: Path) -> list[Path]:
    made = folder / "csv"
    made.mkdir()
    tables = {
        "tids": (["tid"], [[f"TR{n:016}"] for n in range(9)]),
        "tags": (["tag"], [["rock"], ["hip-hop, rap"], ['12" mix'], ["русский рок"]]),
        "tid_tag": (["tid", "tag", "val"], [[n, n % 4 + 1, 100] for n in range(1, 10)]),
    }
    for name, (columns, rows) in tables.items():
        with (made / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["", *columns])
            writer.writerows([n, *row] for n, row in enumerate(rows, start=1))
    return [made]


def _read_songs(path: Path) -> object:
    return load_source(msd.source([path]))


def _read_tags(path: Path) -> object:
    return load_source(lastfm_source(Settings(), [path]))


READERS: Sequence[Reader] = (
    Reader("msd-song", _songs, _read_songs),
    Reader("msd-summary", _summary, _read_songs),
    Reader("msd-metadata", _metadata, _read_songs),
    Reader("lastfm-db", _lastfm_db, _read_tags),
    Reader("lastfm-json", _lastfm_json, _read_tags),
    Reader("lastfm-csv", _lastfm_csv, _read_tags),
)
