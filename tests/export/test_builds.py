"""What the manifest says of dbt's vars, and builds that did not come to their end.

The builds are written by hand: `training_set_v2` is made of `excluded_tracks_v2`, that
of `tags_v2`. `tests/warehouse/dbt/test_builds.py` looks at what dbt writes.
"""

import json
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from export.errors import ExportError
from export.recipe import Recipe
from export.selection import select
from export.tables import write_sqlite

V2 = Recipe("v2")
RULES, TAGS = "marts.excluded_tracks_v2", "marts.tags_v2"
OTHERS = (V2.vocabulary, V2.funnel, "marts.tracks")
PARENTS = {
    V2.table: [RULES],
    RULES: [TAGS],
    V2.tag_numbers: [V2.track_labels],
}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def build(warehouse, minute, *models, **dbt_vars):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table if not exists marts.builds (model varchar,"
            " built_at timestamptz, parents varchar[], vars json)"
        )
        made = NOON + timedelta(minutes=minute)
        for model in models:
            connection.execute(
                "insert into marts.builds values (?, ?, ?, ?)",
                [model, made, PARENTS.get(model, []), json.dumps(dbt_vars)],
            )


def contents(warehouse):
    with select(warehouse, V2) as selection:
        return selection.contents()


@pytest.mark.field_report("R22")
def test_the_vars_of_the_last_build_are_told(warehouse):
    for minute, weight in ((0, 50), (10, 0)):
        dbt_vars = {"min_weight": weight, "split": ["artist"]}
        build(warehouse, minute, TAGS, *OTHERS, **dbt_vars)
        build(warehouse, minute + 1, RULES, **dbt_vars)
        build(warehouse, minute + 2, V2.table, **dbt_vars)
    build(warehouse, 20, "marts.tags_v1", min_weight=7)
    told = contents(warehouse)
    assert told.dbt_vars == {"min_weight": 0, "split": ["artist"]}
    assert told.other_dbt_vars == {}


@pytest.mark.field_report("R22")
def test_other_vars_of_what_it_is_made_of_are_told(warehouse):
    build(warehouse, 0, TAGS, min_weight=50, seed="lyre")
    build(warehouse, 1, RULES, *OTHERS, min_weight=0, seed="lyre")
    build(warehouse, 2, V2.table, min_weight=0, seed="lyre")
    told = contents(warehouse)
    assert told.dbt_vars == {"min_weight": 0, "seed": "lyre"}
    assert told.other_dbt_vars == {TAGS: {"min_weight": 50}}


def test_what_the_warehouse_does_not_say_is_null(warehouse):
    assert contents(warehouse).dbt_vars is None
    assert contents(warehouse).other_dbt_vars == {}
    build(warehouse, 0, V2.table, *OTHERS, min_weight=0)
    told = contents(warehouse)
    assert told.dbt_vars == {"min_weight": 0}
    assert told.other_dbt_vars == {RULES: None}


def test_a_run_that_did_not_come_to_its_end_is_refused(warehouse):
    for minute, model in enumerate((TAGS, RULES, V2.table)):
        build(warehouse, minute, model)
    build(warehouse, 10, TAGS)
    with pytest.raises(ExportError) as told:
        contents(warehouse)
    assert str(told.value) == (
        "marts.excluded_tracks_v2: it is of an earlier build than marts.tags_v2, of "
        "which it is made; run `dbt run` to its end"
    )
    build(warehouse, 11, RULES)
    with pytest.raises(ExportError, match=r"^marts\.training_set_v2: it is of an "):
        contents(warehouse)
    build(warehouse, 12, V2.table)
    contents(warehouse)


def test_tags_of_one_build_and_numbers_of_another_are_no_database(warehouse, tmp_path):
    """A tag without a number would be left out, with all its pairs."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"create table {V2.track_labels} as select 'msd' as source,"
            " 'TRA' as track_id, unnest(['rock', 'new']) as tag, 1.0 as weight"
        )
        connection.execute(
            f"create table {V2.tag_numbers} as select 'rock' as tag, 1 as number"
        )
    build(warehouse, 0, V2.track_labels)
    build(warehouse, 1, V2.tag_numbers)
    build(warehouse, 2, V2.track_labels)
    file, told = tmp_path / "clean.db", r"^marts\.tag_numbers_v2: it is of an earlier"
    with pytest.raises(ExportError, match=told):
        write_sqlite(warehouse, V2, file)
    assert not file.exists()
