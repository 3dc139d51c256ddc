"""The chain on real files: songs of the MSD, their Last.fm tags, real music.

The song file of the Muddy Waters clip is not public; it is made here from another song
file and the clip's real ids. The two other clips are real music under borrowed names.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import h5py
import pytest

_ROOT = Path(__file__).resolve().parents[1]

_MUDDY_WATERS = "TRWJAZW128F42760DD"
# Track, clip of real/music, name in the audio folder, split. The names are those of
# 7digital, whose ids the song files hold, or the track id.
_CLIPS = [
    ("TRWJAZW128F42760DD", "TRWJAZW128F42760DD_test.mp3", "9/9/998326.clip.mp3"),
    ("TRAAABD128F429CF47", "Kevin_MacLeod_-_Vibe_Ace.ogg", "3/4/3400270.clip.ogg"),
    (
        "TRAAADZ128F9348C2E",
        "admiralbob77_-_Choice_-_Drum-bass.ogg",
        "TRAAADZ128F9348C2E.ogg",
    ),
]
_SPLITS = {
    "train": "TRAAABD128F429CF47",
    "validation": "TRAAADZ128F9348C2E",
    "test": _MUDDY_WATERS,
}


def _write_muddy_waters(folder: Path, template: Path) -> None:
    file = folder / f"{_MUDDY_WATERS}.h5"
    shutil.copy(template, file)
    file.chmod(0o644)
    with h5py.File(file, "r+") as song:
        analysis, metadata = song["analysis/songs"], song["metadata/songs"]
        row = analysis[0]
        row["track_id"] = _MUDDY_WATERS.encode()
        analysis[0] = row
        row = metadata[0]
        row["artist_name"], row["artist_id"] = b"Muddy Waters", b"AR" + b"M" * 16
        row["track_7digitalid"] = 998326
        metadata[0] = row


def _write_lastfm(file: Path, template: Path) -> None:
    shutil.copy(template, file)
    file.chmod(0o644)
    with sqlite3.connect(file) as database:
        track = database.execute(
            "insert into tids values (?)", [_MUDDY_WATERS]
        ).lastrowid
        tag = database.execute("insert into tags values ('blues')").lastrowid
        database.execute("insert into tid_tag values (?, ?, 100)", [track, tag])


def _write_settings(folder: Path, real: Path) -> Path:
    splits = "\n".join(f'{split} = "{split}.txt"' for split in _SPLITS)
    file = folder / "lyre.toml"
    file.write_text(
        f"""
        [sources]
        root = "."
        msd = ["songs"]
        mismatches = "{real}/msd/sid_mismatches.txt"
        duplicates = "absent.txt"
        [sources.splits.mine]
        {splits}
        """
    )
    return file


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, real: Path) -> Path:
    """Return a folder with real sources and the settings that name them."""
    folder = tmp_path_factory.mktemp("real")
    shutil.copytree(real / "msd" / "songs", folder / "songs")
    (folder / "songs").chmod(0o755)
    _write_muddy_waters(
        folder / "songs", real / "msd" / "songs" / "TRAAAEF128F4273421.h5"
    )
    _write_lastfm(
        folder / "lastfm_tags.db", real / "lastfm" / "lastfm_tags_real_tracks.db"
    )
    for _, music, name in _CLIPS:
        clip = folder / "audio" / name
        clip.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(real / "music" / music, clip)
    for odd in (real / "audio").iterdir():
        shutil.copy(odd, folder / "audio" / odd.name)
    for split, track in _SPLITS.items():
        (folder / f"{split}.txt").write_text(f"{track}\n")
    _write_settings(folder, real)
    return folder


def _run(place: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=_ROOT,
        env=os.environ
        | {
            "LYRE_CONFIG": str(place / "lyre.toml"),
            "DBT_TARGET_PATH": str(place / "target"),
            "DBT_LOG_PATH": str(place / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _python(place: Path, *arguments: str) -> str:
    return _run(place, sys.executable, "-m", *arguments)


@pytest.fixture(scope="module")
def built(place: Path) -> Path:
    """Return the folder once its sources are ingested and cleaned."""
    _python(place, "ingest", "all")
    dbt = Path(sys.executable).with_name("dbt")
    _run(place, str(dbt), "--quiet", "run", "--vars", "{split_by: mine}")
    return place


@pytest.fixture(scope="module")
def warehouse(built: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(built / "data" / "lyre.duckdb"), read_only=True)


def test_the_raw_tables_hold_what_was_counted(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    def count(table: str) -> int:
        return warehouse.execute(f"select count(*) from raw.{table}").fetchall()[0][0]

    assert count("msd_songs") == 19 + 1
    assert count("msd_mismatches") == 19_094
    assert count("lastfm_tids") == 9 + 1
    assert count("lastfm_tags") == 169 + 1
    assert count("lastfm_tid_tag") == 178 + 1
    assert count("audio_files") == 55 + 3


def test_the_real_clips_are_kept_and_the_rest_explained(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    kept = warehouse.execute(
        "select split, track_id, path from marts.training_set order by track_id"
    ).fetchall()
    splits = {track: split for split, track in _SPLITS.items()}
    assert kept == sorted(
        ((splits[track], track, name) for track, _, name in _CLIPS),
        key=lambda row: row[1],
    )
    rows = warehouse.execute(
        "select count(distinct track_id) from marts.excluded_tracks"
    ).fetchall()
    assert rows == [(20 - 3,)]


def test_the_tags_of_the_real_tracks_are_clean(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    tags = dict(
        warehouse.execute(
            "select track_id, list(tag order by tag) from marts.track_tags group by 1"
        ).fetchall()
    )
    assert tags[_MUDDY_WATERS] == ["blues"]
    assert tags["TRAAADZ128F9348C2E"] == ["latin"]
    # 60s, 1960s, sixties, 60's and 1960's are one tag; classic rock has the value 0.
    soul_deep = tags["TRAAABD128F429CF47"]
    assert {"60s", "soul", "pop", "rock", "male vocalists"} <= set(soul_deep)
    assert soul_deep.count("60s") == 1
    assert not {"sixties", "1960s", "classic rock", "Love"} & set(soul_deep)


def test_the_muddy_waters_clip_is_exported_and_tagged(built: Path) -> None:
    _python(built, "export", "tfrecord", "--verify")
    small = [
        *("--set", "model.name=pons-logmel", "--set", "model.filters=1"),
        *("--set", "model.dense_units=4"),
        *("--set", "model.backend_filters=4", "--set", "training.epochs=1"),
        # One track has no tag that others of its split lack.
        *("--set", "validation.enabled=false"),
    ]
    _python(built, "train", "fit", "--name", "tiny", *small)
    clip = built / "audio" / "9" / "9" / "998326.clip.mp3"
    printed = json.loads(
        _python(built, "train", "predict", "tiny", str(clip), "--json")
    )
    (answer,) = printed
    scores = answer["tags"]
    assert "blues" in scores
    assert all(0 <= score <= 1 for score in scores.values())
