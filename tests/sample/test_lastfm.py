import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest


@pytest.fixture
def database(silent_sample: Path):
    path = silent_sample / "lastfm_tags.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        yield connection


@pytest.fixture
def pairs(database):
    return database.execute(
        "select tids.tid, tags.tag, val from tid_tag "
        "join tids on tids.rowid = tid_tag.tid join tags on tags.rowid = tid_tag.tag"
    ).fetchall()


def test_layout_is_the_real_one(database, real: Path) -> None:
    def columns(connection, table):
        return connection.execute(
            "select name, type from pragma_table_info(?)", (table,)
        ).fetchall()

    path = real / "lastfm" / "lastfm_tags_real_tracks.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as theirs:
        for table in ("tids", "tags", "tid_tag"):
            assert columns(database, table) == columns(theirs, table)


@pytest.mark.parametrize("table", ["tids", "tags"])
def test_row_numbers_start_at_one_and_have_holes(database, table: str) -> None:
    query = f"select count(*), min(rowid), max(rowid) from {table}"
    count, first, last = database.execute(query).fetchone()
    assert first == 1
    assert last > count


def test_every_pair_finds_its_rows(database, pairs) -> None:
    assert len(pairs) == database.execute("select count(*) from tid_tag").fetchone()[0]
    assert len({pair[:2] for pair in pairs}) == len(pairs)


def test_values_reach_from_zero_to_one_hundred(pairs) -> None:
    best = defaultdict(float)
    for track, _, value in pairs:
        assert 0 <= value <= 100
        assert value == int(value)
        best[track] = max(best[track], value)
    assert set(best.values()) == {100.0}
    zeros = sum(value == 0 for _, _, value in pairs) / len(pairs)
    assert 0.05 < zeros < 0.5


def test_tags_follow_from_the_truth(pairs, silent_truth) -> None:
    true = {
        row["track_id"]: set(row["true_tags"].split("|"))
        for row in silent_truth["songs"]
    }
    tags = {row["raw_tag"]: row for row in silent_truth["tag_spellings"]}
    junk_only = {
        row["track_id"]
        for row in silent_truth["faults"]
        if row["kind"] == "junk_tags_only"
    }
    given = defaultdict(set)
    for track, raw, _ in pairs:
        if tags[raw]["kind"] == "spelling":
            given[track].add(tags[raw]["true_tag"])
    assert all(given[track] <= true[track] for track in given)
    tagged = {track for track, _, _ in pairs}
    assert tagged - given.keys() == junk_only
    shares = [len(given[track]) / len(true[track]) for track in given]
    assert sum(shares) / len(shares) > 0.95


def test_untagged_songs_have_no_row(database, silent_truth) -> None:
    rows = {tid for (tid,) in database.execute("select tid from tids")}
    truth = {row["track_id"]: row["tagged"] == "1" for row in silent_truth["songs"]}
    assert rows == {track for track, tagged in truth.items() if tagged}
    untagged = {
        row["track_id"] for row in silent_truth["faults"] if row["kind"] == "untagged"
    }
    assert untagged == truth.keys() - rows


def test_real_kinds_of_spellings_occur(database) -> None:
    tags = {tag for (tag,) in database.execute("select tag from tags")}
    spellings = {"Hip-Hop", "hip hop", "hiphop", "rnb", "R&B", "r and b", "r n b"}
    spellings |= {"drum and bass", "drum 'n' bass", "dnb", "80s", "80's", "eighties"}
    spellings |= {"female vocalists", "female vocalist", "female vocals", "1980s"}
    spellings |= {"\uff32\uff2f\uff23\uff2b", "rock\u200b", "favorites", "seen live"}
    assert spellings <= tags


def test_raw_tags_are_distinct(database, silent_truth) -> None:
    count, distinct = database.execute(
        "select count(*), count(distinct tag) from tags"
    ).fetchone()
    assert count == distinct
    names = [row["raw_tag"] for row in silent_truth["tag_spellings"]]
    assert len(names) == len(set(names))
