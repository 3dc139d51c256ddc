"""What dbt writes into marts.builds about its own builds."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

_OF_EACH_MODEL = """
    select model, vars, parents, built_at from marts.builds
    qualify row_number() over (partition by model order by built_at {order}) = 1
"""
Builds = dict[str, tuple[dict[str, Any], set[str], datetime]]


def builds(project: Any, order: str) -> Builds:
    """Return the first build of each model (asc), or the last (desc)."""
    rows = project.rows(_OF_EACH_MODEL.format(order=order))
    return {
        model: (json.loads(dbt_vars), set(parents), built_at)
        for model, dbt_vars, parents, built_at in rows
    }


@pytest.mark.field_report("R22")
def test_every_model_has_its_vars_and_parents(project: Any) -> None:
    models = project.nodes("model")
    names = {node["unique_id"]: f"{node['schema']}.{node['alias']}" for node in models}
    # Other tests may have run parts of the project again.
    found = builds(project, "asc")
    assert found.keys() == set(names.values())
    for node in models:
        dbt_vars, parents, built_at = found[names[node["unique_id"]]]
        above = node["depends_on"]["nodes"]
        assert parents == {names[each] for each in above if each in names}
        assert all(found[parent][2] < built_at for parent in parents)
        # From --vars, and from dbt_project.yml.
        assert dbt_vars["vocabulary_size"] == 1
        assert dbt_vars["tag_min_weight"] == 0
        assert "raw_parquet" not in dbt_vars


def test_a_run_of_a_part_tells_of_that_part(project: Any, tmp_path: Path) -> None:
    own = type(project)(tmp_path, project.target)
    shutil.copy(project.warehouse, own.warehouse)
    before = builds(own, "desc")
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute("drop table raw.msd_mismatches")
    done = own.dbt(
        *("run", "--select", "stg_lastfm__tags", "stg_msd__mismatches"),
        dbt_vars="{tag_min_weight: 50}",
    )
    assert "ERROR=1" in done.stdout, done.stdout
    changed = {
        model: found[0]["tag_min_weight"]
        for model, found in builds(own, "desc").items()
        if found != before[model]
    }
    # A model that could not be made keeps what was said of it.
    assert changed == {"staging.stg_lastfm__tags": 50}
