"""Plain pandas makes the same rows as dbt, or the benchmark of the warehouse fails."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from benchmarks.pandas_recipes import compare
from benchmarks.warehouse import measure


@pytest.mark.slow
def test_pandas_makes_the_rows_of_dbt(tmp_path: Path) -> None:
    measured = measure(tmp_path, 1000, None, with_pandas=True)
    assert [each["step"] for each in measured if each["step"] != "query"] == [
        "dbt run, training sets",
        "pandas, training sets",
        "dbt run",
        "pandas",
    ]


def test_rows_of_one_side_alone_are_told(tmp_path: Path) -> None:
    path = tmp_path / "lyre.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema marts; create table marts.splits as select * from "
            "(values ('TRA', 'train'), ('TRB', 'test')) as rows (track_id, split)"
        )
    ours = pd.DataFrame({"track_id": ["TRA", "TRB"], "split": ["train", "test"]})
    ours.to_parquet(tmp_path / "splits.parquet")
    compare(path, tmp_path)
    ours.iloc[:1].to_parquet(tmp_path / "splits.parquet")
    with pytest.raises(ValueError, match=r"differ from dbt's: \{'splits': 1\}"):
        compare(path, tmp_path)
    ours.assign(split="train").to_parquet(tmp_path / "splits.parquet")
    with pytest.raises(ValueError, match=r"differ from dbt's: \{'splits': 2\}"):
        compare(path, tmp_path)
