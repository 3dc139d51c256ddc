"""What is loaded: from where, when, and whether the source has changed since."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest import lastfm_csv, lastfm_json, msd
from ingest.changes import Changes, compare, known_files, present
from ingest.errors import IngestError
from ingest.files import FileState, named_paths
from ingest.runs import has_raw_tables

_LAST_LOADS = """
    select source, path, rows, rows_set_aside, strftime(started_at, '%Y-%m-%d %H:%M')
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
        ``"unchanged"``, ``"changed"`` or ``"gone"``, by size and time of each file.
    files : Changes
        How many files are new, changed, gone or unchanged. Folders are looked
        through again for the MSD, Last.fm and audio; of other sources, files that
        were not there before are not noticed.
    """

    source: str
    path: str
    rows: int
    rows_set_aside: int
    started_at: str
    now: str
    files: Changes


def status(connection: duckdb.DuckDBPyConnection) -> list[Loaded]:
    """Return the last load of every source, in the order of loading.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Reading is enough.

    Raises
    ------
    IngestError
        The database has no raw tables.
    """
    if not has_raw_tables(connection):
        raise IngestError(
            "nothing has been loaded into the warehouse",
            remedy="run python -m ingest all",
        )
    loads = []
    for source, path, rows, aside, started in connection.execute(
        _LAST_LOADS
    ).fetchall():
        files = compare(connection, source, _files_now(connection, source, path))
        now = _told(files)
        loads.append(Loaded(source, path, rows, aside, started, now, files))
    return loads


def _told(files: Changes) -> str:
    if not files.any:
        return "unchanged"
    return "changed" if files.new or files.changed or files.unchanged else "gone"


def _files_now(
    connection: duckdb.DuckDBPyConnection, source: str, path: str
) -> Iterable[FileState]:
    if source == "audio":
        return _clips(Path(path))
    named = [each for each in named_paths(path) if each.exists()]
    if source == "msd":
        return present(msd.find_files(named))
    if source == "lastfm" and any(each.is_dir() for each in named):
        if lastfm_csv.is_folder_of_csv(named[0]):
            return present(lastfm_csv.find_files(named[0]))
        return present(lastfm_json.find_files(named))
    return present(known_files(connection, source))


def _clips(root: Path) -> list[FileState]:
    # Late: it imports signal processing.
    from ingest.listing import list_audio

    if not root.is_dir():
        return []
    clips = list_audio(root, lambda _: None)
    return [FileState(clip.path, clip.size_bytes, clip.modified_us) for clip in clips]
