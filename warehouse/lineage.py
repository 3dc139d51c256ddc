"""From which raw columns each column of a query comes.

dbt leaves the SQL of every model in its target folder; sqlglot follows each output
column of a query through those models down to the raw tables and seeds, and so the
columns that decide which rows there are: those in conditions that filter and join.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from lyre.documents import parse_json
from lyre.errors import said
from warehouse.database import open_to_read
from warehouse.errors import WarehouseError
from warehouse.query import LOCKED, check_names, only_select

_RUN_DBT = "run dbt build in the project first"

# Where a recursion finds all of its rows: no schema of tables.
_RECURRING = "recurring"

Schema = dict[str, object]
Use = Literal["filter", "join"]
_USES: tuple[Use, ...] = ("filter", "join")


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


@dataclass(frozen=True)
class Condition:
    """What the conditions of one kind read, in a query and all models that it rests on.

    Attributes
    ----------
    use : {"filter", "join"}
        ``"filter"``: WHERE, HAVING and QUALIFY; ``"join"``: ON and USING.
    origins : tuple of str
        Columns of raw tables and seeds, as in `Source`.
    """

    use: Use
    origins: tuple[str, ...]


def trace(warehouse: Path, sql: str, target: Path | None = None) -> list[Source]:
    """Follow the columns of a SELECT down to what was loaded.

    A column counts as an origin if its value reaches the output; those that only filter
    and join rows are told by `conditions`.

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
    with _following(warehouse, sql, target) as (tracer, query):
        return [
            Source(column, tuple(sorted(tracer.origins_in(query, column))))
            for column in _columns(query)
        ]


def conditions(
    warehouse: Path, sql: str, target: Path | None = None
) -> list[Condition]:
    """Follow what filters and joins the rows of a SELECT down to what was loaded.

    Conditions of every model that the query reads count, whichever of its columns the
    query takes: they decide which rows there are.

    Parameters
    ----------
    warehouse, sql, target
        As for `trace`.

    Returns
    -------
    list of Condition
        One of each kind.

    Raises
    ------
    WarehouseError
        As for `trace`.
    """
    with _following(warehouse, sql, target) as (tracer, query):
        found = tracer.conditions_in(query)
        return [
            Condition(use, tuple(sorted(name for kind, name in found if kind == use)))
            for use in _USES
        ]


@contextmanager
def _following(
    warehouse: Path, sql: str, target: Path | None
) -> Iterator[tuple["_Tracer", Scope]]:
    models = _compiled_models(
        target or Path(os.environ.get("DBT_TARGET_PATH", "target"))
    )
    with open_to_read(warehouse, LOCKED) as connection:
        check_names(connection, only_select(connection, sql))
        schema = _schema(connection)
        functions = _functions(connection)
    tracer = _Tracer(models, schema)
    try:
        _check_functions(sql, functions)
        yield tracer, tracer.scope(sql)
    except (sqlglot.errors.SqlglotError, ValueError, RecursionError) as error:
        raise WarehouseError(
            f"the query cannot be followed: {said(error)}",
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
        self._conditions: dict[str, frozenset[tuple[Use, str]]] = {}

    def scope(self, sql: str) -> Scope:
        """Resolve the names of a query, stars included."""
        parsed = sqlglot.parse_one(sql, dialect="duckdb")
        for table in parsed.find_all(exp.Table):
            if table.db == _RECURRING:
                table.set("db", None)
        query = qualify(
            parsed,
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
            self._known[table, column] = self.origins_in(self._model(table), column)
        return self._known[table, column]

    def conditions_in(self, scope: Scope) -> frozenset[tuple[Use, str]]:
        """Return what the conditions of a query and of its models read, by use."""
        found: set[tuple[Use, str]] = set()
        inside: dict[tuple[int, str], frozenset[str]] = {}
        for part in scope.traverse():
            for use, column in _columns_of_conditions(part):
                source = part.sources.get(column.table)
                if isinstance(source, Scope):
                    key = (id(source), column.name)
                    if key not in inside:
                        inside[key] = self.origins_in(source, column.name)
                    origins = inside[key]
                elif isinstance(source, exp.Table):
                    origins = self._origins(f"{source.db}.{source.name}", column.name)
                else:
                    continue  # A parameter of a lambda, or a value unnested.
                found |= {(use, origin) for origin in origins}
            for use, subquery in _subqueries_of_conditions(part):
                for name in _columns(subquery):
                    origins = self.origins_in(subquery, name)
                    found |= {(use, origin) for origin in origins}
            for source in part.sources.values():
                if isinstance(source, exp.Table):
                    found |= self._conditions_of(f"{source.db}.{source.name}")
        return frozenset(found)

    def _conditions_of(self, table: str) -> frozenset[tuple[Use, str]]:
        if table not in self._models:
            return frozenset()
        if table not in self._conditions:
            self._conditions[table] = self.conditions_in(self._model(table))
        return self._conditions[table]

    def _model(self, table: str) -> Scope:
        if table not in self._scopes:
            self._scopes[table] = self.scope(self._models[table])
        return self._scopes[table]


def _clauses(scope: Scope) -> Iterator[tuple[Use, exp.Expression]]:
    """Yield the conditions of one SELECT."""
    select = scope.expression
    parts: list[tuple[Use, exp.Expression | None]] = [
        ("filter", select.args.get(clause)) for clause in ("where", "having", "qualify")
    ]
    parts += [("join", join.args.get("on")) for join in select.args.get("joins") or ()]
    yield from ((use, part) for use, part in parts if part is not None)


def _columns_of_conditions(scope: Scope) -> Iterator[tuple[Use, exp.Column]]:
    """Yield the columns in the conditions of one SELECT, not of those inside it."""
    own = {id(column) for column in scope.columns}
    for use, condition in _clauses(scope):
        for column in condition.find_all(exp.Column):
            if id(column) in own:
                yield use, column


def _subqueries_of_conditions(scope: Scope) -> Iterator[tuple[Use, Scope]]:
    """Yield the SELECTs whose values the conditions of one SELECT compare with."""
    own = {id(inner.expression): inner for inner in scope.subquery_scopes}
    for use, condition in _clauses(scope):
        for query in condition.find_all(exp.Query):
            if id(query) in own and not isinstance(query.parent, exp.Exists):
                yield use, own[id(query)]


def _columns(scope: Scope) -> list[str]:
    query = scope.expression
    if not isinstance(query, exp.Query):
        raise ValueError("it is no SELECT")
    return query.named_selects


def _compiled_models(target: Path) -> dict[str, str]:
    """Return the SQL of each model by ``schema.name``, without the catalog's name."""
    try:
        manifest = parse_json((target / "manifest.json").read_bytes())
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


def _functions(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the names of the functions that dbt makes."""
    rows = connection.execute(
        "select function_name from duckdb_functions() where schema_name = 'marts'"
    ).fetchall()
    return {name for (name,) in rows}


def _check_functions(sql: str, functions: set[str]) -> None:
    for called in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Anonymous):
        if called.name.lower() in functions:
            raise ValueError(
                f"marts.{called.name} is a function, which is not looked into; "
                "name tables and views alone"
            )


def _schema(connection: duckdb.DuckDBPyConnection) -> Schema:
    schema: dict[str, dict[str, dict[str, str]]] = {}
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where not internal"
    ).fetchall()
    for space, table, column, kind in rows:
        schema.setdefault(space, {}).setdefault(table, {})[column] = kind
    return {**schema}
