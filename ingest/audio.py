"""One scan of the audio folder, logged as a run in ``raw.ingest_runs``."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.engines import MeasureAll, measure_here
from ingest.files import Fingerprint, joined
from ingest.listing import folders_of
from ingest.load import Load
from ingest.runs import DONE, FAILED, Run, log_run, next_run_id
from ingest.scan import AudioSummary, ingest_audio
from ingest.selection import Selection
from lyre.settings import Audio
from warehouse.database import transaction

AUDIO = "audio"


def load_audio(
    connection: duckdb.DuckDBPyConnection,
    root: Path | None,
    settings: Audio,
    selection: Selection,
    datasets: Mapping[str, Path],
    measure_all: MeasureAll = measure_here,
) -> AudioSummary:
    """Scan folders of clips and log the run.

    Unlike the other sources, the tables are not replaced: only files that are new or
    have changed are measured, and what was measured before a failure stays.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From `ingest.load.open_raw`.
    root : Path or None
        The common folder; paths in ``raw.audio_files`` are relative to it.
    settings : lyre.settings.Audio
        What is measured, and with how many processes.
    selection : Selection
        Limits the clips that are measured.
    datasets : mapping of str to Path
        Folders of data sets, by name.
    measure_all : callable
        Who measures the clips, as in `ingest.engines`.

    Raises
    ------
    IngestError
        `root` is no folder, or the selection needs a table that is missing.
    """
    started_at, clock = datetime.now(UTC), time.monotonic()
    where = joined(folders_of(root, datasets))
    state = Fingerprint(where, 0, None, None)
    run = Run(next_run_id(connection), AUDIO, state, started_at, clock)
    try:
        summary = ingest_audio(
            connection, root, settings, selection, datasets, measure_all
        )
    except BaseException as error:
        log_run(connection, run, FAILED, error=str(error) or type(error).__name__)
        raise
    found = replace(
        state, size_bytes=summary.size_bytes, modified_at=summary.modified_at
    )
    work = Load(connection, run.run_id, AUDIO, where)
    with transaction(connection):
        work.forget_aside()
        for path, reason in summary.unread:
            work.set_file_aside(path, reason)
        work.flush()
        log_run(
            connection,
            replace(run, state=found),
            DONE,
            rows=summary.found,
            rows_set_aside=len(summary.unread),
        )
    connection.execute("checkpoint")
    return summary
