"""Loading a source into a warehouse in memory, as `python -m ingest` does."""

from functools import cache

import duckdb

from ingest.load import Outcome, Source, load
from ingest.tables import create_raw_tables


def load_source(source: Source) -> Outcome:
    """Load a source, whatever was loaded before."""
    return load(warehouse(), source, force=True)


@cache
def warehouse() -> duckdb.DuckDBPyConnection:
    """Return the warehouse of this process, which has every raw table."""
    connection = duckdb.connect(":memory:", config={"threads": 1})
    create_raw_tables(connection)
    return connection
