"""Tracks and tags of Last.fm with their row numbers, whatever file they come from."""

from collections.abc import Sequence

import pyarrow as pa

from ingest.load import Load
from ingest.tables import LASTFM_TAGS, LASTFM_TIDS
from ingest.text import tag_nfkc

NAMES = pa.schema([("id", pa.int64()), ("name", pa.binary())])
"""Row numbers and names; text travels as bytes, since it may be no valid UTF-8."""


def add_names(batch: pa.RecordBatch, table: str, load: Load) -> None:
    """Load the names of a batch and set aside those that are no text.

    Parameters
    ----------
    batch : RecordBatch
        Of the schema `NAMES`.
    table : str
        ``"tids"`` or ``"tags"``.
    load : Load
        The load that they belong to.
    """
    column = table[:-1]
    ids: list[int] = []
    names: list[str] = []
    for rowid, raw in zip(*(values.to_pylist() for values in batch), strict=True):
        fault = f"NUL inside the {column}" if b"\0" in raw else None
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            fault = f"{column} is not valid UTF-8"
        if fault:
            load.set_aside(f"{table} rowid {rowid}", fault, raw)
        else:
            ids.append(rowid)
            names.append(name)
    if table == "tags":
        insert_tags(ids, names, load)
    else:
        insert_tids(ids, names, load)


def insert_tids(ids: Sequence[int], tids: Sequence[str], load: Load) -> None:
    """Append tracks, which are valid text, under their row numbers."""
    columns = {
        "tid_rowid": pa.array(ids, pa.int64()),
        "tid": pa.array(tids, pa.string()),
    }
    load.insert(LASTFM_TIDS, pa.table(columns))
    load.rows += len(ids)


def insert_tags(ids: Sequence[int], tags: Sequence[str], load: Load) -> None:
    """Append tags, which are valid text, under their row numbers."""
    columns = {
        "tag_rowid": pa.array(ids, pa.int64()),
        "tag": pa.array(tags, pa.string()),
        "tag_nfkc": pa.array([tag_nfkc(tag) for tag in tags], pa.string()),
    }
    load.insert(LASTFM_TAGS, pa.table(columns))
    load.rows += len(ids)
