"""Every model on Spark holds the rows that it holds in DuckDB."""

import contextlib
import math
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.parquet import write_raw

pytestmark = [pytest.mark.java, pytest.mark.slow]

_ROOT = Path(__file__).resolve().parents[3]
_SCHEMAS = ("staging", "cleaning", "marts", "seeds")
# Thresholds at which a small sample has tags, vocabularies and links at all.
_VARS = (
    "{tag_target_min_count: 5, tag_pool_min_count: 2, vocabulary_size: 10,"
    " min_positives_per_split: 0, repair_labels_v1: add, repair_labels: add,"
    " repair_min_tracks: 2, duplicates_share_tags: true}"
)


@dataclass(frozen=True)
class Both:
    """One project, built by both engines."""

    folder: Path

    def run(self, *command: str) -> None:
        own = ("LYRE_", "DBT_")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(own)}
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=kept | {"PYTHONPATH": str(_ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]

    def relations(self) -> list[tuple[str, str]]:
        """Return schema and name of all that DuckDB built."""
        with duckdb.connect(
            str(self.folder / "data/lyre.duckdb"), read_only=True
        ) as db:
            return db.execute(
                "select table_schema, table_name from information_schema.tables "
                f"where table_schema in {_SCHEMAS} and table_name <> 'builds' "
                "order by all"
            ).fetchall()

    def in_duckdb(self, relation: str) -> list[dict[str, Any]]:
        with duckdb.connect(
            str(self.folder / "data/lyre.duckdb"), read_only=True
        ) as db:
            db.execute("set TimeZone = 'UTC'")
            rows = db.execute(f"select * from {relation}")
            names = [column[0] for column in rows.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("spark")
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(_ROOT / name, folder / name)
    shutil.copytree(_ROOT / "warehouse", folder / "warehouse")
    (folder / "lyre.toml").write_text('data_dir = "data"\n', encoding="utf-8")
    project = Both(folder)
    project.run("sample", "--out", "data/sources", "--tracks", "200")
    project.run("ingest", "all")
    project.run("dbt.cli.main", "run", "--vars", _VARS)
    with duckdb.connect(str(folder / "data/lyre.duckdb"), read_only=True) as db:
        write_raw(db, folder / "data" / "parquet")
    # Twice: the second run finds the tables of the first.
    for _ in range(2):
        project.run("dbt.cli.main", "run", "--target", "spark", "--vars", _VARS)
    return project


def _in_spark(
    folder: Path, relations: list[tuple[str, str]]
) -> list[list[dict[str, Any]]]:
    """Fetch the rows of relations.

    In a process of its own, as one that has started Spark for another test keeps that
    one's tables and working folder.
    """
    from pyspark.sql import SparkSession

    data = folder / "data" / "spark"
    url = f"jdbc:derby:;databaseName={data / 'metastore'}"
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.catalogImplementation", "hive")
        .config("spark.sql.warehouse.dir", str(data / "tables"))
        .config("spark.hadoop.javax.jdo.option.ConnectionURL", url)
    )
    # Views over data/parquet start where dbt was started.
    with contextlib.chdir(folder):
        session = builder.getOrCreate()
    session.conf.set("spark.sql.shuffle.partitions", "2")
    try:
        return [
            [row.asDict() for row in session.table(".".join(relation)).collect()]
            for relation in relations
        ]
    finally:
        session.stop()


def test_every_relation_holds_the_same_rows(both: Both) -> None:
    relations = both.relations()
    assert len(relations) > 84
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        in_spark = pool.submit(_in_spark, both.folder, relations).result()
    differing = []
    for relation, found in zip(relations, in_spark, strict=True):
        difference = _difference(both.in_duckdb(".".join(relation)), found)
        if difference:
            differing.append(f"{'.'.join(relation)}: {difference}")
    assert differing == []


def _difference(expected: list[dict[str, Any]], found: list[dict[str, Any]]) -> str:
    """Say how rows differ, whatever their order; "" if they do not."""
    if expected and found and list(expected[0]) != list(found[0]):
        return f"columns {list(found[0])} instead of {list(expected[0])}"
    pairs = zip_longest(sorted(expected, key=_key), sorted(found, key=_key))
    for one, other in pairs:
        if one is None or other is None or not _are_equal(one, other):
            return f"{other} instead of {one} ({len(found)} and {len(expected)} rows)"
    return ""


def _key(row: Mapping[str, Any]) -> str:
    """Order rows by all that is no fraction, which may differ in its last digits."""
    return repr([_plain(v) for v in row.values() if not isinstance(v, float)])


def _are_equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(_is_same(one[name], other[name]) for name in one)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(_plain(one) == _plain(other))


def _plain(value: Any) -> Any:
    """Give what both clients return for one value the same type."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, bytearray):
        return bytes(value)
    return value
