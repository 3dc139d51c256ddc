"""What has changed in a source since its last load, file by file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.files import FileState, state_of
from ingest.runs import LOADED
from lyre.filenames import placed

_KNOWN_FILES = """
    select path, size_bytes, epoch_us(modified_at) as modified_us
    from raw.ingest_files where source = ?
"""
# ``dataset`` is there also in a warehouse of an older version, which lacks the column.
_KNOWN_CLIPS = """
    select path, size_bytes, epoch_us(modified_at) as modified_us
    from (
        from (select null::varchar as dataset limit 0)
        union all by name
        from raw.audio_files
    )
    where status <> 'vanished' and list_contains(?, coalesce(dataset, ''))
"""


@dataclass(frozen=True)
class Changes:
    """Files of a source, compared with those of its last load.

    Attributes
    ----------
    new, changed, gone, unchanged : int
        Number of files.
    """

    new: int
    changed: int
    gone: int
    unchanged: int

    @property
    def any(self) -> bool:
        """Whether there is a difference at all."""
        return bool(self.new or self.changed or self.gone)

    def __str__(self) -> str:
        parts = {"new": self.new, "changed": self.changed, "gone": self.gone}
        return ", ".join(f"{count:,} {name}" for name, count in parts.items() if count)


def compare(
    connection: duckdb.DuckDBPyConnection, source: str, now: Iterable[FileState]
) -> Changes:
    """Compare the files of a source with those of its last load.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Reading is enough.
    source : str
        As in ``raw.ingest_runs``, but audio.
    now : iterable of FileState
        The files as they are.
    """
    return _compare(connection, _KNOWN_FILES, source, now)


def compare_clips(
    connection: duckdb.DuckDBPyConnection,
    folders: Sequence[str],
    now: Iterable[FileState],
) -> Changes:
    """Compare the clips of some folders with those of ``raw.audio_files``.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Reading is enough.
    folders : sequence of str
        Names of the folders, as in `ingest.listing.folder_names`.
    now : iterable of FileState
        The clips as they are.
    """
    return _compare(connection, _KNOWN_CLIPS, list(folders), now)


def _compare(
    connection: duckdb.DuckDBPyConnection,
    known: str,
    of: str | list[str],
    now: Iterable[FileState],
) -> Changes:
    connection.register("listing", _listing(now))
    ((new, changed, gone, unchanged),) = connection.execute(
        f"""
        select
            count(*) filter (known.path is null),
            count(*) filter (not is_same),
            count(*) filter (listing.path is null),
            count(*) filter (is_same)
        from (
            select
                known, listing,
                known.size_bytes = listing.size_bytes
                    and known.modified_us = listing.modified_us as is_same
            from ({known}) as known full join listing using (path)
        )
        """,  # noqa: S608
        [of],
    ).fetchall()
    connection.unregister("listing")
    return Changes(new, changed, gone, unchanged)


def unchanged_files(
    connection: duckdb.DuckDBPyConnection, source: str, now: Iterable[FileState]
) -> frozenset[str]:
    """Return the files that the last load of a source read in their present state.

    They are told by size and time; not so a file that is the whole source, which is
    loaded only where its checksum says that it has changed.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Reading is enough.
    source : str
        As in ``raw.ingest_runs``.
    now : iterable of FileState
        The files as they are.
    """
    known = connection.execute(
        "select 1 from raw.ingest_files where source = ? limit 1", [source]
    ).fetchall()
    listing = _listing(now)
    if not known or listing.num_rows == 1:
        return frozenset()
    connection.register("listing", listing)
    rows = connection.execute(
        """
        select path
        from listing join raw.ingest_files as before using (path, size_bytes)
        where before.source = ? and before.status = ?
            and epoch_us(before.modified_at) = listing.modified_us
        """,
        [source, LOADED],
    ).fetchall()
    connection.unregister("listing")
    return frozenset(path for (path,) in rows)


def known_files(connection: duckdb.DuckDBPyConnection, source: str) -> list[Path]:
    """Return the files of the last load of a source."""
    rows = connection.execute(
        "select path from raw.ingest_files where source = ? order by path", [source]
    ).fetchall()
    return [placed(path) for (path,) in rows]


def present(files: Iterable[Path]) -> Iterator[FileState]:
    """Yield the states of those files that are there."""
    for file in files:
        try:
            yield state_of(file)
        except FileNotFoundError:
            continue


def _listing(files: Iterable[FileState]) -> pa.Table:
    states = list(files)
    return pa.table(
        {
            "path": pa.array([state.path for state in states], pa.string()),
            "size_bytes": pa.array([state.size_bytes for state in states], pa.int64()),
            "modified_us": pa.array(
                [state.modified_us for state in states], pa.int64()
            ),
        }
    )
