"""A small warehouse, filled by hand, on which dbt runs in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.tables import create_raw_tables
from tests.warehouse.dbt import one_process
from warehouse.database import open_to_write

ROOT = Path(__file__).resolve().parents[3]

VARS = (
    "{tag_target_min_count: 2, tag_pool_min_count: 2, vocabulary_size: 1,"
    " min_positives_per_split: 0}"
)


@dataclass(frozen=True)
class Project:
    """Run dbt on a warehouse in a folder of its own, and look at the result."""

    folder: Path
    target: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "lyre.duckdb"

    def manifest(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.target / "manifest.json").read_text())
        return loaded

    def nodes(self, *kinds: str) -> list[dict[str, Any]]:
        nodes = self.manifest()["nodes"].values()
        return [node for node in nodes if node["resource_type"] in kinds]

    def dbt(
        self,
        *words: str,
        dbt_vars: str = VARS,
        config: Path | None = None,
        module: str = "dbt.cli.main",
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt, or a module that stands for it.

        The same vars and target each time spare it most of the parsing.
        """
        own = {"LYRE_CONFIG": str(config)} if config else {}
        return subprocess.run(
            [sys.executable, "-m", module, *words, "--vars", dbt_vars],
            cwd=ROOT,
            env=self._environment() | own,
            capture_output=True,
            text=True,
            check=False,
        )

    def dbt_for_each(
        self, dbt_vars: Sequence[str], *words: str
    ) -> dict[str, tuple[bool, str]]:
        """Run dbt with each of the vars; return its success and its errors."""
        done = subprocess.run(
            [sys.executable, "-m", one_process.__name__, *words],
            cwd=ROOT,
            env=self._environment(),
            input="".join(f"{each}\n" for each in dbt_vars),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return dict(zip(dbt_vars, map(tuple, found), strict=True))

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "LYRE_DATA_DIR": str(self.folder),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def track(name: str) -> str:
    """Make a track id of the right form."""
    return f"TR{name:0<16}"


# name: 7digital id, raw tags with their weights
SONGS: dict[str, tuple[int | None, dict[str, float]]] = {
    # M1 and M2: the example of the specification
    "A": (1, {"rock": 100}),
    "B": (1, {"rock": 100}),
    "C": (2, {"rock": 100}),
    "D": (3, {"rock": 100}),
    "E": (4, {"rock": 100}),
    "NOTHING": (None, {}),
    # M3: G is listed; H shares its id with the listed I; L is listed under one name
    "G": (10, {"rock": 100}),
    "H": (11, {"rock": 100}),
    "I": (11, {"rock": 100}),
    "L": (12, {"rock": 100}),
    # Last.fm gives ALIAS another artist, OTHER another title too; RIGHT shares its id
    "ALIAS": (13, {"rock": 100}),
    "OTHER": (14, {"rock": 100}),
    "RIGHT": (14, {"rock": 100}),
    # M4 to M6
    "ZERO": (20, {"rock": 100}),
    "HTML": (21, {"rock": 100}),
    "UNTAGGED": (22, {}),
    # M7: the example of the specification
    "A1": (31, {"rock": 100}),
    "A2": (32, {"rock": 100, "jazz": 50}),
    "A3": (33, {"rock": 100}),
    "B1": (34, {"rock": 100}),
    "B2": (35, {"rock": 100}),
    "C1": (36, {"rock": 100}),
    "C2": (37, {"rock": 100}),
    "Z": (39, {"rock": 100}),
    # M8 and M9
    "LONGGAP": (40, {"rock": 100}),
    "GAP": (41, {"rock": 100}),
    "ZEROS": (42, {"rock": 100}),
    "SMALL": (43, {"rock": 100}),
    "BIG": (44, {"rock": 100}),
    "SHORT": (45, {"rock": 100}),
    "PARTIAL": (46, {"rock": 100}),
    # equal sound, labels
    "TWIN1": (50, {"rock": 100}),
    "TWIN2": (51, {"rock": 100}),
    "UNKNOWN": (52, {"xyzzy plugh": 100}),
    "RARE": (53, {"jazz": 100}),
    "WEIGHT0": (54, {"rock": 0}),
}

NUMBERS = [1, 2, 3, *range(9, 15), 22, 31, 32, 33, 35, 39, 40, 41, *range(50, 55)]

# path: what differs from a good clip
CLIPS: dict[str, dict[str, Any]] = {f"{number}.clip.mp3": {} for number in NUMBERS} | {
    "x/3.clip.mp3": {},
    "20.clip.mp3": {"size_bytes": 0, "status": "empty"},
    "21.clip.mp3": {"status": "unreadable", "error": "it is a web page"},
    "34.clip.mp3": {"size_bytes": 0, "status": "empty"},
    "42.clip.mp3": {"loudest_frame_db": -200.0, "peak": 0.0},
    "43.clip.mp3": {"size_bytes": 200_000},
    "44.clip.mp3": {"size_bytes": 200_001},
    "45.clip.mp3": {"header_seconds": 10.0, "decoded_seconds": 10.0},
    "46.clip.mp3": {"decoded_seconds": 20.0, "status": "partial", "error": "bad frame"},
    "50.clip.mp3": {"content_sha256": "same", "sound_sha256": "same"},
    "51.clip.mp3": {"content_sha256": "same", "sound_sha256": "same"},
}

# The specification's example, sound 0.5 to 10, 10.4 to 20 and 21.2 to 29 of 30 s, and
# the same with a last gap of 1.0 s.
SILENCES = {
    "40.clip.mp3": [(0.0, 0.5), (10.0, 10.4), (20.0, 21.2), (29.0, 30.0)],
    "41.clip.mp3": [(0.0, 0.5), (10.0, 10.4), (20.0, 21.0), (29.0, 30.0)],
}

MISMATCHES = [
    ("G", "Someone", "Something", "Artist G", "Title G"),
    ("I", None, None, "Artist I", "Title I"),
    ("L", "artist l", "Title  L!", "Artist L", "Title L"),
]

LASTFM_NAMES = [
    ("ALIAS", "Somebody", "Title ALIAS"),
    ("OTHER", "Quux", "Unknown"),
    ("RIGHT", "artist right feat. Quux", "Title Right (Live)"),
    ("C", None, None),
]

GROUPS = [["A1", "A2", "A3"], ["B1", "B2"], ["C1", "C2"]]


@pytest.fixture(scope="session")
def raw_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose raw tables are filled and on which dbt has not run."""
    folder = tmp_path_factory.mktemp("warehouse")
    project = Project(folder, folder / "target")
    with open_to_write(project.warehouse) as connection:
        create_raw_tables(connection)
        _fill_songs(connection)
        _fill_tags(connection)
        _fill_lists(connection)
        _fill_clips(connection)
    return project


@pytest.fixture(scope="session")
def project(raw_project: Project) -> Project:
    """Return the project after `dbt run` on a file without seeds."""
    done = raw_project.dbt("run")
    assert done.returncode == 0, done.stdout
    return raw_project


@pytest.fixture(scope="session")
def manifest(raw_project: Project) -> dict[str, Any]:
    done = raw_project.dbt("parse")
    assert done.returncode == 0, done.stdout
    return raw_project.manifest()


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }


@pytest.fixture(scope="session")
def track_of() -> Callable[[str], str]:
    return track


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, Any]
) -> None:
    columns = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    connection.execute(
        f"insert into raw.{table} ({columns}) values ({marks})", [*row.values()]
    )


def _fill_songs(connection: duckdb.DuckDBPyConnection) -> None:
    for name, (number, _) in SONGS.items():
        song: dict[str, Any] = {"track_id": track(name), "track_7digitalid": number}
        if name != "NOTHING":
            song |= {
                "artist_id": f"AR{name}",
                "artist_name": f"Artist {name}",
                "title": f"Title {name}",
                "duration": 200.0,
                "year": 1987,
            }
        _insert(connection, "msd_songs", song)


def _fill_tags(connection: duckdb.DuckDBPyConnection) -> None:
    """Row numbers have holes: a track's is 3 times its place, a tag's 7 times."""
    tags = sorted({tag for _, weights in SONGS.values() for tag in weights})
    for place, tag in enumerate(tags, 1):
        row = {"tag_rowid": 7 * place, "tag": tag, "tag_nfkc": tag}
        _insert(connection, "lastfm_tags", row)
    for place, (name, (_, weights)) in enumerate(SONGS.items(), 1):
        if not weights:
            continue
        _insert(connection, "lastfm_tids", {"tid_rowid": 3 * place, "tid": track(name)})
        for tag, weight in weights.items():
            pair = {
                "tid_rowid": 3 * place,
                "tag_rowid": 7 * (tags.index(tag) + 1),
                "val": weight,
            }
            _insert(connection, "lastfm_tid_tag", pair)


def _fill_lists(connection: duckdb.DuckDBPyConnection) -> None:
    fields = ("song_artist", "song_title", "track_artist", "track_title")
    for number, (name, *names) in enumerate(MISMATCHES, 1):
        row = {
            "line_number": number,
            "song_id": "SO0000000000000000",
            "track_id": track(name),
            "line": f"ERROR: <SO0000000000000000 {track(name)}> a  -  b  !=  c  -  d",
        }
        _insert(
            connection, "msd_mismatches", row | dict(zip(fields, names, strict=True))
        )
    for name, artist, title in LASTFM_NAMES:
        named = {"track_id": track(name), "artist_name": artist, "title": title}
        _insert(connection, "lastfm_tracks", named)
    for group, members in enumerate(GROUPS, 1):
        for position, name in enumerate(members, 1):
            member = {
                "group_number": group,
                "group_label": f"group {group}",
                "position": position,
                "track_id": track(name),
            }
            _insert(connection, "msd_duplicates", member)


def _fill_clips(connection: duckdb.DuckDBPyConnection) -> None:
    good = {
        "size_bytes": 300_000,
        "header_seconds": 30.0,
        "decoded_seconds": 30.0,
        "loudest_frame_db": -12.0,
        "bit_rate": 64_000,
        "status": "ok",
        "silence_thresholds_db": [40.0, 60.0],
    }
    for path, differing in CLIPS.items():
        clip = good | {"path": path, "content_sha256": path, "sound_sha256": path}
        if differing.get("status") in ("empty", "unreadable"):
            clip |= {"header_seconds": None, "decoded_seconds": None}
            clip |= {"loudest_frame_db": None, "sound_sha256": None}
            clip |= {"silence_thresholds_db": None}
        _insert(connection, "audio_files", clip | differing)
    for path, silences in SILENCES.items():
        for number, (start, end) in enumerate(silences, 1):
            row = {
                "path": path,
                "threshold_db": 60.0,
                "interval_number": number,
                "start_seconds": start,
                "end_seconds": end,
            }
            _insert(connection, "audio_silences", row)
