"""Narrowing a recipe by SQL: a condition on its columns, or a query for its tracks.

Both are a user's own text. It runs as it stands, guarded by `warehouse.query`; the
manifest holds it in sqlglot's spelling, with the raw columns that it rests on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from export.errors import ExportError
from export.recipe import Recipe, Row
from lyre.errors import said
from warehouse.errors import WarehouseError
from warehouse.query import ask

_SECONDS = 600.0
_COLUMNS = {field.name for field in fields(Row)}
_KEYS = ("source", "track_id")


@dataclass(frozen=True)
class Narrowing:
    """What narrows a recipe; both parts where both are given.

    Parameters
    ----------
    where : str, optional
        A condition over the columns of the final table, such as ``year >= 1990``.
    query : str, optional
        One SELECT that gives ``track_id``, and ``source`` where ids of several
        sources may be equal. Other columns are not looked at.
    """

    where: str | None = None
    query: str | None = None

    @classmethod
    def given(cls, where: str | None, file: Path | None) -> "Narrowing":
        """Take a condition, and a query from a file.

        Raises
        ------
        ExportError
            The file cannot be read as text.
        """
        try:
            text = None if file is None else file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or said(error)
            raise ExportError(
                f"cannot be read: {reason}", where=file, expected="a file with SQL"
            ) from error
        return cls(where, text)

    def told(self) -> str | None:
        """Return it for a message, in SQL's order."""
        if self.query is None:
            return self.where
        return f"{self.where or 'true'} and track_id in (the query)"


def normalize_condition(where: str) -> str:
    """Return a condition in a canonical spelling.

    Raises
    ------
    ExportError
        The text is no single condition, or holds a query of its own.
    """
    from sqlglot import errors, exp

    try:
        condition = exp.condition(where, dialect="duckdb")
    except (errors.ParseError, errors.TokenError, RecursionError) as error:
        raise ExportError(
            "not one SQL condition", where=where, expected="such as year >= 1990"
        ) from error
    if condition.find(exp.Query, exp.Command, exp.DML) is not None:
        raise ExportError(
            "queries are not allowed in a condition",
            where=where,
            expected="a condition over the columns of the final table",
            remedy="give a query as a file, with --select",
        )
    return condition.sql(dialect="duckdb")


def normalize_query(query: str) -> str:
    """Return a query in a canonical spelling, without comments.

    Raises
    ------
    ExportError
        The text is no single query.
    """
    import sqlglot

    try:
        parsed = sqlglot.parse_one(query, dialect="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise ExportError(
            f"sqlglot cannot read the query: {said(error)}",
            where="--select",
            expected="one SELECT that gives track_id",
        ) from error
    return parsed.sql(dialect="duckdb", comments=False)


def keys(warehouse: Path, query: str) -> Iterator[tuple[str | None, str]]:
    """Yield source (None where the query gives none) and id of each selected track.

    Raises
    ------
    ExportError
        The query is refused, wrong or too slow, or gives no ``track_id``.
    """
    try:
        with ask(warehouse, query, seconds=_SECONDS) as answer:
            names = [name.lower() for name in answer.columns]
            if names.count("track_id") != 1:
                raise ExportError(
                    f"the query gives {', '.join(names)}",
                    where="--select",
                    expected="one column track_id, and perhaps source",
                )
            source, track = (names.index(n) if n in names else None for n in _KEYS)
            for row in answer.rows:
                if track is not None and row[track] is not None:
                    yield None if source is None else row[source], str(row[track])
    except WarehouseError as error:
        raise ExportError(
            error.what, where="--select", expected=error.expected
        ) from error


def lineage(
    warehouse: Path, recipe: Recipe, narrowing: Narrowing
) -> dict[str, list[str]] | None:
    """Return the raw columns that each column of a narrowing comes from.

    They are the columns that a condition names, and those that a query gives.

    Returns
    -------
    dict or None
        None where nothing is narrowed, and where the models as dbt compiled them are
        not at hand, since an export needs no dbt.
    """
    from warehouse.lineage import trace

    queries = []
    if narrowing.where is not None and (named := _columns_of(narrowing.where)):
        queries.append(f"select {', '.join(named)} from {recipe.table}")  # noqa: S608
    if narrowing.query is not None:
        queries.append(narrowing.query)
    if not queries:
        return None
    try:
        return {
            source.column: list(source.origins)
            for query in queries
            for source in trace(warehouse, query)
        }
    except WarehouseError:
        return None


def _columns_of(where: str) -> list[str]:
    from sqlglot import exp

    condition = exp.condition(where, dialect="duckdb")
    named = {column.name.lower() for column in condition.find_all(exp.Column)}
    # A name that is no column is a parameter of a lambda.
    return sorted(named & _COLUMNS)
