"""Label repair on a database that is already clean, the `clean_lastfm.db` of 2019."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]

# number: name. By popularity the second and the fourth would come first, and both
# spellings would be one tag if the database were cleaned again.
TAGS = {1: "hard rock", 2: "rock", 3: "funk", 4: "funks", 5: "female"}
TRACKS = (
    # The example of the specification: hard rock on 10 tracks, 9 of them also rock.
    [{1, 2}] * 9
    + [{1}]
    + [{2}] * 3
    # Each of two means the other: 10 of 10, and 10 of 11.
    + [{3, 4}] * 10
    + [{4}]
    + [{5}, set()]
)
ALL = {1: 10, 2: 12, 3: 10, 4: 11, 5: 1}


def _write(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.executescript(
            "create table tids (tid text); create table tags (tag text);"
            "create table tid_tag (tid int, tag int);"
        )
        database.executemany(
            "insert into tags values (?)", [(name,) for name in TAGS.values()]
        )
        for number, tags in enumerate(TRACKS, 1):
            # A track without a clean tag leaves an empty row, so that numbers stay.
            name = f"TR{number:016}" if tags else None
            database.execute("insert into tids values (?)", [name])
            database.executemany(
                "insert into tid_tag values (?, ?)", [(number, tag) for tag in tags]
            )


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, raw_project: Any) -> Any:
    folder = tmp_path_factory.mktemp("clean")
    project = type(raw_project)(folder, folder / "target")
    _write(folder / "clean_lastfm.db")
    words = ["ingest", "lastfm", str(folder / "clean_lastfm.db")]
    subprocess.run(
        [sys.executable, "-m", *words, "--warehouse", str(project.warehouse)],
        cwd=ROOT,
        check=True,
    )
    return project


@pytest.mark.parametrize(
    ("mode", "counts"),
    [
        (None, ALL),
        # Links by number: hard rock -> rock, funk -> funks, funks -> funk.
        ("add", ALL | {2: 13, 3: 11}),
        ("remove_general", ALL | {2: 3, 4: 1}),
        ("remove_special", ALL | {1: 1, 3: 0}),
    ],
)
def test_the_modes_of_2019(
    clean: Any, mode: str | None, counts: dict[int, int]
) -> None:
    dbt_vars = {"tags_are_clean_v1": True, "repair_labels_v1": mode}
    # Tags by their counts alone would all be too rare.
    words = ("run", "-s", "+track_labels.v1", "+tag_numbers.v1")
    done = clean.dbt(*words, dbt_vars=json.dumps(dbt_vars))
    assert done.returncode == 0, done.stdout
    found = clean.rows("select tag, count(*) from marts.track_labels_v1 group by tag")
    assert dict(found) == {TAGS[tag]: n for tag, n in counts.items() if n}
    assert _exported(clean) == dict(found)


def _exported(clean: Any) -> dict[str, int]:
    """Count the tags of `python -m export sqlite`, which 2019 repaired in place."""
    file = clean.folder / "repaired.db"
    words = ["export", "sqlite", "--recipe", "training_set.v1", "--replace"]
    subprocess.run(
        [sys.executable, "-m", *words, "--out", str(file)],
        cwd=ROOT,
        env=os.environ | {"LYRE_DATA_DIR": str(clean.folder)},
        check=True,
    )
    with sqlite3.connect(file) as database:
        # The numbers stay, as old exports and checkpoints know tags by them.
        assert dict(database.execute("select rowid, tag from tags")) == TAGS
        return dict(
            database.execute(
                "select tags.tag, count(*) from tags, tid_tag"
                " where tags.rowid = tid_tag.tag group by tags.tag"
            )
        )


def test_no_tag_is_cleaned_again(clean: Any) -> None:
    found = clean.rows(
        "select tag, clean_tag, category, rule from cleaning.clean_tags_v1"
    )
    assert set(found) == {
        (name, name, "vocal" if name == "female" else "genre", "already_clean")
        for name in TAGS.values()
    }


def test_the_tests_of_the_models_pass(clean: Any) -> None:
    dbt_vars = {"tags_are_clean_v1": True, "min_positives_per_split": 0}
    done = clean.dbt("build", dbt_vars=json.dumps(dbt_vars))
    assert done.returncode == 0, done.stdout
