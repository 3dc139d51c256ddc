"""How dbt opens the warehouse."""

import shutil
from pathlib import Path
from typing import Any

from tests.warehouse.dbt import held_once


def test_a_warehouse_held_for_a_moment(raw_project: Any, tmp_path: Path) -> None:
    own = type(raw_project)(tmp_path, raw_project.target)
    shutil.copy(raw_project.warehouse, own.warehouse)
    words = ("run", "--select", "stg_msd__songs")
    done = own.dbt(*words, module=held_once.__name__)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("\nwaited\n")
    # Other tests may have built the others before.
    last = "select arg_max(model, built_at) from marts.builds"
    assert own.rows(last) == [("staging.stg_msd__songs",)]
