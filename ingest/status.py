"""What is loaded: from where, when, and whether the source has changed since."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

_LAST_LOADS = """
    select source, path, rows, rows_set_aside, strftime(started_at, '%Y-%m-%d %H:%M'),
        size_bytes, epoch(modified_at)
    from raw.ingest_runs
    where status = 'done'
    qualify row_number() over (partition by source order by run_id desc) = 1
    order by run_id
"""


@dataclass(frozen=True)
class Loaded:
    """The last load of a source.

    Attributes
    ----------
    source, path : str
        What was loaded, from where.
    rows, rows_set_aside : int
        What it gave.
    started_at : str
        When, to the minute, in the time zone of this machine.
    now : str
        ``"unchanged"``, ``"changed"``, ``"gone"``, or ``"several files"`` for folders
        and lists of files, which the next load compares.
    """

    source: str
    path: str
    rows: int
    rows_set_aside: int
    started_at: str
    now: str


def status(connection: duckdb.DuckDBPyConnection) -> list[Loaded]:
    """Return the last load of every source, in the order of loading.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Reading is enough.
    """
    loads = connection.execute(_LAST_LOADS).fetchall()
    return [
        Loaded(source, path, rows, aside, started, _compare(path, size, modified))
        for source, path, rows, aside, started, size, modified in loads
    ]


def _compare(path: str, size: int, modified: float) -> str:
    file = Path(path)
    if file.is_dir() or "; " in path or ": " in path:
        return "several files"
    if not file.exists():
        return "gone"
    now = file.stat()
    same = now.st_size == size and abs(now.st_mtime - modified) < 0.001
    return "unchanged" if same else "changed"
