"""What a load would do, without doing it: ``--dry-run``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.changes import Changes, compare
from ingest.files import FileState, joined
from ingest.load import Source
from ingest.runs import has_raw_tables, is_unchanged

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
) -> Forecast:
    """Say what a scan of folders of clips would do, by size and time of each.

    Clips that would be tried again for another reason, such as another silence
    threshold, are not counted.

    Raises
    ------
    IngestError
        One is no folder.
    """
    # Late: it imports signal processing.
    from ingest.listing import folders_of
    from ingest.scan import list_all

    clips = list_all(root, datasets, lambda _: None)
    states = [FileState(clip.path, clip.size_bytes, clip.modified_us) for clip in clips]
    known = connection is not None and has_raw_tables(connection)
    if connection is not None and known:
        changes = compare(connection, "audio", states)
    else:
        changes = Changes(len(states), 0, 0, 0)
    action = LOAD if changes.any else SKIP
    return Forecast(
        "audio",
        joined(folders_of(root, datasets)),
        action,
        str(changes) or "nothing new",
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
