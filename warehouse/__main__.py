"""Ask the warehouse: ``python -m warehouse query "SELECT ..."``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from lyre import settings
from lyre.console import command_line, finite, run
from lyre.counting import counted
from lyre.whole import whole
from warehouse.errors import WarehouseError
from warehouse.heatmap import write_heatmap
from warehouse.output import WRITERS, write_parquet
from warehouse.query import SECONDS, Answer, ask, ask_for_batches, in_duckdb

app = command_line("Ask the warehouse.")


@app.command()
def query(
    sql: Annotated[
        str | None, typer.Argument(help="One SELECT; '-' reads it from standard input.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Read the SELECT from this file.")
    ] = None,
    output: Annotated[
        Literal["table", "csv", "json", "parquet"],
        typer.Option("--format", help="How the rows are written."),
    ] = "table",
    out: Annotated[
        Path | None, typer.Option(help="Write into this file; Parquet needs one.")
    ] = None,
    lineage: Annotated[
        bool,
        typer.Option(
            help="Say from which raw columns each column comes and which decide the "
            "rows, and give no rows."
        ),
    ] = False,
    dialect: Annotated[
        Literal["duckdb", "postgres", "spark", "sqlite"],
        typer.Option(help="The dialect that the SELECT is written in."),
    ] = "duckdb",
    seconds: Annotated[
        float, typer.Option(min=0.001, callback=finite, help="Time limit.")
    ] = SECONDS,
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
    if lineage:
        _write_lineage(path, in_duckdb(text, dialect), output, out)
    elif output == "parquet":
        if out is None:
            raise WarehouseError("Parquet goes into a file", expected="--out FILE")
        with (
            ask_for_batches(path, text, seconds=seconds, dialect=dialect) as batches,
            _told_of_file(out) as beside,
        ):
            write_parquet(batches, beside)
    else:
        with ask(path, text, seconds=seconds, dialect=dialect) as answer:
            _write(answer, output, out)


@app.command()
def heatmap(
    out: Annotated[
        Path, typer.Option(help="The file to write, with .html or .png at its end.")
    ],
    recipe: Annotated[
        int, typer.Option(min=1, max=2, help="Version of the cleaning recipe.")
    ] = 2,
    tags: Annotated[int, typer.Option(min=2, max=200, help="How many tags.")] = 50,
    warehouse: Annotated[
        Path | None,
        typer.Option(help="The DuckDB file; default: warehouse_path of lyre.toml."),
    ] = None,
) -> None:
    """Draw how the most frequent tags go together, as one HTML file or as a PNG.

    Example: python -m warehouse heatmap --out heatmap.html
    """
    path = warehouse or settings.load().warehouse
    drawn = write_heatmap(path, out, recipe=recipe, size=tags)
    print(f"{out}: {counted(len(drawn), 'tag')}")


def _write_lineage(path: Path, text: str, output: str, out: Path | None) -> None:
    """Write a row for each raw column and what is made of it; sqlglot loads late."""
    from warehouse.lineage import conditions, trace

    if output == "parquet":
        raise WarehouseError(
            "lineage is a text", expected="--format table, csv or json"
        )
    rows: list[tuple[str | None, str, str | None]] = [
        (source.column, "value", origin)
        for source in trace(path, text)
        for origin in source.origins or (None,)
    ]
    rows += [
        (None, condition.use, origin)
        for condition in conditions(path, text)
        for origin in condition.origins
    ]
    _write(Answer(["column", "use", "origin"], iter(rows)), output, out)


def _write(answer: Answer, output: str, out: Path | None) -> None:
    if out is None:
        WRITERS[output](answer, sys.stdout)
    else:
        with (
            _told_of_file(out) as beside,
            beside.open("w", encoding="utf-8", newline="") as file,
        ):
            WRITERS[output](answer, file)


@contextmanager
def _told_of_file(out: Path) -> Iterator[Path]:
    """Yield where to write a file that appears whole; say why it cannot be written."""
    try:
        with whole(out) as beside:
            yield beside
    except OSError as error:
        raise WarehouseError(
            f"the result cannot be written: {error.strerror or error}", where=out
        ) from error


def _text(sql: str | None, file: Path | None) -> str:
    if (sql is None) == (file is None):
        raise WarehouseError("give the SELECT either as an argument or by --file")
    if file is not None:
        if not file.is_file():
            raise WarehouseError("no such file", where=file)
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise WarehouseError(
                f"cannot be read: {error}", where=file, expected="a file with SQL"
            ) from error
    return sys.stdin.read() if sql == "-" else str(sql)


if __name__ == "__main__":
    run(app, "python -m warehouse")
