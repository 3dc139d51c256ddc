import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import lastfm_json
from ingest.errors import IngestError
from ingest.load import load

_A, _B, _C = ("TR" + letter * 16 for letter in "ABC")

WriteTrack = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "lastfm_train"


@pytest.fixture
def write_track(tree: Path) -> WriteTrack:
    """Write the file of a track at its place in the tree."""

    def write(track_id: str, *tags: object, similars: object = (), **more) -> Path:
        record = {"track_id": track_id, "tags": tags, "similars": similars, **more}
        path = tree / track_id[2] / f"{track_id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
        return path

    return write


def _pairs(raw) -> list[tuple]:
    return raw.execute(
        "select tid, tag, val from raw.lastfm_tid_tag "
        "join raw.lastfm_tids using (tid_rowid) "
        "join raw.lastfm_tags using (tag_rowid) order by all"
    ).fetchall()


def _aside(raw) -> list[tuple]:
    return raw.execute(
        "select path, position, reason, content from raw.rows_set_aside order by all"
    ).fetchall()


def test_tags_and_similars_of_a_tree(raw, write_track, tree: Path) -> None:
    write_track(_B, ["rock", "100"], ["jazz", "0"], similars=[[_A, 1], [_C, 0.25]])
    write_track(_A, ["jazz", "33"])
    write_track(_C)
    outcome = load(raw, lastfm_json.source([tree]))
    assert _pairs(raw) == [(_A, "jazz", 33.0), (_B, "jazz", 0.0), (_B, "rock", 100.0)]
    similars = raw.execute("select * from raw.lastfm_similars order by all").fetchall()
    assert similars == [(_B, _A, 1.0, 1), (_B, _C, 0.25, 2)]
    # A track without a tag is not in tids, as in lastfm_tags.db.
    tids = raw.execute("select * from raw.lastfm_tids order by all").fetchall()
    assert tids == [(1, _A), (2, _B)]
    tags = raw.execute("select * from raw.lastfm_tags order by all").fetchall()
    assert tags == [(1, "jazz", "jazz"), (2, "rock", "rock")]
    assert (outcome.rows, outcome.set_aside) == (2 + 2 + 3 + 2 + 3, {})


def test_row_numbers_run_on_over_flushes(raw, write_track, tree, monkeypatch) -> None:
    monkeypatch.setattr(lastfm_json, "_ROWS_HELD", 3)
    ids = ["TR" + letter * 16 for letter in "ABCDEFGH"]
    for number, track_id in enumerate(ids):
        write_track(track_id, *([f"tag {tag}", str(tag)] for tag in range(number)))
    load(raw, lastfm_json.source([tree]))
    assert _pairs(raw) == [
        (track_id, f"tag {tag}", float(tag))
        for number, track_id in enumerate(ids)
        for tag in range(number)
    ]
    numbers = raw.execute(
        "select min(tag_rowid), max(tag_rowid), count(distinct tag_rowid), "
        "count(distinct tag) from raw.lastfm_tags"
    ).fetchall()
    assert numbers == [(1, 7, 7, 7)]


def test_odd_entries_are_set_aside_and_the_rest_loads(raw, write_track) -> None:
    path = write_track(
        _A,
        ["rock", "100"],
        ["pop", "much"],
        [1980, "5"],
        ["a\0b", "5"],
        ["\ud800", "5"],
        ["alone"],
        ["nan", "nan"],
        ["number", 7],
        ["true", True],
        similars=[[_B, "x"], ["TRX", 1], _C],
    )
    load(raw, lastfm_json.source([path]))
    assert _pairs(raw) == [(_A, "number", 7.0), (_A, "rock", 100.0)]
    assert [(position, reason) for _, position, reason, _ in _aside(raw)] == [
        ("similar 1", "score is no number"),
        ("similar 2", "similar track is no MSD track id"),
        ("similar 3", "similar is no pair of track and score"),
        ("tag 2", "val is no number"),
        ("tag 3", "tag is of type int, not text"),
        ("tag 4", "NUL inside the tag"),
        ("tag 5", "tag is not valid Unicode"),
        ("tag 6", "tag is no pair of name and value"),
        ("tag 7", "val is no number"),
        ("tag 9", "val is no number"),
    ]


def test_bad_files_of_a_tree_are_listed(raw, write_track, tree: Path) -> None:
    write_track(_A, ["rock", "1"])
    bad = {
        "empty": b"",
        "html": b"<html>",
        "cut": b'{"track_id": "TR',
        "array": b"[]",
        "bytes": b'{"track_id": "\xff"}',
        "other": b'{"track_id": "x"}',
        "tags": b'{"track_id": "%s", "tags": {}}' % _B.encode(),
        "nested": b"[" * 100_000,
    }
    for name, content in bad.items():
        (tree / f"{name}.json").write_bytes(content)
    outcome = load(raw, lastfm_json.source([tree]))
    listed = {Path(path).stem: reason for path, reason in outcome.bad_files}
    assert listed == {
        "empty": "the file is empty",
        "html": "not valid JSON",
        "cut": "not valid JSON",
        "array": "not a JSON object",
        "bytes": "not valid UTF-8",
        "other": "track_id is no MSD track id",
        "tags": "tags or similars is no list",
        "nested": "not valid JSON",
    }
    assert _pairs(raw) == [(_A, "rock", 1.0)]
    with pytest.raises(IngestError, match="not valid JSON"):
        load(raw, lastfm_json.source([tree / "html.json"]))


def test_a_track_that_occurs_again_is_set_aside(raw, write_track, tree) -> None:
    first = write_track(_A, ["rock", "1"])
    again = tree.parent / "test" / "again.json"
    again.parent.mkdir()
    again.write_bytes(first.read_bytes().replace(b"rock", b"jazz"))
    outcome = load(raw, lastfm_json.source([tree, again.parent]))
    assert _pairs(raw) == [(_A, "rock", 1.0)]
    assert outcome.bad_files == []
    reason = "the track has been loaded already"
    assert _aside(raw) == [(str(again), None, reason, _A)]


def test_lines_of_objects(raw, tmp_path: Path) -> None:
    path = tmp_path / "tags.jsonl"
    record = json.dumps({"track_id": _A, "tags": [["rock", "1"], ["x", None]]})
    path.write_text(f"{record}\n\nwhat\n{record}\n")
    load(raw, lastfm_json.source([path]))
    assert _pairs(raw) == [(_A, "rock", 1.0)]
    assert [row[1:3] for row in _aside(raw)] == [
        ("3", "not valid JSON"),
        ("4", "the track has been loaded already"),
        ("line 1, tag 2", "val is no number"),
    ]


def test_what_holds_no_track_is_refused(raw, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="holds no files of Last"):
        lastfm_json.source([tmp_path])
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(IngestError, match="no track in 1 file"):
        load(raw, lastfm_json.source([tmp_path]))
    with pytest.raises(IngestError, match=r"no such file.*sources\.lastfm"):
        lastfm_json.source([tmp_path / "none.json"])


def test_real_files(raw, real: Path) -> None:
    files = sorted((real / "lastfm").glob("TR*.json"))
    assert len(files) == 4
    load(raw, lastfm_json.source([real / "lastfm"]))
    records = [json.loads(path.read_text()) for path in files]
    lines = (real / "lastfm" / "tags_excerpt.jsonl").read_text().splitlines()
    records += [json.loads(line) for line in lines]
    seen: set[str] = set()
    unique = [
        record
        for record in records
        if record["track_id"] not in seen and not seen.add(record["track_id"])
    ]
    assert _pairs(raw) == sorted(
        (record["track_id"], tag, float(value))
        for record in unique
        for tag, value in record["tags"]
    )
    similars = raw.execute(
        "select track_id, similar_track_id, score from raw.lastfm_similars "
        "order by track_id, position"
    ).fetchall()
    assert similars == [
        (record["track_id"], track, float(score))
        for record in sorted(unique, key=lambda record: record["track_id"])
        for track, score in record.get("similars", [])
    ]
    assert len(similars) > 10


def test_real_records_give_the_same_pairs_as_the_real_database(raw, real: Path) -> None:
    """``lastfm_tags_real_tracks.db`` was made from these records."""
    load(raw, lastfm_json.source([real / "lastfm"]))
    counts = raw.execute(
        "select (select count(*) from raw.lastfm_tids), "
        "(select count(*) from raw.lastfm_tags), "
        "(select count(*) from raw.lastfm_tid_tag)"
    ).fetchall()
    assert counts == [(9, 169, 178)]
