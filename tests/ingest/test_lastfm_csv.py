import csv
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ingest import lastfm_csv
from ingest.errors import IngestError
from ingest.load import load

_TIDS = ["TR" + letter * 16 for letter in "ABC"]

WriteCsv = Callable[..., Path]


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    """Write the three files by their lines."""

    def write(
        tids: str = f",tid\n1,{_TIDS[0]}\n2,{_TIDS[1]}\n",
        tags: str = ",tag\n1,rock\n2,jazz\n",
        pairs: str = ",tid,tag,val\n1,1,1,100\n2,2,2,0.5\n",
        prefix: str = "",
    ) -> Path:
        folder = tmp_path / "csv"
        folder.mkdir(exist_ok=True)
        for name, text in (("tids", tids), ("tags", tags), ("tid_tag", pairs)):
            content = text.encode("utf-8", "surrogateescape")
            (folder / f"{prefix}{name}.csv").write_bytes(content)
        return folder

    return write


def _pairs(raw) -> list[tuple]:
    return raw.execute(
        "select tid, tag, val from raw.lastfm_tid_tag "
        "join raw.lastfm_tids using (tid_rowid) "
        "join raw.lastfm_tags using (tag_rowid) order by all"
    ).fetchall()


def _aside(raw) -> list[tuple]:
    return raw.execute(
        "select position, reason, content from raw.rows_set_aside order by all"
    ).fetchall()


_EXPECTED = [(_TIDS[0], "rock", 100.0), (_TIDS[1], "jazz", 0.5)]


@pytest.mark.parametrize(
    ("tids", "tags", "pairs"),
    [
        # The index has a column without a name, and counts from 1.
        (
            f",tid\n1,{_TIDS[0]}\n2,{_TIDS[1]}\n",
            ",tag\n1,rock\n2,jazz\n",
            ",tid,tag,val\n1,1,1,100\n2,2,2,0.5\n",
        ),
        # It has no place in the header, and counts from 0.
        (
            f"tid\n0,{_TIDS[0]}\n1,{_TIDS[1]}\n",
            "tag\n0,rock\n1,jazz\n",
            "tid,tag,val\n0,1,1,100.0\n1,2.0,2,.5\n",
        ),
        # There is none.
        (
            f"tid\n{_TIDS[0]}\n{_TIDS[1]}\n",
            "tag\nrock\njazz\n",
            "tag,tid,val\n1,1,1e2\n2,2,0.5\n",
        ),
        # Spread sheets write CRLF and a mark of the encoding.
        (
            f"\ufeffindex,tid\r\n1,{_TIDS[0]}\r\n2,{_TIDS[1]}\r\n",
            "index,tag\r\n1,rock\r\n2,jazz\r\n",
            "index,tid,tag,val\r\n1,1,1,100\r\n2,2,2,0.5\r\n",
        ),
    ],
)
def test_every_way_to_save_the_row_numbers(
    raw, write_csv, tids: str, tags: str, pairs: str
) -> None:
    outcome = load(raw, lastfm_csv.source(write_csv(tids, tags, pairs)))
    assert _pairs(raw) == _EXPECTED
    assert (outcome.rows, outcome.set_aside) == (6, {})


def test_prefix_of_the_names(raw, write_csv) -> None:
    folder = write_csv(prefix="lastfm_")
    (folder / "lastfm_tags.db").write_bytes(b"x")
    load(raw, lastfm_csv.source(folder))
    assert _pairs(raw) == _EXPECTED


@pytest.mark.parametrize("index_label", [None, False, "index"])
@pytest.mark.parametrize("shift", [0, 1])
def test_what_pandas_saves_is_what_the_database_holds(
    raw, tmp_path: Path, real: Path, index_label, shift: int
) -> None:
    """The way of 2019: read_sql of each table, then to_csv."""
    path = real / "lastfm" / "lastfm_tags_real_tracks.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        for table in ("tids", "tags", "tid_tag"):
            frame = pd.read_sql_query(f"select * from {table}", database)
            frame.index += shift
            frame.to_csv(tmp_path / f"lastfm_{table}.csv", index_label=index_label)
        expected = database.execute(
            "select tids.tid, tags.tag, val from tid_tag "
            "join tids on tids.rowid = tid_tag.tid "
            "join tags on tags.rowid = tid_tag.tag"
        ).fetchall()
    database.close()
    outcome = load(raw, lastfm_csv.source(tmp_path))
    assert outcome.rows == 9 + 169 + 178
    assert _pairs(raw) == sorted(expected)


def test_cleaned_files_have_no_val_and_empty_tracks(raw, write_csv) -> None:
    folder = write_csv(
        f'tid\n""\n{_TIDS[0]}\n\n{_TIDS[1]}\n', "tag\nrock\n", "tid,tag\n2,1\n4,1\n"
    )
    load(raw, lastfm_csv.source(folder))
    assert _pairs(raw) == [(_TIDS[0], "rock", None), (_TIDS[1], "rock", None)]
    assert _aside(raw) == []


def test_tags_with_commas_quotes_and_line_ends(raw, write_csv) -> None:
    tags = ["a,b", 'say "hi"', "two\nlines", "日本語", "NULL", "NaN"]
    folder = write_csv(pairs=",tid,tag\n")
    with (folder / "tags.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["", "tag"], *enumerate(tags, start=1)])
    load(raw, lastfm_csv.source(folder))
    rows = raw.execute("select tag_rowid, tag from raw.lastfm_tags order by 1")
    assert rows.fetchall() == list(enumerate(tags, start=1))


def test_odd_rows_are_set_aside_with_their_reason(raw, write_csv) -> None:
    folder = write_csv(
        # A gap shows that these are the row numbers of the database.
        tids=f",tid\n1,{_TIDS[0]}\n3,{_TIDS[1]}\n",
        tags=",tag\n1,rock\n2,Caf\udce9\n3,a\0b\nx,pop\n4,a,b\n5,jazz\n",
        pairs=(
            ",tid,tag,val\n1,1,1,100\n2,1,5,\n3,1,x,1\n4,1,1,much\n5,9,1,1\n6,1,2,1\n"
            "7,1,1,inf\n8,1,1\n9,1.5,1,1\n"
        ),
    )
    load(raw, lastfm_csv.source(folder))
    assert _pairs(raw) == [(_TIDS[0], "jazz", None), (_TIDS[0], "rock", 100.0)]
    told = {(position, reason) for position, reason, _ in _aside(raw)}
    dangling = "points at no row that was loaded"
    assert told >= {
        ("tags rowid 2", "tag is not valid UTF-8"),
        ("tags rowid 3", "NUL inside the tag"),
        ("tags.csv row 4", "the index is no whole number"),
        ("tid_tag.csv row 3", "tag is no row number"),
        ("tid_tag.csv row 4", "val is no number"),
        ("tid_tag.csv row 5", f"tid {dangling}"),
        ("tid_tag.csv row 6", f"tag {dangling}"),
        ("tid_tag.csv row 7", "val is no number"),
    }
    reasons = [reason for _, reason, _ in _aside(raw)]
    assert "3 fields, not 2" in reasons
    assert "3 fields, not 4" in reasons
    assert reasons.count("tid is no row number") == 1
    assert len(reasons) == 11


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"tags": "index,name\n1,rock\n"}, "there is no column tag"),
        ({"tags": ""}, "the file is empty"),
        ({"tids": f",tid\n1,{_TIDS[0]}\n1,{_TIDS[1]}\n"}, "row number 1 .* more than"),
        ({"tags": "tag\nrock\na,b,c\njazz\n"}, "not a CSV file"),
    ],
)
def test_unfit_files_are_told(raw, write_csv, files: dict, expected: str) -> None:
    with pytest.raises(IngestError, match=expected) as caught:
        load(raw, lastfm_csv.source(write_csv(**files)))
    assert "\n" not in str(caught.value)


def test_a_header_that_is_none_is_told(write_csv) -> None:
    # The limit of Python's own reader, which holds for the whole process.
    before = csv.field_size_limit(1000)
    try:
        with pytest.raises(IngestError, match=r"tids\.csv: not a CSV file: field"):
            lastfm_csv.source(write_csv(tids=f'"{"x" * 2000}",tid\n'))
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("index", [True, False])
def test_lost_row_numbers_are_refused(raw, tmp_path: Path, index: bool) -> None:
    """pandas numbers the rows anew; with a hole, all tags after it would be wrong."""
    with sqlite3.connect(tmp_path / "holes.db") as database:
        database.executescript(
            f"""
            create table tids (tid text);
            create table tags (tag text);
            create table tid_tag (tid int, tag int, val float);
            insert into tids values ('{_TIDS[0]}');
            insert into tags values ('gone'), ('rock'), ('jazz');
            delete from tags where tag = 'gone';
            insert into tid_tag values (1, 2, 100), (1, 3, 50);
            """
        )
        folder = tmp_path / "csv"
        folder.mkdir()
        for table in ("tids", "tags", "tid_tag"):
            frame = pd.read_sql_query(f"select * from {table}", database)
            frame.to_csv(folder / f"{table}.csv", index=index)
    database.close()
    with pytest.raises(IngestError, match=r"points at row 3 of 2 rows"):
        load(raw, lastfm_csv.source(folder))


def test_missing_and_double_files_are_told(write_csv) -> None:
    folder = write_csv()
    write_csv(prefix="clean_")
    with pytest.raises(IngestError, match="more than one set of files"):
        lastfm_csv.source(folder)
    for path in folder.glob("clean_*"):
        path.unlink()
    (folder / "tags.csv").unlink()
    with pytest.raises(IngestError, match=r"there is no tags\.csv"):
        lastfm_csv.source(folder)
