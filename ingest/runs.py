"""The log of loads: ``raw.ingest_runs`` and ``raw.ingest_files``."""

import time
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa

from ingest.files import FileState, Fingerprint

DONE, SKIPPED, FAILED = "done", "skipped", "failed"
LOADED, SET_ASIDE = "loaded", "set aside"

LAST_LOADS = """(
    from (select null::varchar as format limit 0)
    union all by name
    from raw.ingest_runs where status = 'done'
    qualify row_number() over (partition by source order by run_id desc) = 1
)"""
"""The run of the last load of each source, for FROM.

``format`` is there also in a warehouse of an older version, which lacks the column.
"""

_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Run:
    """A load that is tried.

    Attributes
    ----------
    run_id : int
        Its number.
    source : str
        Name of the source.
    state : Fingerprint
        The source's present state.
    started_at : datetime
        When it began.
    clock : float
        The same by `time.monotonic`.
    """

    run_id: int
    source: str
    state: Fingerprint
    started_at: datetime
    clock: float = field(default_factory=time.monotonic)


def has_raw_tables(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether a warehouse has the tables of this module."""
    ((tables,),) = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'raw' "
        "and table_name in ('ingest_runs', 'ingest_files', 'audio_files')"
    ).fetchall()
    return bool(tables == 3)


def next_run_id(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number that the next run gets."""
    runs = connection.execute("select max(run_id) from raw.ingest_runs").fetchall()
    return (runs[0][0] or 0) + 1


def log_run(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    status: str,
    *,
    rows: int = 0,
    rows_set_aside: int = 0,
    error: str | None = None,
) -> None:
    """Write the run's row of ``raw.ingest_runs``, with the time that it took."""
    values = {
        "run_id": run.run_id,
        "source": run.source,
        "path": run.state.path,
        "size_bytes": run.state.size_bytes,
        "modified_at": run.state.modified_at,
        "checksum": run.state.checksum,
        "rows": rows,
        "rows_set_aside": rows_set_aside,
        "started_at": run.started_at,
        "seconds": time.monotonic() - run.clock,
        "status": status,
        "error": error,
        "format": run.state.format,
    }
    # By name: a column may have been added to the table of an older version.
    connection.execute(
        f"insert into raw.ingest_runs ({', '.join(values)}) "  # noqa: S608
        f"values ({', '.join('?' * len(values))})",
        list(values.values()),
    )


def log_files(
    connection: duckdb.DuckDBPyConnection, run: Run, bad_files: Set[str]
) -> None:
    """Replace the source's rows of ``raw.ingest_files``."""
    files = run.state.files
    status = [SET_ASIDE if file.path in bad_files else LOADED for file in files]
    listing = pa.table(
        {
            "path": pa.array([file.path for file in files], pa.string()),
            "size_bytes": pa.array([file.size_bytes for file in files], pa.int64()),
            "modified_at": pa.array([file.modified_us for file in files], _TIME),
            "status": pa.array(status, pa.string()),
        }
    )
    connection.execute("delete from raw.ingest_files where source = ?", [run.source])
    connection.register("listing", listing)
    connection.execute(
        "insert into raw.ingest_files by name "
        "select ? as run_id, ? as source, * from listing",
        [run.run_id, run.source],
    )
    connection.unregister("listing")


def note_times(
    connection: duckdb.DuckDBPyConnection, source: str, files: Sequence[FileState]
) -> None:
    """Write into ``raw.ingest_files`` when files of the same content were changed."""
    for file in files:
        connection.execute(
            "update raw.ingest_files set modified_at = make_timestamptz($time) "
            "where source = $source and path = $path "
            "and modified_at <> make_timestamptz($time)",
            {"time": file.modified_us, "source": source, "path": file.path},
        )


def is_unchanged(
    connection: duckdb.DuckDBPyConnection, source: str, state: Fingerprint
) -> bool:
    """Tell whether the source's last load met it in the state that it has now."""
    last = connection.execute(
        "select path, size_bytes, checksum, format "  # noqa: S608
        f"from {LAST_LOADS} where source = ?",
        [source],
    ).fetchall()
    return last == [(state.path, state.size_bytes, state.checksum, state.format)]
