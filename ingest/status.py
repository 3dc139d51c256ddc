"""What is loaded: from where, when, and whether the source has changed since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest import lastfm_csv, lastfm_json, msd
from ingest.changes import Changes, compare, compare_clips, known_files, present
from ingest.datasets import load as datasets
from ingest.errors import IngestError
from ingest.files import FileState, named_paths
from ingest.runs import LAST_LOADS, has_raw_tables
from lyre.filenames import shown

_NONE: Mapping[str, Path] = {}
_LAST_LOADS = f"""
    select
        source, path, rows, rows_set_aside, strftime(started_at, '%Y-%m-%d %H:%M'),
        format
    from {LAST_LOADS} order by run_id
"""  # noqa: S608


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
        How many files are new, changed, gone or unchanged; folders are looked
        through again.
    """

    source: str
    path: str
    rows: int
    rows_set_aside: int
    started_at: str
    now: str
    files: Changes


def status(
    connection: duckdb.DuckDBPyConnection, clips: Mapping[str, Path] = _NONE
) -> list[Loaded]:
    """Return the last load of every source, in the order of loading.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Reading is enough.
    clips : mapping of str to Path
        Data sets' own folders of clips by name, of which the log has the paths alone.

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
    rows = connection.execute(_LAST_LOADS).fetchall()
    for source, path, loaded, aside, started, kind in rows:
        if source == "audio":
            files = _clip_changes(connection, named_paths(path), clips)
        else:
            now = _files_now(connection, source, path, kind)
            files = compare(connection, source, now)
        loads.append(Loaded(source, path, loaded, aside, started, _told(files), files))
    return loads


def _told(files: Changes) -> str:
    if not files.any:
        return "unchanged"
    return "changed" if files.new or files.changed or files.unchanged else "gone"


def _files_now(
    connection: duckdb.DuckDBPyConnection, source: str, path: str, kind: str | None
) -> Iterable[FileState]:
    named = [each for each in named_paths(path) if each.exists()]
    if kind is not None:
        return present(datasets.files_in(kind, named))
    if source == "msd":
        return present(msd.find_files(named))
    if source == "lastfm" and any(each.is_dir() for each in named):
        if lastfm_csv.is_folder_of_csv(named[0]):
            return present(lastfm_csv.find_files(named[0]))
        return present(lastfm_json.find_files(named))
    return present(known_files(connection, source))


def _clip_changes(
    connection: duckdb.DuckDBPyConnection,
    folders: Sequence[Path],
    datasets: Mapping[str, Path],
) -> Changes:
    # Late: it imports signal processing.
    from ingest.listing import list_audio, list_datasets

    names = {shown(folder.absolute()): name for name, folder in datasets.items()}
    named = {names.get(shown(folder), ""): folder for folder in folders}
    found = []
    for name, folder in named.items():
        if not folder.is_dir():
            continue
        if name:
            found += list_datasets({name: folder}, _pass_over)
        else:
            found += list_audio(folder, _pass_over)
    now = [FileState(clip.path, clip.size_bytes, clip.modified_us) for clip in found]
    return compare_clips(connection, list(named), now)


def _pass_over(_path: str, _error: OSError) -> None:
    """Say nothing: what cannot be looked at counts as gone."""
