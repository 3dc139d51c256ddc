import sqlite3
from pathlib import Path

import pytest

from ingest import lastfm, sqlite
from ingest.errors import IngestError
from ingest.load import load

_FIRST = "'TRAAAAA000000000001'"
_SECOND = "'TRAAAAA000000000002'"


def _pairs(raw) -> list[tuple]:
    """Return the pairs by name, through the row ids."""
    return raw.execute(
        "select tid, tag, val from raw.lastfm_tid_tag "
        "join raw.lastfm_tids using (tid_rowid) "
        "join raw.lastfm_tags using (tag_rowid) order by all"
    ).fetchall()


def _aside(raw) -> list[tuple]:
    return raw.execute(
        "select position, reason, content from raw.rows_set_aside order by position"
    ).fetchall()


def _counts(raw) -> tuple[int, int, int]:
    return raw.execute(
        "select (select count(*) from raw.lastfm_tids), "
        "(select count(*) from raw.lastfm_tags), "
        "(select count(*) from raw.lastfm_tid_tag)"
    ).fetchall()[0]


def _error(path: Path) -> str:
    with pytest.raises(IngestError) as caught:
        lastfm.source(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


def test_pairs_keep_their_track_tag_and_value(raw, write_lastfm) -> None:
    path = write_lastfm(
        [_FIRST, _SECOND],
        ["'rock'", "'Sigur Rós'"],
        ["1, 1, 100", "1, 2, 0", "2, 2, 33.5"],
    )
    outcome = load(raw, lastfm.source(path))
    assert outcome.rows == 7
    assert outcome.tables == {
        "lastfm_tids": 2,
        "lastfm_tags": 2,
        "lastfm_tid_tag": 3,
        "lastfm_similars": 0,
        "lastfm_tracks": 0,
    }
    assert _pairs(raw) == [
        (_FIRST[1:-1], "Sigur Rós", 0.0),
        (_FIRST[1:-1], "rock", 100.0),
        (_SECOND[1:-1], "Sigur Rós", 33.5),
    ]


def test_holes_in_the_row_numbers(raw, write_lastfm) -> None:
    path = write_lastfm(
        ["'gone'", _FIRST, "'gone too'", _SECOND],
        ["'gone'", "'rock'", "'gone too'", "'jazz'"],
        ["2, 2, 50", "4, 4, 60"],
        after=[
            "delete from tids where rowid in (1, 3)",
            "delete from tags where rowid in (1, 3)",
        ],
    )
    load(raw, lastfm.source(path))
    assert _pairs(raw) == [
        (_FIRST[1:-1], "rock", 50.0),
        (_SECOND[1:-1], "jazz", 60.0),
    ]
    rowids = raw.execute("select tid_rowid, tid from raw.lastfm_tids order by 1")
    assert rowids.fetchall() == [(2, _FIRST[1:-1]), (4, _SECOND[1:-1])]


def test_tag_nfkc_stands_beside_the_tag(raw, write_lastfm) -> None:
    load(raw, lastfm.source(write_lastfm(tags=["'\uff32\uff2f\uff23\uff2b'"])))
    tags = raw.execute("select tag, tag_nfkc from raw.lastfm_tags").fetchall()
    assert tags == [("\uff32\uff2f\uff23\uff2b", "rock")]


@pytest.mark.field_report("R44")
def test_odd_pairs_are_set_aside_with_their_reason(raw, write_lastfm) -> None:
    """Dynamic types break nothing and change nothing in silence."""
    path = write_lastfm(
        pairs=[
            "1, 1, 100",
            "1, 1, ''",
            "1, 'x', 50",
            "null, 1, 50",
            "1, 1, 9e999",
            "1, 1, x'00'",
            "1, 1, null",
            "1, 1.5, 50",
        ],
    )
    outcome = load(raw, lastfm.source(path))
    assert [pair[2] for pair in _pairs(raw)] == [100.0, None]
    assert _aside(raw) == [
        (
            "tid_tag rowid 2",
            "val is of type text, not a number",
            "tid 1, tag 1, val ''",
        ),
        (
            "tid_tag rowid 3",
            "tag is of type text, not a row id",
            "tid 1, tag 'x', val 50.0",
        ),
        (
            "tid_tag rowid 4",
            "tid is of type null, not a row id",
            "tid NULL, tag 1, val 50.0",
        ),
        ("tid_tag rowid 5", "val is infinite", "tid 1, tag 1, val inf"),
        (
            "tid_tag rowid 6",
            "val is of type blob, not a number",
            "tid 1, tag 1, val '\\x00'",
        ),
        (
            "tid_tag rowid 8",
            "tag is of type real, not a row id",
            "tid 1, tag 1.5, val 50.0",
        ),
    ]
    assert outcome.set_aside["val is infinite"] == 1


@pytest.mark.parametrize("null_rows", [0, 70_000])
def test_missing_values_before_numbers(raw, write_lastfm, null_rows: int) -> None:
    """ADBC takes a column's type from its first batch, which may be all NULL."""
    many = f"""
        insert into tid_tag
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 70000)
        select 1, 1, null from n limit {null_rows}
    """
    path = write_lastfm(
        pairs=[], after=[many, "insert into tid_tag values (1, 1, 0.5)"]
    )
    load(raw, lastfm.source(path))
    counted = raw.execute("select count(*), sum(val) from raw.lastfm_tid_tag")
    assert counted.fetchall() == [(null_rows + 1, 0.5)]


@pytest.mark.field_report("R45")
def test_odd_tags_are_set_aside_and_their_pairs(raw, write_lastfm) -> None:
    """Invalid UTF-8, NUL inside, an integer; the other tags load."""
    path = write_lastfm(
        tags=[
            "'rock'",
            "cast(x'436166E9' as text)",
            "'a' || char(0) || 'b'",
            "1980",
            "x'0102'",
            "'日本語'",
            "''",
        ],
        pairs=[f"1, {tag}, 10" for tag in range(1, 8)],
        types=("", "INT", "FLOAT"),
    )
    outcome = load(raw, lastfm.source(path))
    assert [pair[1] for pair in _pairs(raw)] == ["", "rock", "日本語"]
    dangling = "tag points at no row that was loaded"
    assert _aside(raw) == [
        ("tags rowid 2", "tag is not valid UTF-8", "Caf\\xe9"),
        ("tags rowid 3", "NUL inside the tag", "a\\x00b"),
        ("tags rowid 4", "tag is of type integer, not text", "1980"),
        ("tags rowid 5", "tag is of type blob, not text", "\\x01\\x02"),
        *(
            (f"tid_tag rowid {tag}", dangling, f"tid 1, tag {tag}")
            for tag in range(2, 6)
        ),
    ]
    assert outcome.set_aside[dangling] == 4


def test_dangling_row_ids_are_set_aside(raw, write_lastfm) -> None:
    path = write_lastfm(pairs=["1, 1, 1", "0, 1, 2", "1, 9000000000, 3", "-1, -1, 4"])
    load(raw, lastfm.source(path))
    assert [pair[2] for pair in _pairs(raw)] == [1.0]
    track, tag = (
        f"{column} points at no row that was loaded" for column in ("tid", "tag")
    )
    assert _aside(raw) == [
        ("tid_tag rowid 2", track, "tid 0, tag 1"),
        ("tid_tag rowid 3", tag, "tid 1, tag 9000000000"),
        ("tid_tag rowid 4", track, "tid -1, tag -1"),
    ]


def test_the_cleaned_database_of_2019(raw, tmp_path: Path) -> None:
    """No ``val``; NULL in ``tids`` keeps the row numbers of tracks without a tag."""
    path = tmp_path / "clean_lastfm.db"
    with sqlite3.connect(path) as database:
        database.executescript(
            f"""
            create table tids (tid TEXT);
            create table tags (tag TEXT);
            create table tid_tag (tid INT, tag INT);
            insert into tids values (null), ({_FIRST}), (null);
            insert into tags values ('rock');
            insert into tid_tag values (2, 1);
            """
        )
    database.close()
    load(raw, lastfm.source(path))
    assert _pairs(raw) == [(_FIRST[1:-1], "rock", None)]
    assert _aside(raw) == []


def test_empty_tables_are_loaded_empty(raw, write_lastfm) -> None:
    outcome = load(raw, lastfm.source(write_lastfm([], [], [])))
    assert (outcome.status, outcome.rows) == ("done", 0)


def test_more_rows_than_a_batch(raw, write_lastfm, monkeypatch) -> None:
    monkeypatch.setattr(sqlite, "BATCH_ROWS", 3)
    tags = [f"'tag {number}'" for number in range(10)]
    pairs = [f"1, {number}, {number}" for number in range(1, 11)]
    load(raw, lastfm.source(write_lastfm(tags=tags, pairs=pairs)))
    assert {(tag, val) for _, tag, val in _pairs(raw)} == {
        (f"tag {number}", number + 1.0) for number in range(10)
    }


def test_path_with_signs_that_mean_something_in_a_uri(raw, write_lastfm) -> None:
    path = write_lastfm(name="last fm?#100%.db")
    assert load(raw, lastfm.source(path)).rows == 3


def test_missing_and_foreign_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "lastfm_tags.db"
    assert "no such file" in _error(path)
    assert "sources.lastfm" in _error(path)
    path.write_bytes(b"")
    assert "the file is empty" in _error(path)
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    assert "git-LFS pointer" in _error(path)
    path.write_text("<html>404 Not Found</html>")
    assert "not an SQLite database" in _error(path)
    assert "this is a folder" in _error(tmp_path)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("drop table tid_tag", "there is no table tid_tag"),
        ("alter table tags rename column tag to name", "table tags has no column tag"),
    ],
)
def test_missing_tables_and_columns_are_named(
    write_lastfm, statement: str, expected: str
) -> None:
    assert expected in _error(write_lastfm(after=[statement]))


def test_locked_database_is_told(write_lastfm) -> None:
    path = write_lastfm()
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("begin exclusive")
        assert "another program is writing to the database" in _error(path)
    other.close()


def test_truncated_database_leaves_the_old_tables(raw, write_lastfm) -> None:
    load(raw, lastfm.source(write_lastfm()))
    tags = [f"'tag {number} {'x' * 500}'" for number in range(500)]
    path = write_lastfm(tags=tags, name="cut.db")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(IngestError) as caught:
        load(raw, lastfm.source(path))
    assert "\n" not in str(caught.value)
    assert "damaged" in str(caught.value)
    assert _counts(raw) == (1, 1, 1)


def test_damage_in_the_middle_of_the_pairs(raw, write_lastfm) -> None:
    load(raw, lastfm.source(write_lastfm()))
    pairs = [f"1, 1, {number}" for number in range(5000)]
    path = write_lastfm(pairs=pairs, name="bad.db")
    content = bytearray(path.read_bytes())
    page = 4096
    middle = len(content) // page // 2 * page
    content[middle : middle + page] = b"\xff" * page
    path.write_bytes(content)
    with pytest.raises(IngestError) as caught:
        load(raw, lastfm.source(path))
    assert "\n" not in str(caught.value)
    assert "damaged" in str(caught.value)
    assert _counts(raw) == (1, 1, 1)


@pytest.mark.parametrize(
    ("name", "tracks", "tags", "pairs"),
    [
        ("lastfm/lastfm_tags_real_tracks.db", 9, 169, 178),
        ("lastfm/lastfm_tags_choi_labels.db", 41_174, 50, 69_256),
        ("urop2019/tags.db", 700, 6_285, 222_419),
    ],
)
def test_counts_of_the_real_databases(
    raw, real: Path, name: str, tracks: int, tags: int, pairs: int
) -> None:
    outcome = load(raw, lastfm.source(real / name))
    assert _counts(raw) == (tracks, tags, pairs)
    assert outcome.set_aside == {}


def test_every_pair_of_the_real_databases(raw, real: Path) -> None:
    path = real / "urop2019" / "tags.db"
    load(raw, lastfm.source(path))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        expected = database.execute(
            "select tids.tid, tags.tag, val from tid_tag "
            "join tids on tids.rowid = tid_tag.tid "
            "join tags on tags.rowid = tid_tag.tag"
        ).fetchall()
    database.close()
    assert sorted(_pairs(raw)) == sorted(expected)


def test_popularity_of_the_real_labels(raw, real: Path) -> None:
    load(raw, lastfm.source(real / "lastfm" / "lastfm_tags_choi_labels.db"))
    top = raw.execute(
        "select tag, count(*) from raw.lastfm_tid_tag "
        "join raw.lastfm_tags using (tag_rowid) group by tag "
        "order by count(*) desc limit 5"
    ).fetchall()
    assert top == [
        ("rock", 6_721),
        ("pop", 4_417),
        ("indie", 3_934),
        ("electronic", 3_692),
        ("jazz", 3_449),
    ]
    both = raw.execute(
        "select count(*) from (select tid_rowid from raw.lastfm_tid_tag "
        "join raw.lastfm_tags using (tag_rowid) where tag in ('rock', 'indie') "
        "group by tid_rowid having count(distinct tag) = 2)"
    ).fetchall()
    assert both == [(1_007,)]


@pytest.mark.parametrize(
    ("whole", "damaged", "told"),
    [
        (b"(tag TEXT", b"(t\xffg TEXT", "table tags has no column tag"),
        (b"CREATE TABLE tags", b"CREATE TABLE \xffag\xff", "damaged or truncated"),
        (b"(tag TEXT", b"\xfftag TEXT", "damaged or truncated"),
    ],
)
def test_a_schema_of_odd_bytes_is_refused(
    raw, write_lastfm, whole: bytes, damaged: bytes, told: str
) -> None:
    path = write_lastfm()
    content = path.read_bytes()
    assert content.count(whole) == 1
    path.write_bytes(content.replace(whole, damaged))
    with pytest.raises(IngestError, match=told) as caught:
        load(raw, lastfm.source(path))
    assert str(caught.value).startswith(f"{path}: ")
