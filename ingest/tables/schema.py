"""How a raw table is described and made; the comments travel into the DuckDB file."""

from dataclasses import dataclass

import duckdb

SCHEMA = "raw"


@dataclass(frozen=True)
class Column:
    """A column: its name, DuckDB type and what it holds."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Table:
    """A table of the schema ``raw``."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        """Name with its schema."""
        return f"{SCHEMA}.{self.name}"

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]


def describe(name: str, comment: str, columns: str) -> Table:
    """Describe a table by lines of ``name TYPE comment``, one per column."""
    parsed = (line.strip().split(maxsplit=2) for line in columns.strip().splitlines())
    return Table(name, comment, tuple(Column(*parts) for parts in parsed))


def replace_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Put an empty table in the place of the old one; a rollback brings that back."""
    columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
    name = table.full_name
    connection.execute(f"create or replace table {name} ({columns})")
    _comment(connection, table)


def add_columns(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Add the columns that a table of an older version lacks, filled with NULL."""
    for column in table.columns:
        connection.execute(
            f"alter table {table.full_name} "
            f'add column if not exists "{column.name}" {column.type}'
        )
    _comment(connection, table)


def _comment(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    name = table.full_name
    connection.execute(f"comment on table {name} is {_quoted(table.comment)}")
    for column in table.columns:
        connection.execute(
            f'comment on column {name}."{column.name}" is {_quoted(column.comment)}'
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
