"""The rows of a query as a table, CSV, JSON or Parquet."""

import json
import math
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lyre.csv_lines import csv_lines
from lyre.errors import visible
from warehouse.errors import WarehouseError
from warehouse.query import Answer

if TYPE_CHECKING:
    import pyarrow

TABLE_ROWS = 200

# A file or pipe has no edge at which a table must be folded.
_UNBOUNDED = 10_000


def write_table(answer: Answer, out: TextIO) -> None:
    """Draw the first `TABLE_ROWS` rows for the eye; NULL is shown as such."""
    table = Table()
    for name in answer.columns:
        table.add_column(Text(visible(name)), overflow="fold")
    for row in islice(answer.rows, TABLE_ROWS):
        cells = ("NULL" if value is None else visible(str(value)) for value in row)
        table.add_row(*map(Text, cells))
    console = Console(file=out, width=None if out.isatty() else _UNBOUNDED)
    console.print(table)
    if next(answer.rows, None) is not None:
        console.print(
            f"The first {TABLE_ROWS} rows; --format csv or json gives all of them."
        )


def write_csv(answer: Answer, out: TextIO) -> None:
    """Write all rows with a header; NULL is an empty field, lists are JSON."""
    cells = (
        [
            json.dumps(_plain(value), ensure_ascii=False)
            if isinstance(value, list | dict)
            else value
            for value in row
        ]
        for row in answer.rows
    )
    out.writelines(csv_lines(chain([answer.columns], cells)))


def write_json(answer: Answer, out: TextIO) -> None:
    """Write all rows as one JSON list with an object a row.

    Raises
    ------
    WarehouseError
        Two columns have one name, so that an object would lose the one.
    """
    for name, number in Counter(answer.columns).items():
        if number > 1:
            raise WarehouseError(
                f"{number} columns are called {name!r}",
                where="query",
                expected="a name of its own for each, by AS, in JSON",
            )
    separator = "[\n"
    for row in answer.rows:
        values = dict(zip(answer.columns, map(_plain, row), strict=True))
        out.write(separator)
        json.dump(values, out, allow_nan=False, ensure_ascii=False)
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def write_parquet(batches: "pyarrow.RecordBatchReader", out: Path) -> None:
    """Write all rows with their types into a Parquet file."""
    from pyarrow import parquet

    with parquet.ParquetWriter(out, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


WRITERS: dict[str, Callable[[Answer, TextIO], None]] = {
    "table": write_table,
    "csv": write_csv,
    "json": write_json,
}


def _plain(value: Any) -> Any:
    """Turn what JSON has no type for into text, also inside of lists and structs.

    Neither has it the floats that are no numbers; decimals become the nearest float.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return float(value) if math.isfinite(value) else str(value)
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {_key(key): _plain(each) for key, each in value.items()}
        case date() | datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
    return str(value)


def _key(value: Any) -> str:
    """Turn the key of a map into the text that JSON asks for."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain)
