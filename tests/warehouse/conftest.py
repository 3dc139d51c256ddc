"""A copy of the dbt project, and its compiled SQL to run on tables of a test's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from ingest.load import open_raw

_ROOT = Path(__file__).resolve().parents[2]
_COMPILED = [
    "tag_pool",
    "tag_links",
    "tag_genres",
    "tag_spellings",
    "clean_tags",
    "tag_spellings_agree",
    "tags_are_never_merged",
    "tags_v1_lists_agree",
    "tags_v1_are_not_genre_and_vocal",
]


@dataclass(frozen=True)
class DbtProject:
    """A copy of the dbt project with a warehouse of its own."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "data" / "lyre.duckdb"

    @property
    def seeds(self) -> Path:
        return self.folder / "warehouse" / "seeds"

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt in the copy."""
        own = ("LYRE_", "DBT_")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(own)}
        return subprocess.run(
            [str(Path(sys.executable).with_name("dbt")), *arguments],
            cwd=self.folder,
            env=environment | {"PYTHONPATH": str(_ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture(scope="session")
def copy_dbt_project() -> Callable[[Path], DbtProject]:
    """Return a function that copies the dbt project into a folder, with raw tables."""

    def copy(folder: Path) -> DbtProject:
        for name in ("dbt_project.yml", "profiles.yml"):
            shutil.copy(_ROOT / name, folder / name)
        shutil.copytree(_ROOT / "warehouse", folder / "warehouse")
        (folder / "lyre.toml").write_text('data_dir = "data"\n', encoding="utf-8")
        project = DbtProject(folder)
        with open_raw(project.warehouse):
            pass
        return project

    return copy


@dataclass(frozen=True)
class TagTables:
    """Tables that the compiled SQL of the tag models reads, and that SQL."""

    connection: duckdb.DuckDBPyConnection
    sql: dict[str, str] = field(repr=False)
    seeds: Path

    def fill(self, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
        """Replace a table, such as ``seeds.tags_v1_vocal``."""
        kept = [list(row) for row in rows]
        self.connection.execute(f"create or replace table lyre.{table} ({columns})")
        if kept:
            marks = ", ".join("?" * len(kept[0]))
            self.connection.executemany(
                f"insert into lyre.{table} values ({marks})", kept
            )

    def load_seed(self, name: str) -> None:
        """Replace a seed's table by the project's own rows."""
        self.connection.execute(
            f"create or replace table lyre.seeds.{name} as from read_csv("
            f"'{self.seeds / name}.csv', header = true, all_varchar = true)"
        )

    def build(self, *models: str) -> None:
        """Replace models by what their SQL gives."""
        for model in models:
            self.connection.execute(
                f"create or replace table lyre.cleaning.{model} as {self.sql[model]}"
            )

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Fetch a query's rows."""
        return self.connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def compiled_tags(
    copy_dbt_project: Callable[[Path], DbtProject],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, str], Path]:
    """Return the tag models' SQL as dbt compiles it, and the folder of the seeds."""
    project = copy_dbt_project(tmp_path_factory.mktemp("compiled"))
    done = project.dbt("compile", "--select", *_COMPILED)
    assert done.returncode == 0, done.stdout + done.stderr
    files = (project.folder / "target" / "compiled").rglob("*.sql")
    sql = {file.stem: file.read_text(encoding="utf-8") for file in files}
    return sql, project.seeds / "tags"


@pytest.fixture
def tag_tables(compiled_tags: tuple[dict[str, str], Path]) -> Iterator[TagTables]:
    """Yield empty tables for the tag models' SQL."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as lyre")
        for schema in ("staging", "cleaning", "seeds"):
            connection.execute(f"create schema lyre.{schema}")
        yield TagTables(connection, *compiled_tags)
