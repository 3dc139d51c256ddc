"""What a load would do, without doing it: ``--dry-run``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.changes import compare, compare_clips
from ingest.files import FileState, joined
from ingest.load import Source
from ingest.runs import has_raw_tables, is_unchanged
from ingest.selection import Selection, check, choose
from ingest.tables import create_raw_tables
from lyre.settings import Audio

LOAD, SKIP = "load", "skip"


@dataclass(frozen=True)
class Forecast:
    """What would happen to a source.

    Attributes
    ----------
    source, path : str
        What, from where.
    action : str
        ``"load"`` or ``"skip"``.
    reason : str
        Why.
    files : int
        Number of files of the source.
    size_bytes : int
        Their size.
    """

    source: str
    path: str
    action: str
    reason: str
    files: int
    size_bytes: int


def forecast(
    connection: duckdb.DuckDBPyConnection | None, source: Source, *, force: bool = False
) -> Forecast:
    """Say what `ingest.load.load` would do.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection or None
        Reading is enough; None where there is no warehouse yet.
    source : Source
        What would be loaded. It was found and checked, but not read.
    force : bool
        Whether it would be loaded even if it has not changed.
    """
    state = source.fingerprint
    action, reason = _decide(connection, source, force)
    return Forecast(
        source.name, state.path, action, reason, len(state.files), state.size_bytes
    )


def forecast_audio(
    connection: duckdb.DuckDBPyConnection | None,
    root: Path | None,
    datasets: Mapping[str, Path],
    settings: Audio,
    selection: Selection,
) -> Forecast:
    """Say what `ingest.scan.ingest_audio` would do.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection or None
        As in `forecast`.
    root, datasets, settings, selection
        As in `ingest.scan.ingest_audio`.

    Raises
    ------
    IngestError
        One is no folder, or the selection needs a table that is missing.
    """
    if connection is None or not has_raw_tables(connection):
        with duckdb.connect() as empty:
            create_raw_tables(empty)
            return forecast_audio(empty, root, datasets, settings, selection)
    # Late: it imports signal processing.
    from ingest.listing import folder_names, folders_of
    from ingest.scan import list_all, listed, thresholds

    check(connection, selection)
    clips = list_all(root, datasets, lambda _path, _error: None)
    states = [FileState(clip.path, clip.size_bytes, clip.modified_us) for clip in clips]
    changes = compare_clips(connection, folder_names(root, datasets), states)
    with listed(connection, clips):
        chosen = choose(
            connection, selection, thresholds(settings), settings.fingerprints
        )
    return Forecast(
        "audio",
        joined(folders_of(root, datasets)),
        LOAD if changes.any or chosen else SKIP,
        f"{str(changes) or 'nothing new'}; {len(chosen):,} to decode",
        len(states),
        sum(state.size_bytes for state in states),
    )


def _decide(
    connection: duckdb.DuckDBPyConnection | None, source: Source, force: bool
) -> tuple[str, str]:
    if force:
        return LOAD, "forced"
    if connection is None or not has_raw_tables(connection):
        return LOAD, "there is no warehouse yet"
    state = source.fingerprint
    if is_unchanged(connection, source.name, state):
        return SKIP, "unchanged since its last load"
    changes = compare(connection, source.name, state.files)
    if not changes.changed and not changes.gone and not changes.unchanged:
        return LOAD, "not loaded before"
    return LOAD, str(changes) or "its last load was from another path"
