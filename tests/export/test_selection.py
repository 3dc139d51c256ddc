import hashlib
import json

import duckdb
import pytest

from export.errors import ExportError
from export.narrowing import Narrowing, normalize_condition
from export.recipe import Recipe
from export.selection import select

V2 = Recipe("v2")


def checksum(warehouse, where=None, query=None):
    with select(warehouse, V2, Narrowing(where, query)) as selection:
        return selection.checksum()


@pytest.mark.parametrize("text", ["training_set", "training_set_v2", "marts.v2", ""])
def test_other_names_are_no_recipes(text):
    with pytest.raises(ExportError, match=r"expected a name like training_set\.v2"):
        Recipe.parse(text)


def test_a_recipe_names_its_tables():
    recipe = Recipe.parse("training_set.v12")
    assert recipe.name == "training_set.v12"
    assert recipe.table == "marts.training_set_v12"


def test_checksum_is_sha256_of_the_rows_as_json_by_key(warehouse, rows):
    by_key = sorted(rows, key=lambda row: row[:2])
    text = "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        for row in by_key
    )
    assert checksum(warehouse) == hashlib.sha256(text.encode()).hexdigest()


def test_checksum_depends_on_content_not_on_order(make_warehouse, rows):
    first = checksum(make_warehouse(rows))
    assert checksum(make_warehouse(rows[::-1])) == first
    changed = [*rows[:-1], (*rows[-1][:-1], ["piano"])]
    assert checksum(make_warehouse(changed)) != first


def test_rows_come_by_split_and_hash(warehouse):
    with select(warehouse, V2) as selection:
        found = [
            (row.split, hashlib.md5(f"msd/{row.track_id}".encode()).hexdigest())
            for row in selection.rows()
        ]
    assert len(found) == 40
    assert found == sorted(found)


def test_extents_vocabulary_and_funnel(warehouse):
    with select(warehouse, V2) as selection:
        assert selection.extents()["train"].tracks == 32
        assert selection.extents()["test"].seconds == 4.0
        assert [tag.tag for tag in selection.vocabulary()] == ["rock", "jazz", "piano"]
        assert [each.n_left for each in selection.funnel()] == [45, 40]


def test_a_condition_narrows(make_warehouse, rows):
    rows[0] = (*rows[0][:5], 1950, *rows[0][6:])
    warehouse = make_warehouse(rows)
    with select(warehouse, V2, Narrowing("year >= 1960 -- modern")) as selection:
        assert selection.extents()["train"].tracks == 31
        assert selection.where.startswith("year >= 1960")
    assert checksum(warehouse, "year >= 1960") != checksum(warehouse)


@pytest.mark.parametrize(
    "where",
    [
        "",
        "year >",
        "1 = 1) or (1 = 1",
        "true; drop table marts.tags",
        "track_id in (select track_id from marts.training_set_v1)",
        "exists (from 'secret.csv')",
    ],
)
def test_anything_but_a_condition_is_refused(warehouse, where):
    with (
        pytest.raises(ExportError, match="condition"),
        select(warehouse, V2, Narrowing(where)),
    ):
        pass


def test_a_condition_on_an_unknown_column_is_told(warehouse):
    with (
        pytest.raises(ExportError, match=r"yaer > 1990: .*yaer"),
        select(warehouse, V2, Narrowing("yaer > 1990")),
    ):
        pass


def test_a_condition_cannot_reach_files(warehouse, tmp_path):
    (tmp_path / "secret.txt").write_text("x")
    reads = f"(select content from read_text('{tmp_path}/secret.txt')) = 'x'"
    with (
        pytest.raises(ExportError, match="queries are not allowed in a condition"),
        select(warehouse, V2, Narrowing(reads)),
    ):
        pass


QUERY = """
-- the first ten, as tables know them
with firsts as (
    select track_id from marts.training_set_v2 where year >= 1960
    order by track_id limit 10
)
select track_id, 1 as one from firsts
union all
select track_id, 2 from marts.training_set_v2 where split != 'train';
"""


def test_a_query_selects(warehouse):
    with select(warehouse, V2, Narrowing(query=QUERY)) as selection:
        assert selection.extents()["train"].tracks == 10
        assert selection.extents()["test"].tracks == 4
        contents = selection.contents()
    assert contents.query.startswith("WITH firsts AS (SELECT track_id FROM marts.")
    assert "tables know them" not in contents.query
    assert checksum(warehouse, query=QUERY) != checksum(warehouse)


def test_a_query_and_a_condition_narrow_together(warehouse, rows):
    first = f"track_id != '{rows[0][1]}'"
    with select(warehouse, V2, Narrowing(first, QUERY)) as selection:
        assert selection.extents()["train"].tracks == 9


def test_a_query_may_tell_the_source_too(make_warehouse, rows):
    other = [("fma", *row[1:]) for row in rows]
    warehouse = make_warehouse(rows + other)
    query = "select source, track_id from marts.training_set_v2 where source = 'fma'"
    with select(warehouse, V2, Narrowing(query=query)) as selection:
        assert {row.source for row in selection.rows()} == {"fma"}


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_query_may_tell_the_source_of_some(make_warehouse, rows, order):
    """Wherever in the answer they stand, the others are tracks of any source."""
    other = [("fma", *row[1:]) for row in rows]
    warehouse = make_warehouse(rows + other)
    query = (
        "select case when split = 'train' then source end as source, track_id"
        " from marts.training_set_v2 where split != 'train' or source = 'fma'"
        f" order by source {order}"
    )
    with select(warehouse, V2, Narrowing(query=query)) as selection:
        found = [(row.source, row.split) for row in selection.rows()]
    assert {source for source, split in found if split == "train"} == {"fma"}
    assert {source for source, split in found if split == "test"} == {"fma", "msd"}


def test_a_draw_is_made_once(warehouse):
    drawn = "split != 'train' or random() < 0.9"
    query = f"select track_id from marts.training_set_v2 where {drawn}"
    for narrowing in (Narrowing(query=query), Narrowing(drawn)):
        with select(warehouse, V2, narrowing) as selection:
            assert selection.checksum() == selection.checksum()


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "--select"),
        ("select", "--select"),
        ("select title from marts.training_set_v2", r"gives title .*track_id"),
        ("select 1 as track_id; select 2 as track_id", "--select"),
        ("create table t (x int)", "CREATE is refused"),
        ("copy (select 1) to 'x.csv'", "COPY is refused"),
        ("select content as track_id from read_text('/etc/hostname')", "disabled"),
        ("select track_id from nowhere", "nowhere"),
        ("select 'TRNONE' as track_id", "no track in the split"),
    ],
)
def test_other_queries_are_refused(warehouse, query, told):
    with (
        pytest.raises(ExportError, match=told),
        select(warehouse, V2, Narrowing(query=query)),
    ):
        pass


def test_a_missing_file_of_a_query_is_told(tmp_path):
    with pytest.raises(ExportError, match=r"none\.sql: cannot be read"):
        Narrowing.given(None, tmp_path / "none.sql")


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """Write what dbt leaves of one model over one raw table."""
    file = tmp_path / "target/compiled/lyre/m.sql"
    file.parent.mkdir(parents=True)
    file.write_text("select track_id, year as year, path from raw.msd_songs")
    node = {
        "resource_type": "model",
        "package_name": "lyre",
        "original_file_path": "m.sql",
        "schema": "marts",
        "alias": "training_set_v2",
        "name": "training_set",
        "version": None,
    }
    manifest = tmp_path / "target/manifest.json"
    manifest.write_text(json.dumps({"nodes": {"model.lyre.m": node}}))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))


@pytest.mark.usefixtures("compiled")
def test_the_lineage_of_what_narrows_is_told(warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.msd_songs (track_id text, year int, path text)"
        )
    query = "select track_id from marts.training_set_v2"
    with select(warehouse, V2, Narrowing("year > 1", query)) as selection:
        assert selection.contents().lineage == {
            "year": ["raw.msd_songs.year"],
            "track_id": ["raw.msd_songs.track_id"],
        }


def test_without_dbt_there_is_no_lineage(warehouse, tmp_path, monkeypatch):
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "none"))
    with select(warehouse, V2, Narrowing("year > 1")) as selection:
        assert selection.contents().lineage is None


def test_names_that_are_not_utf8_are_told_by_their_bytes(make_warehouse, rows):
    rows[0] = (*rows[0][:7], "caf\\xe9.wav", *rows[0][8:])
    warehouse = make_warehouse(rows)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.stg_audio__files (path text, path_bytes blob)"
        )
        connection.execute(
            "insert into staging.stg_audio__files values (?, ?), ('1/1.wav', null)",
            ["caf\\xe9.wav", b"caf\xe9.wav"],
        )
    with select(warehouse, V2) as selection:
        assert selection.names() == {"caf\\xe9.wav": b"caf\xe9.wav"}


def test_conditions_have_one_spelling():
    usual = normalize_condition("year >= 1990 and title is not null")
    assert normalize_condition("year>=1990 AND  title IS NOT NULL") == usual
    assert normalize_condition("year > 1990 and title is not null") != usual


def test_a_missing_table_tells_to_build(tmp_path):
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    with (
        pytest.raises(ExportError, match=r"training_set\.v2: .*dbt build"),
        select(path, V2),
    ):
        pass


@pytest.mark.parametrize("empty", ["train", "validation", "test"])
def test_no_split_may_be_empty(make_warehouse, rows, empty):
    warehouse = make_warehouse([row for row in rows if row[9] != empty])
    with (
        pytest.raises(ExportError, match=f"no track in the split {empty}"),
        select(warehouse, V2),
    ):
        pass


def test_an_empty_table_is_told(make_warehouse):
    warehouse = make_warehouse([])
    with pytest.raises(ExportError, match="no track"), select(warehouse, V2):
        pass
    told = r"no track; marts\.cleaning_funnel_v2 counts what each rule took"
    with (
        pytest.raises(ExportError, match=told),
        select(warehouse, V2, every_split=False),
    ):
        pass


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        (1, "TR0000000000000001", "tracks are repeated in 1 row"),
        (7, None, "NULL in 1 row"),
        (9, "valid", "unknown split 'valid'"),
    ],
)
def test_rows_that_break_the_contract_are_told(
    make_warehouse, rows, column, value, told
):
    rows[0] = (*rows[0][:column], value, *rows[0][column + 1 :])
    warehouse = make_warehouse(rows)
    with pytest.raises(ExportError, match=told), select(warehouse, V2):
        pass


def test_positions_must_be_whole(make_warehouse, rows):
    warehouse = make_warehouse(rows)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.training_vocabulary_v2 where tag='jazz'")
    with (
        select(warehouse, V2) as selection,
        pytest.raises(ExportError, match=r"not 0, 1, 2"),
    ):
        selection.vocabulary()
