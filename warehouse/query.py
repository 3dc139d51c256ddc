"""Ad-hoc SQL on the warehouse that can neither change it nor reach anything else.

Two guards: DuckDB's own configuration closes files, network, extensions and Python
variables (a read-only connection alone leaves them open), and only a single SELECT is
run at all. A time limit stops what takes too long.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from lyre.counting import counted
from lyre.errors import shortened
from warehouse.database import open_to_read
from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    import pyarrow
    from sqlglot.expressions import Expr

DIALECTS = ("duckdb", "postgres", "spark", "sqlite")
SECONDS = 30.0

# Options of a connection that runs a user's SQL, also in part.
LOCKED = {
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "lock_configuration": True,
}
_SELECT = duckdb.StatementType.SELECT.name
_ROWS_AT_ONCE = 10_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Of what DuckDB says of a mistake; it quotes the word that it does not know.
_LONGEST = 1_000


@dataclass(frozen=True)
class Answer:
    """Rows of a query, read as they are asked for.

    Attributes
    ----------
    columns : list of str
        Names of the columns.
    rows : iterator of tuple
        Values as Python objects, one tuple a row.
    """

    columns: list[str]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def ask(
    path: Path, sql: str, *, seconds: float = SECONDS, dialect: str = "duckdb"
) -> Iterator[Answer]:
    """Run one SELECT on the warehouse.

    Parameters
    ----------
    path : Path
        The DuckDB file, usually ``lyre.settings.load().warehouse``.
    sql : str
        A single SELECT; a semicolon at its end is allowed.
    seconds : float
        Time limit for running the query and reading its rows.
    dialect : str
        One of `DIALECTS`; others than ``"duckdb"`` are translated first.

    Yields
    ------
    Answer
        Valid until the block ends.

    Raises
    ------
    WarehouseError
        The warehouse cannot be opened, or the query is refused, wrong or too slow.

    Examples
    --------
    >>> with ask(settings.load().warehouse, "select 1 as one") as answer:
    ...     print(answer.columns, list(answer.rows))
    ['one'] [(1,)]
    """
    with _guarded(path, sql, seconds, dialect) as (connection, statement):
        connection.execute(statement)
        columns = [column[0] for column in connection.description or []]
        yield Answer(columns, _rows(connection))


@contextmanager
def ask_for_batches(
    path: Path, sql: str, *, seconds: float = SECONDS, dialect: str = "duckdb"
) -> Iterator["pyarrow.RecordBatchReader"]:
    """Run one SELECT as `ask` does, and keep its types.

    Yields
    ------
    pyarrow.RecordBatchReader
        The rows in batches, valid until the block ends.
    """
    with _guarded(path, sql, seconds, dialect) as (connection, statement):
        yield connection.sql(statement).to_arrow_reader(_ROWS_AT_ONCE)


@contextmanager
def _guarded(
    path: Path, sql: str, seconds: float, dialect: str
) -> Iterator[tuple[duckdb.DuckDBPyConnection, duckdb.Statement]]:
    text = in_duckdb(sql, dialect)
    with open_to_read(path, LOCKED) as connection:
        statement = only_select(connection, text)
        with _time_limit(connection, seconds), _told(seconds):
            yield connection, statement


def only_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """Return the one SELECT that a text holds.

    Raises
    ------
    WarehouseError
        The text is wrong, or is anything but one SELECT.
    """
    if not _is_unicode(sql):
        raise WarehouseError("the text is not valid UTF-8", where="query")
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise WarehouseError(_sentence(error), where="query") from error
    if len(statements) != 1:
        raise WarehouseError(
            counted(len(statements), "statement"), where="query", expected="one SELECT"
        )
    if (kind := _kind(statements[0])) != _SELECT:
        raise WarehouseError(
            f"{kind} is refused",
            where="query",
            expected="one SELECT",
            remedy="the warehouse is changed by python -m ingest and dbt alone",
        )
    return statements[0]


def _kind(statement: duckdb.Statement) -> str:
    """Return the kind of a statement; for some the Python client has no name."""
    try:
        return str(statement.type.name)
    except ValueError:
        return "this kind of statement"


def _is_unicode(sql: str) -> bool:
    try:
        sql.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_names(
    connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement
) -> None:
    """Look up all tables, columns and functions of a SELECT, and run nothing.

    Raises
    ------
    WarehouseError
        The warehouse lacks one, or knows none of this kind.
    """
    try:
        connection.sql(statement)
    except duckdb.Error as error:
        raise WarehouseError(_sentence(error), where="query") from error


def in_duckdb(sql: str, dialect: str) -> str:
    """Return a text in DuckDB's dialect.

    Raises
    ------
    WarehouseError
        The dialect is unknown, or the text is not of it.
    """
    if dialect == "duckdb":
        return sql
    # Imported only where it is needed.
    import sqlglot

    if dialect not in DIALECTS:
        raise WarehouseError(
            f"no dialect {dialect!r}", expected=" or ".join(DIALECTS), where="query"
        )
    try:
        statements = sqlglot.parse(sql, read=dialect)
        if dialect == "sqlite":
            statements = [_without_case(statement) for statement in statements]
        return ";\n".join(
            statement.sql(dialect="duckdb") if statement else ""
            for statement in statements
        )
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise WarehouseError(
            f"not understood as {dialect}: {_first_paragraph(str(error))}",
            where="query",
        ) from error


def _without_case(statement: "Expr | None") -> "Expr | None":
    """Let LIKE find letters of either case, as SQLite does and sqlglot does not say."""
    from sqlglot import exp

    for like in list(statement.find_all(exp.Like)) if statement else ():
        like.replace(exp.ILike(**like.args))
    return statement


@contextmanager
def _time_limit(
    connection: duckdb.DuckDBPyConnection, seconds: float
) -> Iterator[None]:
    timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _told(seconds: float) -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException as error:
        raise WarehouseError(
            f"stopped after {seconds:g} s", where="query", remedy="raise --seconds"
        ) from error
    except duckdb.Error as error:
        raise WarehouseError(_sentence(error), where="query") from error


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := connection.fetchmany(_ROWS_AT_ONCE):
        yield from rows


def _sentence(error: duckdb.Error) -> str:
    return _first_paragraph(str(error))


def _first_paragraph(text: str) -> str:
    """Drop the excerpt of the query, which DuckDB sets off by an empty line.

    So are the colours dropped with which sqlglot marks a place in it.
    """
    first = _COLOUR.sub("", text).split("\n\n")[0]
    return shortened(" ".join(first.split()), _LONGEST)
