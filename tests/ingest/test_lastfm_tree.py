"""A tree of JSON files is loaded file by file, and as if it were loaded whole."""

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import lastfm_json
from ingest.errors import IngestError
from ingest.load import Load, load, open_raw
from ingest.text import CUT_PUNCTUATION

_TRACKS = ["TR" + letter * 16 for letter in "ABCDEFGHIJKL"]
_TABLES = {
    "tracks": "from raw.lastfm_tracks order by all",
    "tids": "select tid from raw.lastfm_tids order by all",
    "tags": "select tag, tag_nfkc from raw.lastfm_tags order by all",
    "pairs": """
        select tid, tag, val from raw.lastfm_tid_tag
        join raw.lastfm_tids using (tid_rowid)
        join raw.lastfm_tags using (tag_rowid) order by all
    """,
    "similars": "from raw.lastfm_similars order by all",
    "set aside": "select * exclude (run_id) from raw.rows_set_aside order by all",
    "dangling": """
        from raw.lastfm_tid_tag
        where tid_rowid not in (select tid_rowid from raw.lastfm_tids)
            or tag_rowid not in (select tag_rowid from raw.lastfm_tags)
    """,
    "numbers": """
        select count(*) - count(distinct tag_rowid) from raw.lastfm_tags
        union all
        select count(*) - count(distinct tid_rowid) from raw.lastfm_tids
    """,
}


def _write(path: Path, *records: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(
        record if isinstance(record, str) else json.dumps(record) for record in records
    )
    path.write_text(text)
    return path


def _record(track_id: str, *tags: object, **more: object) -> dict[str, object]:
    return {"track_id": track_id, "tags": tags, **more}


def _content(raw) -> dict[str, list[tuple]]:
    return {name: raw.execute(sql).fetchall() for name, sql in _TABLES.items()}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "tree"


@pytest.mark.field_report("R40")
def test_a_rerun_reads_only_what_has_changed(raw, tree: Path) -> None:
    """For the trees of Last.fm."""
    first, second, third = _TRACKS[:3]
    _write(tree / "a.json", _record(first, ["rock", "100"], ["odd", "x"]))
    changed = _write(tree / "b.json", _record(second, ["jazz", "50"]))
    broken = _write(tree / "c.json", "{")
    gone = _write(tree / "d.json", _record(_TRACKS[3], ["pop", "1"]))
    load(raw, lastfm_json.source([tree]))
    _write(
        changed, _record(second, ["blues", "7"], ["rock", "3"], similars=[[first, 1]])
    )
    _write(broken, _record(third, ["rock", "1"]))
    gone.unlink()
    outcome = load(raw, lastfm_json.source([tree]))
    assert (outcome.kept_files, outcome.bad_files) == (1, [])
    assert outcome.set_aside == {"val is no number": 1}
    content = _content(raw)
    assert content["pairs"] == [
        (first, "rock", 100.0),
        (second, "blues", 7.0),
        (second, "rock", 3.0),
        (third, "rock", 1.0),
    ]
    assert [tag for tag, _ in content["tags"]] == ["blues", "rock"]
    assert (content["dangling"], content["numbers"]) == ([], [(0,), (0,)])
    assert load(raw, lastfm_json.source([tree])).status == "skipped"
    forced = load(raw, lastfm_json.source([tree]), force=True)
    assert forced.kept_files == 0
    assert _content(raw) == content


def test_an_earlier_file_takes_a_track_over(raw, tree: Path) -> None:
    track = _TRACKS[0]
    _write(tree / "b.json", _record(track, ["rock", "1"], ["odd", "x"]))
    _write(tree / "c.json", _record(_TRACKS[1], ["jazz", "1"]))
    load(raw, lastfm_json.source([tree]))
    earlier = _write(tree / "a.json", _record(track, ["pop", "1"]))
    outcome = load(raw, lastfm_json.source([tree]))
    assert outcome.set_aside == {"the track has been loaded already": 1}
    assert (track, "pop", 1.0) in _content(raw)["pairs"]
    earlier.unlink()
    outcome = load(raw, lastfm_json.source([tree]))
    assert outcome.set_aside == {"val is no number": 1}
    assert (track, "rock", 1.0) in _content(raw)["pairs"]


def test_repairs_of_files_that_are_read_twice_count_once(raw, tree: Path) -> None:
    _write(tree / "b.json", _record(_TRACKS[0], ["rock", "1"]))
    load(raw, lastfm_json.source([tree]))
    _write(tree / "a.json", _record(_TRACKS[0], artist="Don\x19t"))
    outcome = load(raw, lastfm_json.source([tree]))
    assert outcome.repairs == {CUT_PUNCTUATION: 1}


def test_a_file_read_after_all_may_not_change(raw, tree: Path) -> None:
    """It was to be kept, until a new file was found to come before it."""
    overtaken = _write(tree / "b.json", _record(_TRACKS[0], ["rock", "1"]))
    load(raw, lastfm_json.source([tree]))
    before = _content(raw)
    _write(tree / "a.json", _record(_TRACKS[0], ["pop", "1"]))
    source = lastfm_json.source([tree])

    def fill(work: Load) -> None:
        source.fill(work)
        os.utime(overtaken, (1, 1))

    with pytest.raises(IngestError, match="changed while it was read") as refused:
        load(raw, replace(source, fill=fill))
    assert str(overtaken) in str(refused.value)
    assert _content(raw) == before


def test_rows_of_another_kind_of_source_are_not_kept(
    raw, tree: Path, write_lastfm
) -> None:
    from ingest import lastfm

    _write(tree / "a.json", _record(_TRACKS[0], ["rock", "1"]))
    load(raw, lastfm_json.source([tree]))
    content = _content(raw)
    load(raw, lastfm.source(write_lastfm(pairs=["1, 1, 100"])))
    assert _content(raw)["tracks"] == []
    assert load(raw, lastfm_json.source([tree])).kept_files == 0
    assert _content(raw) == content


def test_facts_of_tracks(raw, tree: Path) -> None:
    path = _write(
        tree / "a.json",
        _record(_TRACKS[0], artist="Don\x19t", title=" ", timestamp="2011-08-02"),
    )
    odd = _write(tree / "b.json", _record(_TRACKS[1], artist=7, title="\ud800"))
    load(raw, lastfm_json.source([tree]))
    content = _content(raw)
    assert content["tracks"] == [
        (_TRACKS[0], "Don\u2019t", None, "2011-08-02", str(path)),
        (_TRACKS[1], None, None, None, str(odd)),
    ]
    assert [row[3] for row in content["set aside"]] == [
        "artist is no text, so it is loaded as NULL",
        "title is no text, so it is loaded as NULL",
    ]


def test_the_file_does_not_grow_with_reloads(tree: Path, tmp_path: Path) -> None:
    def record(number: int, step: int) -> dict[str, object]:
        tags = [[f"tag {number} {step} {tag}", "1"] for tag in range(20)]
        return _record(f"TR{number:016}", *tags, title="a" * 50)

    for number in range(400):
        _write(tree / f"{number}.json", record(number, 0))
    sizes = []
    for step in range(12):
        _write(tree / "0.json", record(0, step + 1))
        with open_raw(tmp_path / "grown.duckdb") as connection:
            load(connection, lastfm_json.source([tree]))
        sizes.append((tmp_path / "grown.duckdb").stat().st_size)
    # Old and new rows lie side by side until the old are given up.
    assert max(sizes[6:]) <= max(sizes[:6])
    assert max(sizes) <= 3 * sizes[0]


@pytest.mark.parametrize("seed", range(3))
def test_any_history_of_a_tree_ends_as_a_load_of_all(
    raw, tree: Path, tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    paths = [tree / name[2] / f"{name}.json" for name in _TRACKS]
    paths += [tree / f"part-{number}.jsonl" for number in range(2)]
    _write(paths[-3], _record(_TRACKS[-1], ["rock", "1"]))
    for step in range(6):
        for path in draw.sample(paths[:-3] + paths[-2:], 4):
            if path.exists() and draw.random() < 0.3:
                path.unlink()
            else:
                _write(path, *_made_up(draw, path, step))
        load(raw, lastfm_json.source([tree]))
        with open_raw(tmp_path / f"{step}.duckdb") as fresh:
            load(fresh, lastfm_json.source([tree]))
            assert _content(raw) == _content(fresh)


def _made_up(draw: random.Random, path: Path, step: int) -> list[object]:
    lines: list[object] = []
    for _ in range(3 if path.suffix == ".jsonl" else 1):
        tags = [
            [
                draw.choice(["rock", "jazz", "pop", f"new {step}"]),
                draw.choice(["1", 7, "x"]),
            ]
            for _ in range(draw.randrange(4))
        ]
        similars = [[draw.choice(_TRACKS), draw.random()]]
        record = _record(draw.choice(_TRACKS), *tags, similars=similars, title="a")
        lines.append(draw.choice([record, record, record, "{", {"track_id": "x"}]))
    return lines
