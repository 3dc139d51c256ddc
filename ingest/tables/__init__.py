"""The raw tables: what ingest writes and the warehouse's staging models read.

Each table is described once, in the module of its source.
"""

import duckdb

from ingest.tables.audio import (
    AUDIO_FILES,
    AUDIO_FINGERPRINTS,
    AUDIO_SILENCES,
)
from ingest.tables.datasets import (
    DATASET_TAGS,
    DATASET_TRACKS,
)
from ingest.tables.lastfm import (
    LASTFM_SIMILARS,
    LASTFM_TAGS,
    LASTFM_TID_TAG,
    LASTFM_TIDS,
    LASTFM_TRACKS,
    LASTFM_UNIQUE_TAGS,
)
from ingest.tables.lists import (
    MSD_CLIQUES,
    MSD_DUPLICATES,
    MSD_MISMATCHES,
    MSD_UNIQUE_ARTISTS,
    MSD_UNIQUE_TRACKS,
    PUBLISHED_SPLITS,
)
from ingest.tables.msd import (
    MSD_ARTIST_MBTAGS,
    MSD_ARTIST_TERMS,
    MSD_SONGS,
)
from ingest.tables.runs import (
    INGEST_FILES,
    INGEST_RUNS,
    ROWS_SET_ASIDE,
)
from ingest.tables.schema import (
    SCHEMA,
    Table,
    add_columns,
    replace_table,
)

__all__ = [
    "AUDIO_FILES",
    "AUDIO_FINGERPRINTS",
    "AUDIO_SILENCES",
    "DATASET_TAGS",
    "DATASET_TRACKS",
    "INGEST_FILES",
    "INGEST_RUNS",
    "LASTFM_SIMILARS",
    "LASTFM_TAGS",
    "LASTFM_TIDS",
    "LASTFM_TID_TAG",
    "LASTFM_TRACKS",
    "LASTFM_UNIQUE_TAGS",
    "MSD_ARTIST_MBTAGS",
    "MSD_ARTIST_TERMS",
    "MSD_CLIQUES",
    "MSD_DUPLICATES",
    "MSD_MISMATCHES",
    "MSD_SONGS",
    "MSD_UNIQUE_ARTISTS",
    "MSD_UNIQUE_TRACKS",
    "PUBLISHED_SPLITS",
    "ROWS_SET_ASIDE",
    "SCHEMA",
    "TABLES",
    "Table",
    "create_raw_tables",
    "replace_table",
]

TABLES = (
    INGEST_RUNS,
    INGEST_FILES,
    ROWS_SET_ASIDE,
    MSD_SONGS,
    MSD_ARTIST_TERMS,
    MSD_ARTIST_MBTAGS,
    LASTFM_TIDS,
    LASTFM_TAGS,
    LASTFM_TID_TAG,
    LASTFM_SIMILARS,
    LASTFM_TRACKS,
    LASTFM_UNIQUE_TAGS,
    MSD_MISMATCHES,
    MSD_DUPLICATES,
    MSD_UNIQUE_TRACKS,
    MSD_UNIQUE_ARTISTS,
    MSD_CLIQUES,
    PUBLISHED_SPLITS,
    DATASET_TRACKS,
    DATASET_TAGS,
    AUDIO_FILES,
    AUDIO_FINGERPRINTS,
    AUDIO_SILENCES,
)


def create_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing: tables, empty and with comments, and new columns.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection that may write, outside of a transaction.
    """
    found = connection.execute(
        "select table_name, list(column_name) from duckdb_columns() "
        "where schema_name = ? group by table_name",
        [SCHEMA],
    ).fetchall()
    there = {name: set(columns) for name, columns in found}
    missing = [
        table
        for table in TABLES
        if not there.get(table.name, set()).issuperset(table.column_names)
    ]
    if missing:
        # One transaction: each statement alone would wait for the disk.
        connection.execute("begin transaction")
        connection.execute(f"create schema if not exists {SCHEMA}")
        for table in missing:
            if table.name in there:
                add_columns(connection, table)
            else:
                replace_table(connection, table)
        connection.execute("commit")
