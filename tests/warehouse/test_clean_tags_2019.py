"""v1 with the lists of 2019 gives the mapping of 2019, through dbt."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb

from ingest import lastfm
from ingest.load import load, open_raw

_VOCAL_TAGS = ["rap", "instrumental", "male", "female"]


def _write(path: Path, header: list[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_lists(real: Path, seeds: Path) -> None:
    def lines(name: str) -> list[str]:
        text = (real / f"{name}_list_filtered.txt").read_text(encoding="utf-8")
        return [line for line in text.split("\n") if line]

    _write(
        seeds / "tags_v1_rejected.csv",
        ["tag", "comment"],
        [[line[1:], ""] for line in lines("genre") if line.startswith("-")],
    )
    _write(
        seeds / "tags_v1_vocal.csv",
        ["vocal_tag", "tag", "comment"],
        [
            [name, line, ""]
            for name in _VOCAL_TAGS
            for line in lines(name)
            if not line.startswith("-")
        ],
    )
    _write(
        seeds / "tags_v1_combined.csv",
        ["list", "tag", "comment"],
        [
            ["1", "rhythm and blues", ""],
            ["1", "rnb", ""],
            ["2", "funky", ""],
            ["2", "funk", ""],
        ],
    )
    _write(seeds / "tags_v1_dropped.csv", ["tag", "comment"], [])


def test_real_lists(
    real: Path, copy_dbt_project: Callable[[Path], Any], tmp_path: Path
) -> None:
    folder = real / "urop2019"
    project = copy_dbt_project(tmp_path)
    _write_lists(folder, project.seeds / "tags")
    with open_raw(project.warehouse) as connection:
        load(connection, lastfm.source(folder / "tags.db"))
    variables = "{tag_target_min_count: 60, tag_pool_min_count: 3}"
    done = project.dbt("build", "--select", "+clean_tags", "--vars", variables)
    assert done.returncode == 0, done.stdout + done.stderr

    with (folder / "expected_mapping.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["raw_tag"]: row["canonical"] for row in csv.DictReader(file)}
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select tag, clean_tag from cleaning.clean_tags_v1 where is_kept"
        ).fetchall()
    assert len(expected) == 1252
    assert len(set(expected.values())) == 155
    assert dict(rows) == expected
    assert len(rows) == len(expected)
