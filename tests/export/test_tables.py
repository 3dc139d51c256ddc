import csv
import json
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export import tables
from export.errors import ExportError
from export.narrowing import Narrowing
from export.recipe import Recipe
from export.selection import select

V2 = Recipe("v2")
PAIRS = [
    ("msd", "TRB", "rock", 100.0),
    ("msd", "TRA", "rock", 50.0),
    ("msd", "TRA", "jazz", 7.5),
    ("fma", "TRA", "jazz", 9.0),
    ("msd", "TRC", "été", None),
]


@pytest.fixture
def tagged(warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table marts.track_labels_v2 (source text, track_id text, tag text,"
            " weight double)"
        )
        connection.executemany(
            "insert into marts.track_labels_v2 values (?, ?, ?, ?)", PAIRS
        )
        connection.execute(
            "create table marts.tag_numbers_v2 as select * from"
            " (values ('jazz', 2), ('rock', 1), ('été', 4), ('unused', 3))"
            " as numbers (tag, number)"
        )
    return warehouse


def test_old_scripts_find_tags_by_rowid(tagged, tmp_path):
    file = tmp_path / "new/clean.db"
    assert tables.write_sqlite(tagged, V2, file) == {"tids": 4, "tags": 4, "tid_tag": 5}
    with sqlite3.connect(file) as database:
        found = database.execute(
            "select tags.tag, tid_tag.val from tid_tag, tids, tags"
            " where tags.ROWID = tid_tag.tag and tid_tag.tid = tids.ROWID"
            " and tids.tid = 'TRC'"
        ).fetchall()
        # Ids of other data sets are numbers that several may use for their own.
        of_each = database.execute(
            "select tids.tid, list from tids, (select tid, group_concat("
            "tag || ' ' || val) as list from tid_tag group by tid) as pairs"
            " where pairs.tid = tids.ROWID"
            " order by 1, 2"
        ).fetchall()
        names = database.execute("select name from sqlite_master where type = 'table'")
        assert {name for (name,) in names} == {"tids", "tags", "tid_tag"}
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        tags = database.execute("select tag from tags order by rowid").fetchall()
    assert found == [("été", None)]
    assert of_each == [
        ("TRA", "1 50.0,2 7.5"),
        ("TRA", "2 9.0"),
        ("TRB", "1 100.0"),
        ("TRC", None),
    ]
    assert tags == [("rock",), ("jazz",), ("unused",), ("été",)]


def test_tables_are_declared_as_in_the_real_file(tagged, tmp_path, real):
    ours, theirs = tmp_path / "ours.db", real / "lastfm/lastfm_tags_real_tracks.db"
    tables.write_sqlite(tagged, V2, ours)
    columns = []
    for file in (ours, theirs):
        uri = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        with sqlite3.connect(uri, uri=True) as database:
            columns.append(
                {
                    table: database.execute(f"pragma table_info({table})").fetchall()
                    for table in ("tids", "tags", "tid_tag")
                }
            )
    assert columns[0] == columns[1]


def test_equal_tags_give_equal_files(tagged, tmp_path):
    for name in ("one.db", "two.db"):
        tables.write_sqlite(tagged, V2, tmp_path / name)
    assert (tmp_path / "one.db").read_bytes() == (tmp_path / "two.db").read_bytes()


def test_no_file_is_overwritten_unasked(tagged, tmp_path):
    file = tmp_path / "lastfm_tags.db"
    file.write_text("precious")
    with pytest.raises(ExportError, match=r"there already.*--replace"):
        tables.write_sqlite(tagged, V2, file)
    assert file.read_text() == "precious"
    with pytest.raises(ExportError, match="this is a folder"):
        tables.write_csv(tagged, V2, tmp_path, replace=True)
    tables.write_sqlite(tagged, V2, file, replace=True)
    assert file.read_bytes().startswith(b"SQLite")


def test_a_failure_leaves_what_was_there(warehouse, tmp_path):
    file = tmp_path / "clean.db"
    file.write_text("old")
    told = r"lacks marts.track_labels_v2 or marts.tag_numbers_v2.*dbt build"
    with pytest.raises(ExportError, match=told):
        tables.write_sqlite(warehouse, V2, file, replace=True)
    assert [(path.name, path.read_text()) for path in tmp_path.glob("clean*")] == [
        ("clean.db", "old")
    ]


def read_csv(file):
    with file.open(encoding="utf-8", newline="") as lines:
        comment = next(lines)
        return json.loads(comment.removeprefix("# lyre ")), list(csv.DictReader(lines))


def test_csv_is_the_final_table_below_its_provenance(warehouse, rows, tmp_path):
    file = tmp_path / "set.csv"
    assert tables.write_csv(warehouse, V2, file) == len(rows)
    told, found = read_csv(file)
    with select(warehouse, V2) as selection:
        assert told["training_set_checksum"] == selection.checksum()
    assert (told["recipe"], told["where"]) == ("training_set.v2", None)
    by_key = sorted(rows, key=lambda row: row[:2])
    assert [
        (row["source"], row["track_id"], row["year"], row["path"]) for row in found
    ] == [(row[0], row[1], str(row[5]), row[7]) for row in by_key]
    assert [json.loads(row["labels"]) for row in found] == [row[10] for row in by_key]


def test_csv_keeps_awkward_text_and_tells_what_narrowed_it(
    make_warehouse, rows, tmp_path
):
    artist, title = "One\rTwo", 'A "quoted", split\nline # 1'
    rows[0] = (*rows[0][:3], artist, title, None, *rows[0][6:])
    warehouse = make_warehouse(rows)
    condition = f"track_id <> '{rows[31][1]}'"
    file = tmp_path / "set.csv"
    tables.write_csv(warehouse, V2, file, narrowing=Narrowing(condition))
    told, found = read_csv(file)
    assert told["where"] == condition
    assert len(found) == len(rows) - 1
    first = [found[0][name] for name in ("artist_name", "title", "year")]
    assert first == [artist, title, ""]


def test_csv_may_be_of_one_split_but_not_of_none(warehouse, rows, tmp_path):
    file = tmp_path / "test.csv"
    only = Narrowing("split = 'test'")
    assert tables.write_csv(warehouse, V2, file, narrowing=only) == sum(
        row[9] == "test" for row in rows
    )
    with pytest.raises(ExportError, match="no track"):
        tables.write_csv(warehouse, V2, tmp_path / "x.csv", narrowing=Narrowing("1=0"))
    assert not (tmp_path / "x.csv").exists()


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
_WEIGHTS = st.none() | st.floats(0, 100, allow_subnormal=False)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ABCD"), _TEXTS), _WEIGHTS, min_size=1, max_size=30
    )
)
@settings(max_examples=10, deadline=None)
def test_any_tags_come_back_from_sqlite(pairs):
    with TemporaryDirectory() as folder:
        warehouse, file = Path(folder, "lyre.duckdb"), Path(folder, "tags.db")
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("create schema marts")
            connection.execute(
                "create table marts.track_labels_v2 (source text, track_id text,"
                " tag text, weight double)"
            )
            connection.executemany(
                "insert into marts.track_labels_v2 values ('msd', ?, ?, ?)",
                [[*key, weight] for key, weight in pairs.items()],
            )
            connection.execute(
                "create table marts.tag_numbers_v2 as select tag, row_number() over ()"
                " as number from (select distinct tag from marts.track_labels_v2)"
            )
        tables.write_sqlite(warehouse, V2, file)
        with sqlite3.connect(file) as database:
            found = database.execute(
                "select tids.tid, tags.tag, tid_tag.val from tid_tag"
                " inner join tids on tids.rowid = tid_tag.tid"
                " inner join tags on tags.rowid = tid_tag.tag"
            ).fetchall()
        database.close()
    assert len(found) == len(pairs)
    assert {(tid, tag) for tid, tag, _ in found} == set(pairs)
    for tid, tag, value in found:
        if pairs[tid, tag] is not None:
            assert value == pairs[tid, tag]
