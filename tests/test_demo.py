"""The demo and every command of the README, run as a reader would run them.

The demo's sample has its ground truth beside it: with that, every planted fault is
looked up in what the whole chain made of it.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

_ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(r"^```(sh|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)

# A smaller demo and the shortest training, so that the tests stay short.
_SMALL = {"DEMO_TRACKS": "200", "DEMO_EPOCHS": "2"}
_SHORTER = {"training.epochs=60": "training.epochs=1"}

# The rule of v2 that has to take the track of each planted fault.
_RULES = {
    "html_page": "unopenable",
    "id3_only": "unopenable",
    "junk_tags_only": "no_clean_tag",
    "little_sound": "silence_effective_length",
    "long_silence": "silence_longest",
    "mismatch": "listed_mismatch",
    "much_silence": "silence_total",
    "no_clip": "no_audio_file",
    "shared_7digital_id": "shared_7digital_id",
    "short_clip": "too_short",
    "silent": "silent",
    "truncated": "partial",
    "untagged": "untagged",
    "zero_bytes": "empty_file",
}
# Faults that leave a track as it is, or that concern several at once.
_OTHER_FAULTS = {
    "clip_without_song",
    "control_byte_in_list",
    "control_byte_in_title",
    "duplicate",
    "equal_audio",
    "in_two_groups",
    "listed_twice",
    "lone_survivor",
}


def _blocks(language: str) -> list[str]:
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    return [block for found, block in _FENCE.findall(text) if found == language]


def _run(blocks: list[str], demo: Path, replaced: dict[str, str]) -> str:
    """Run blocks of the README one after another in one shell, at the root."""
    script = "\n".join(blocks)
    for words, others in replaced.items():
        assert words in script, f"the README no longer says {words!r}"
        script = script.replace(words, others)
    environment = dict(os.environ)
    # What make hands down to a `make test` would reach the `make demo` in it.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        environment.pop(name, None)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=_ROOT,
        env=environment
        | _SMALL
        | {
            "DEMO": str(demo),
            # Not that of the checkout, where another dbt may be at work.
            "DBT_TARGET_PATH": str(demo / "target"),
            "DBT_LOG_PATH": str(demo / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished demo, with what was printed in a file."""
    folder = tmp_path_factory.mktemp("readme") / "demo"
    printed = _run(_blocks("sh")[:3], folder, {"data/demo": str(folder)})
    (folder / "printed.txt").write_text(printed)
    return folder


@pytest.fixture(scope="module")
def warehouse(demo: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo / "lyre.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def faults(demo: Path) -> dict[str, list[str]]:
    """Return the tracks of each kind of planted fault."""
    found: dict[str, list[str]] = {}
    with (demo / "sources" / "ground_truth" / "faults.csv").open() as file:
        for row in csv.DictReader(file):
            found.setdefault(row["kind"], []).append(row["track_id"])
    return found


def _first_rules(warehouse: duckdb.DuckDBPyConnection, version: int) -> dict[str, str]:
    return dict(
        warehouse.execute(
            "select track_id, arg_min(rule, rule_order) "
            f"from marts.excluded_tracks_v{version} group by track_id"
        ).fetchall()
    )


def test_the_demo_prints_what_it_found(demo: Path) -> None:
    printed = (demo / "printed.txt").read_text()
    assert "macro (mean over tags)" in printed
    assert "listed_mismatch" in printed


def test_each_kind_of_fault_is_planted(faults: dict[str, list[str]]) -> None:
    assert set(faults) == set(_RULES) | _OTHER_FAULTS


@pytest.mark.parametrize("kind", _RULES)
def test_a_planted_fault_is_taken_by_its_rule(
    kind: str, faults: dict[str, list[str]], warehouse: duckdb.DuckDBPyConnection
) -> None:
    rules = _first_rules(warehouse, version=2)
    assert {rules.get(track) for track in faults[kind]} == {_RULES[kind]}


def test_of_recordings_that_repeat_one_track_stays(
    faults: dict[str, list[str]], warehouse: duckdb.DuckDBPyConnection
) -> None:
    """Each component of listed groups and equal clips keeps its best member."""
    rules = _first_rules(warehouse, version=2)
    repeated = set(faults["duplicate"]) | set(faults["equal_audio"])
    taken = {track for track in repeated if rules.get(track) == "duplicate"}
    assert taken
    assert {track for track, rule in rules.items() if rule == "duplicate"} == taken
    assert set(faults["lone_survivor"]).isdisjoint(taken)
    assert len([track for track in faults["equal_audio"] if track in taken]) == 1


def test_a_clip_without_a_song_is_accounted_for(
    warehouse: duckdb.DuckDBPyConnection, faults: dict[str, list[str]]
) -> None:
    rows = warehouse.execute("select count(*) from marts.unmatched_clips").fetchall()
    assert rows == [(len(faults["clip_without_song"]),)]


def test_cut_punctuation_in_titles_is_restored(
    warehouse: duckdb.DuckDBPyConnection, faults: dict[str, list[str]]
) -> None:
    titles = warehouse.execute(
        "select title from marts.tracks where track_id in "
        "(select unnest(?::varchar[]))",
        [faults["control_byte_in_title"]],
    ).fetchall()
    assert titles
    assert all("\u2019" in title for (title,) in titles)


@pytest.mark.parametrize("version", [1, 2])
def test_the_funnel_adds_up_to_the_songs(
    warehouse: duckdb.DuckDBPyConnection, version: int
) -> None:
    rows = warehouse.execute(
        f"select sum(n_excluded), min(n_left), max(n_left) "
        f"from marts.cleaning_funnel_v{version}"
    ).fetchall()
    kept = warehouse.execute(
        f"select count(*) from marts.training_set_v{version}"
    ).fetchall()
    ((excluded, left, songs),), ((trained_on,),) = rows, kept
    assert songs == 200
    assert left == trained_on > 100
    assert excluded + left == songs
    assert excluded == len(_first_rules(warehouse, version))


def test_no_artist_is_in_two_splits(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select artist_key from marts.training_set group by 1 "
        "having count(distinct split) > 1"
    ).fetchall()
    assert rows == []


def _data_set(manifest: Path) -> tuple[list[object], list[str]]:
    """Return the shards of an export and the checksums of its training sets."""
    described = json.loads(manifest.read_text())
    label_sets = described["label_sets"]
    return described["shards"], [each["training_set_checksum"] for each in label_sets]


def test_one_worker_writes_the_same_shards(demo: Path, tmp_path: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "export", "tfrecord"),
            *("--workers", "1", "--out", str(tmp_path / "export")),
        ],
        cwd=_ROOT,
        env=os.environ | {"LYRE_CONFIG": str(demo / "lyre.toml")},
        check=True,
    )
    (first,) = (demo / "exports").glob("*/manifest.json")
    assert _data_set(first) == _data_set(tmp_path / "export" / "manifest.json")


@pytest.mark.slow
def test_a_second_run_from_the_start_gives_the_same(tmp_path: Path) -> None:
    """Sample, ingest, dbt and export, with one worker and with two."""
    results = []
    for workers in ("1", "2"):
        folder = tmp_path / workers
        script = f"""
            python -m sample --tracks 100 --out {folder}/data/sources \\
                --workers {workers}
            python -m ingest all
            dbt --quiet run --vars '{{vocabulary_size: 15}}'
            python -m export tfrecord --workers {workers}
        """
        settings = [
            "source .venv/bin/activate",
            f"export LYRE_DATA_DIR={folder}/data LYRE_AUDIO__WORKERS={workers}",
        ]
        _run([*settings, script], folder, {})
        (manifest,) = (folder / "data" / "exports").glob("*/manifest.json")
        results.append(_data_set(manifest))
    assert results[0] == results[1]


@pytest.mark.field_report("R56")
def test_the_steps_on_real_data_run(demo: Path, tmp_path: Path) -> None:
    sources = demo / "sources"
    (settings,) = _blocks("toml")
    (tmp_path / "lyre.toml").write_text(settings.replace("/data/msd", str(sources)))
    clip = next((sources / "audio").rglob("*.clip.mp3"))
    shutil.copy(clip, tmp_path / "song.mp3")
    replaced = _SHORTER | {
        # Not that of the repository, which is the reader's.
        "unset LYRE_CONFIG": f"export LYRE_CONFIG={tmp_path}/lyre.toml",
        "run.toml": str(tmp_path / "run.toml"),
        "song.mp3": str(tmp_path / "song.mp3"),
    }
    assert "macro (mean over tags)" in _run(_blocks("sh")[3:], tmp_path, replaced)
