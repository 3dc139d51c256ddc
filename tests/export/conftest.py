"""A warehouse with hand-made final tables, and clips to go with them."""

from pathlib import Path

import duckdb
import numpy as np
import pytest
import soundfile

TAGS = ["rock", "jazz", "piano"]
SPLITS = ["train"] * 32 + ["validation"] * 4 + ["test"] * 4


def track_id(number):
    return f"TR{number:016d}"


@pytest.fixture
def make_warehouse(tmp_path):
    """Return a function that writes a warehouse with such a final table."""

    def make(rows, version="v2", tags=TAGS, path=tmp_path / "lyre.duckdb"):
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute(
                f"create or replace table marts.training_set_{version} ("
                "source varchar, track_id varchar, artist_key varchar,"
                " artist_name varchar, title varchar, year integer, decade varchar,"
                " path varchar, decoded_seconds double, split varchar,"
                " labels varchar[])"
            )
            if rows:
                # One statement: row by row takes milliseconds each.
                places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
                connection.execute(
                    f"insert into marts.training_set_{version} values {places}",
                    [value for row in rows for value in row],
                )
            connection.execute(
                "create table if not exists marts.tracks"
                " (source varchar, track_id varchar, content_sha256 varchar)"
            )
            connection.execute(
                f"create or replace table marts.training_vocabulary_{version} as"
                " select unnest(range(len($tags))) as position,"
                " unnest($tags) as tag, 'genre' as category, 1 as n_tracks",
                {"tags": tags},
            )
            connection.execute(
                f"create or replace table marts.cleaning_funnel_{version} as from"
                " (values (1, 'no_audio_file', 7, 45), (2, 'silent', 5, 40))"
                " as t (rule_order, rule, n_excluded, n_left)"
            )
        return path

    return make


def row(number, split, labels, path=None, year=1990, seconds=1.0):
    return (
        "msd",
        track_id(number),
        f"artist {number // 2}",
        "Sigur Rós",
        f"Title {number}",
        year,
        f"{year // 10 * 10}s",
        path or f"{number % 10}/{number}.wav",
        seconds,
        split,
        labels,
    )


@pytest.fixture
def rows():
    """Return 40 rows; the first half of each split is rock, the rest jazz."""
    return [
        row(number, split, [TAGS[number % 32 // 16]])
        for number, split in enumerate(SPLITS)
    ]


@pytest.fixture
def warehouse(make_warehouse, rows):
    return make_warehouse(rows)


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> Path:
    """Return a folder with a second of noise per row of `rows`."""
    root = tmp_path_factory.mktemp("clips")
    for number in range(len(SPLITS)):
        path = root / f"{number % 10}/{number}.wav"
        path.parent.mkdir(exist_ok=True)
        noise = np.random.default_rng(number).uniform(-0.5, 0.5, (22_050, 2))
        soundfile.write(path, noise, 22_050)
    return root
