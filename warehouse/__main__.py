"""Ask the warehouse: ``python -m warehouse query "SELECT ..."``."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from lyre import settings
from lyre.console import command_line, run
from warehouse.errors import WarehouseError
from warehouse.output import WRITERS
from warehouse.query import SECONDS, ask

app = command_line("Ask the warehouse.")


@app.callback()
def _commands() -> None:
    """Keep `query` a command of its own, though it is the only one."""


@app.command()
def query(
    sql: Annotated[
        str | None, typer.Argument(help="One SELECT; '-' reads it from standard input.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Read the SELECT from this file.")
    ] = None,
    output: Annotated[
        Literal["table", "csv", "json"],
        typer.Option("--format", help="How the rows are written."),
    ] = "table",
    dialect: Annotated[
        Literal["duckdb", "postgres", "spark", "sqlite"],
        typer.Option(help="The dialect that the SELECT is written in."),
    ] = "duckdb",
    seconds: Annotated[float, typer.Option(min=0.001, help="Time limit.")] = SECONDS,
    warehouse: Annotated[
        Path | None,
        typer.Option(help="The DuckDB file; default: warehouse_path of lyre.toml."),
    ] = None,
) -> None:
    """Run one SELECT that can change nothing and reach nothing else.

    Example: python -m warehouse query "SELECT * FROM marts.cleaning_funnel"
    """
    path = warehouse or settings.load().warehouse
    text = _text(sql, file)
    with ask(path, text, seconds=seconds, dialect=dialect) as answer:
        WRITERS[output](answer, sys.stdout)


def _text(sql: str | None, file: Path | None) -> str:
    if (sql is None) == (file is None):
        raise WarehouseError("give the SELECT either as an argument or by --file")
    if file is not None:
        if not file.is_file():
            raise WarehouseError("no such file", where=file)
        return file.read_text(encoding="utf-8")
    return sys.stdin.read() if sql == "-" else str(sql)


if __name__ == "__main__":
    run(app, "python -m warehouse")
