"""Tiny sources in the real formats, built by hand with h5py and sqlite3."""

import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import h5py
import numpy as np
import pytest
import soundfile

from ingest.__main__ import app
from ingest.load import open_raw
from lyre.console import run

_METADATA = [
    ("analyzer_version", "S32"),
    ("artist_7digitalid", "<i4"),
    ("artist_familiarity", "<f8"),
    ("artist_hotttnesss", "<f8"),
    ("artist_id", "S32"),
    ("artist_latitude", "<f8"),
    ("artist_location", "S1024"),
    ("artist_longitude", "<f8"),
    ("artist_mbid", "S40"),
    ("artist_name", "S1024"),
    ("artist_playmeid", "<i4"),
    ("genre", "S1024"),
    ("idx_artist_terms", "<i4"),
    ("idx_similar_artists", "<i4"),
    ("release", "S1024"),
    ("release_7digitalid", "<i4"),
    ("song_hotttnesss", "<f8"),
    ("song_id", "S32"),
    ("title", "S1024"),
    ("track_7digitalid", "<i4"),
]
_ANALYSIS = [
    ("analysis_sample_rate", "<i4"),
    ("audio_md5", "S32"),
    ("danceability", "<f8"),
    ("duration", "<f8"),
    ("end_of_fade_in", "<f8"),
    ("energy", "<f8"),
    ("idx_bars_start", "<i4"),
    ("key", "<i4"),
    ("key_confidence", "<f8"),
    ("loudness", "<f8"),
    ("mode", "<i4"),
    ("mode_confidence", "<f8"),
    ("start_of_fade_out", "<f8"),
    ("tempo", "<f8"),
    ("time_signature", "<i4"),
    ("time_signature_confidence", "<f8"),
    ("track_id", "S32"),
]
_MUSICBRAINZ = [("idx_artist_mbtags", "<i4"), ("year", "<i4")]

Song = Mapping[str, Any]
WriteSongs = Callable[..., Path]
WriteLastfm = Callable[..., Path]
Ingest = Callable[..., tuple[int, str, str]]


def _track_id(number: int) -> bytes:
    return b"TR%016d" % number


@pytest.fixture
def write_songs(tmp_path: Path) -> WriteSongs:
    """Write songs as an MSD file; a song is a mapping of the fields that matter."""

    def write(
        name: str,
        songs: Sequence[Song],
        arrays: Mapping[str, Sequence[Any]] | None = None,
        lacking: Sequence[str] = (),
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(path, "w") as file:
            for group, fields in (
                ("metadata", _METADATA),
                ("analysis", _ANALYSIS),
                ("musicbrainz", _MUSICBRAINZ),
            ):
                kept = [field for field in fields if field[0] not in lacking]
                rows = np.zeros(len(songs), np.dtype(kept))
                for number, song in enumerate(songs, start=1):
                    values = {"track_id": _track_id(number), **song}
                    for field in set(values) & set(rows.dtype.names or ()):
                        rows[field][number - 1] = values[field]
                options = {"chunks": (37,), "maxshape": (None,), "shuffle": True}
                file.create_dataset(
                    f"{group}/songs",
                    data=rows,
                    compression="gzip",
                    compression_opts=1,
                    **options,
                )
            for array, content in (arrays or {}).items():
                file[array] = np.array(content)
        return path

    return write


@pytest.fixture
def write_lastfm(tmp_path: Path) -> WriteLastfm:
    """Write ``lastfm_tags.db``; rows are given as the SQL of their values."""

    def write(
        tids: Sequence[str] = ("'TRAAAAA000000000001'",),
        tags: Sequence[str] = ("'rock'",),
        pairs: Sequence[str] = ("1, 1, 100",),
        *,
        name: str = "lastfm_tags.db",
        types: tuple[str, str, str] = ("TEXT", "INT", "FLOAT"),
        after: Sequence[str] = (),
    ) -> Path:
        text, integer, real = types
        path = tmp_path / name
        with sqlite3.connect(path) as database:
            database.execute(f"create table tids (tid {text})")
            database.execute(f"create table tags (tag {text})")
            database.execute(
                f"create table tid_tag (tid {integer}, tag {integer}, val {real})"
            )
            for table, rows in (("tids", tids), ("tags", tags), ("tid_tag", pairs)):
                for row in rows:
                    database.execute(f"insert into {table} values ({row})")
            for statement in after:
                database.execute(statement)
        database.close()
        return path

    return write


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a new warehouse with its raw tables."""
    with open_raw(tmp_path / "lyre.duckdb") as connection:
        yield connection


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory of a place without ``lyre.toml``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LYRE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LYRE_SOURCES__ROOT", str(tmp_path))
    return tmp_path / "data"


@pytest.fixture
def ingest(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ingest:
    """Run ``python -m ingest`` in this process: exit code, output, messages."""
    del data  # The place where it runs.

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ingest", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(app, "python -m ingest")
        captured = capsys.readouterr()
        return int(str(ended.value.code)), captured.out, captured.err

    return call


@pytest.fixture
def sources(write_songs, write_lastfm, tmp_path: Path) -> Path:
    """Write every source under its default name."""
    track = b"TR" + b"A" * 16
    write_songs("msd_summary_file.h5", [{"track_id": track, "title": b"Don\x19t"}])
    write_lastfm(pairs=["1, 1, 100", "1, 1, 'x'"])
    (tmp_path / "sid_mismatches.txt").write_bytes(
        b"ERROR: <SOAAAAAAAAAAAAAAAA %s> a  -  b  !=  c  -  d\nwhat\n" % track
    )
    (tmp_path / "msd_duplicates.txt").write_bytes(b"%%1 a - b\n%s\n" % track)
    (tmp_path / "audio").mkdir()
    sound = np.sin(np.arange(16_000) / 10)
    soundfile.write(tmp_path / "audio" / "good.wav", sound, 16_000)
    (tmp_path / "audio" / "empty.mp3").write_bytes(b"")
    return tmp_path
