"""From which raw columns each column of a query comes.

dbt leaves the SQL of every model in its target folder; sqlglot follows each output
column of a query through those models down to the raw tables and seeds.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from warehouse.database import open_to_read
from warehouse.errors import WarehouseError
from warehouse.query import LOCKED, only_select

_RUN_DBT = "run dbt build in the project first"

Schema = dict[str, object]


@dataclass(frozen=True)
class Source:
    """Where an output column comes from.

    Attributes
    ----------
    column : str
        Column of the query's result.
    origins : tuple of str
        Columns of raw tables and seeds, as ``schema.table.column``, sorted; none for
        a constant.
    """

    column: str
    origins: tuple[str, ...]


def trace(warehouse: Path, sql: str, target: Path | None = None) -> list[Source]:
    """Follow the columns of a SELECT down to what was loaded.

    A column counts as an origin if its value reaches the output; columns that only
    filter, join, group or order rows do not.

    Parameters
    ----------
    warehouse : Path
        The DuckDB file that the query is for.
    sql : str
        One SELECT in DuckDB's dialect.
    target : Path or None
        dbt's target folder; default: ``DBT_TARGET_PATH`` or ``target``.

    Raises
    ------
    WarehouseError
        The query is refused or wrong, or dbt has not built the models.

    Examples
    --------
    >>> trace(path, "select decade from marts.tracks")
    [Source(column='decade', origins=('raw.msd_songs.year',))]
    """
    models = _compiled_models(
        target or Path(os.environ.get("DBT_TARGET_PATH", "target"))
    )
    with open_to_read(warehouse, LOCKED) as connection:
        only_select(connection, sql)
        schema = _schema(connection)
    tracer = _Tracer(models, schema)
    try:
        query = tracer.scope(sql)
        return [
            Source(column, tuple(sorted(tracer.origins_in(query, column))))
            for column in _columns(query)
        ]
    except (sqlglot.errors.SqlglotError, ValueError) as error:
        raise WarehouseError(
            f"the query cannot be followed: {str(error).splitlines()[0]}",
            where="query",
        ) from error


class _Tracer:
    """Follows columns model by model, each model's column once.

    sqlglot could expand all models into one query, which takes a minute where this
    takes a second.
    """

    def __init__(self, models: Mapping[str, str], schema: Schema) -> None:
        self._models = models
        self._schema = schema
        self._scopes: dict[str, Scope] = {}
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def scope(self, sql: str) -> Scope:
        """Resolve the names of a query, stars included."""
        query = qualify(
            sqlglot.parse_one(sql, dialect="duckdb"),
            dialect="duckdb",
            schema=self._schema,
            identify=False,
            validate_qualify_columns=False,
        )
        scope = build_scope(query)
        if scope is None:
            raise ValueError("it is no SELECT")
        return scope

    def origins_in(self, scope: Scope, column: str) -> frozenset[str]:
        """Return what a query's output column comes from, through all models."""
        root = lineage(
            column,
            scope.expression,
            schema=self._schema,
            scope=scope,
            dialect="duckdb",
        )
        found: set[str] = set()
        for node in root.walk():
            if not node.downstream and isinstance(node.expression, exp.Table):
                table = f"{node.expression.db}.{node.expression.name}"
                found |= self._origins(table, node.name.rsplit(".", 1)[-1].strip('"'))
        return frozenset(found)

    def _origins(self, table: str, column: str) -> frozenset[str]:
        if table not in self._models:
            return frozenset({f"{table}.{column}"})
        if (table, column) not in self._known:
            if table not in self._scopes:
                self._scopes[table] = self.scope(self._models[table])
            self._known[table, column] = self.origins_in(self._scopes[table], column)
        return self._known[table, column]


def _columns(scope: Scope) -> list[str]:
    query = scope.expression
    if not isinstance(query, exp.Query):
        raise ValueError("it is no SELECT")
    return query.named_selects


def _compiled_models(target: Path) -> dict[str, str]:
    """Return the SQL of each model by ``schema.name``, without the catalog's name."""
    try:
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WarehouseError(
            "dbt's manifest is missing or damaged", where=target, remedy=_RUN_DBT
        ) from error
    models = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model":
            continue
        compiled = target.joinpath(
            "compiled", node["package_name"], node["original_file_path"]
        )
        if not compiled.is_file():
            raise WarehouseError(
                f"the model {node['alias']} is not compiled",
                where=compiled,
                remedy=_RUN_DBT,
            )
        sql = compiled.read_text(encoding="utf-8")
        for name in _names(node):
            models[f"{node['schema']}.{name}"] = sql.replace('"lyre".', "")
    return models


def _names(node: Mapping[str, Any]) -> set[str]:
    latest = node.get("version") and node["version"] == node["latest_version"]
    return {node["alias"], node["name"]} if latest else {node["alias"]}


def _schema(connection: duckdb.DuckDBPyConnection) -> Schema:
    schema: dict[str, dict[str, dict[str, str]]] = {}
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where not internal"
    ).fetchall()
    for space, table, column, kind in rows:
        schema.setdefault(space, {}).setdefault(table, {})[column] = kind
    return {**schema}
