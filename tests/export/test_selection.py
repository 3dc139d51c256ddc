import hashlib
import json

import duckdb
import pytest

from export.errors import ExportError
from export.recipe import Recipe
from export.selection import normalize, select

V2 = Recipe("v2")


def checksum(warehouse, where=None):
    with select(warehouse, V2, where) as selection:
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
    with select(warehouse, V2, None) as selection:
        found = [
            (row.split, hashlib.md5(f"msd/{row.track_id}".encode()).hexdigest())
            for row in selection.rows()
        ]
    assert len(found) == 40
    assert found == sorted(found)


def test_extents_vocabulary_and_funnel(warehouse):
    with select(warehouse, V2, None) as selection:
        assert selection.extents()["train"].tracks == 32
        assert selection.extents()["test"].seconds == 4.0
        assert [tag.tag for tag in selection.vocabulary()] == ["rock", "jazz", "piano"]
        assert [each.n_left for each in selection.funnel()] == [45, 40]


def test_a_condition_narrows(make_warehouse, rows):
    rows[0] = (*rows[0][:5], 1950, *rows[0][6:])
    warehouse = make_warehouse(rows)
    with select(warehouse, V2, "year >= 1960 -- modern") as selection:
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
        select(warehouse, V2, where),
    ):
        pass


def test_a_condition_on_an_unknown_column_is_told(warehouse):
    with (
        pytest.raises(ExportError, match=r"yaer > 1990: .*yaer"),
        select(warehouse, V2, "yaer > 1990"),
    ):
        pass


def test_a_condition_cannot_reach_files(warehouse, tmp_path):
    (tmp_path / "secret.txt").write_text("x")
    reads = f"len(read_text('{tmp_path}/secret.txt')) > 0"
    with pytest.raises(ExportError), select(warehouse, V2, reads):
        pass


def test_conditions_have_one_spelling():
    assert normalize("year>=1990 AND title IS NOT NULL") == normalize(
        "(year >= 1990) and title is not null".replace("(", "").replace(")", "")
    )


def test_a_missing_table_tells_to_build(tmp_path):
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    with (
        pytest.raises(ExportError, match=r"training_set\.v2: .*dbt build"),
        select(path, V2, None),
    ):
        pass


@pytest.mark.parametrize("empty", ["train", "validation", "test"])
def test_no_split_may_be_empty(make_warehouse, rows, empty):
    warehouse = make_warehouse([row for row in rows if row[9] != empty])
    with (
        pytest.raises(ExportError, match=f"no track in the split {empty}"),
        select(warehouse, V2, None),
    ):
        pass


def test_an_empty_table_is_told(make_warehouse):
    warehouse = make_warehouse([])
    with pytest.raises(ExportError, match="no track"), select(warehouse, V2, None):
        pass


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        (1, "TR0000000000000001", "1 rows repeat a track"),
        (7, None, "1 rows hold NULL"),
        (9, "valid", "unknown split 'valid'"),
    ],
)
def test_rows_that_break_the_contract_are_told(
    make_warehouse, rows, column, value, told
):
    rows[0] = (*rows[0][:column], value, *rows[0][column + 1 :])
    warehouse = make_warehouse(rows)
    with pytest.raises(ExportError, match=told), select(warehouse, V2, None):
        pass


def test_positions_must_be_whole(make_warehouse, rows):
    warehouse = make_warehouse(rows)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.training_vocabulary_v2 where tag='jazz'")
    with (
        select(warehouse, V2, None) as selection,
        pytest.raises(ExportError, match=r"not 0, 1, 2"),
    ):
        selection.vocabulary()
