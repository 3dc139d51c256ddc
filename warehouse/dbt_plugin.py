"""Let dbt find the warehouse of ``lyre.toml``, and say in a sentence why it cannot.

dbt-duckdb loads this module by the ``plugins`` entry of ``profiles.yml``; the settings
stay in one file that dbt itself cannot read.
"""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from lyre import settings
from lyre.errors import LyreError
from warehouse.database import open_to_write

_INGEST_FIRST = "run python -m ingest all first"
_RAW_TABLES = "select count(*) from duckdb_tables() where schema_name = 'raw'"


class Plugin(BasePlugin):
    """Points the connection of dbt-duckdb at the warehouse."""

    def update_connection_config(
        self, creds: DuckDBCredentials, config: dict[str, Any]
    ) -> None:
        """Set path and memory of the database, and where it goes beyond the memory.

        Raises
        ------
        DbtRuntimeError
            The file or its raw tables are missing, another process holds it, or its
            name is not the catalog name of ``profiles.yml``. dbt prints the message
            and exits with 2.
        """
        try:
            loaded = settings.load()
            path = loaded.warehouse.absolute()
        except LyreError as error:
            raise DbtRuntimeError(str(error)) from error
        _check_name(path, creds.database)
        _check_contents(path)
        creds.path = str(path)
        if loaded.memory_limit:
            creds.settings = {
                **(creds.settings or {}),
                "memory_limit": loaded.memory_limit,
            }
        if loaded.temp_dir:
            # At the start, since DuckDB cannot change it once it is in use.
            config["temp_directory"] = str(loaded.temp_dir.absolute())


def _check_name(path: Path, catalog: str) -> None:
    """Insist on the name that the views hold; DuckDB takes it from the file's."""
    if path.stem != catalog:
        raise DbtRuntimeError(
            f"the warehouse {path} must be called {catalog}{path.suffix}, because its "
            "views refer to it by that name; change warehouse_path in lyre.toml"
        )


def _check_contents(path: Path) -> None:
    if not path.is_file():
        raise DbtRuntimeError(f"no warehouse at {path} yet; {_INGEST_FIRST}")
    try:
        with open_to_write(path) as connection:
            row = connection.execute(_RAW_TABLES).fetchone()
    except LyreError as error:
        raise DbtRuntimeError(str(error)) from error
    if row is None or row[0] == 0:
        raise DbtRuntimeError(f"no raw tables in {path} yet; {_INGEST_FIRST}")
