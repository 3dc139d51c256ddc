"""One scan of the audio folder, logged as a run in ``raw.ingest_runs``."""

import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.files import Fingerprint, shown
from ingest.load import DONE, FAILED, Load, log_run, next_run_id
from ingest.scan import AudioSummary, ingest_audio
from lyre.settings import Audio


def load_audio(
    connection: duckdb.DuckDBPyConnection, root: Path, settings: Audio
) -> AudioSummary:
    """Scan a folder of clips and log the run.

    Unlike the other sources, the tables are not replaced: only files that are new or
    have changed are measured, and what was measured before a failure stays.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From `ingest.load.open_raw`.
    root : Path
        The folder; paths in ``raw.audio_files`` are relative to it.
    settings : lyre.settings.Audio
        What is measured, and with how many processes.

    Raises
    ------
    IngestError
        `root` is no folder.
    """
    started_at, clock = datetime.now(UTC), time.monotonic()
    path = shown(root.absolute())
    run = Load(connection, next_run_id(connection), "audio", path)
    state = Fingerprint(path, 0, None, None)
    try:
        summary = ingest_audio(connection, root, settings)
    except BaseException as error:
        said = str(error) or type(error).__name__
        seconds = time.monotonic() - clock
        log_run(connection, run, state, started_at, seconds, FAILED, said)
        raise
    run.rows = summary.found
    state = Fingerprint(path, summary.size_bytes, summary.modified_at, None)
    log_run(
        connection,
        run,
        state,
        started_at,
        summary.seconds,
        DONE,
        rows_set_aside=len(summary.unread),
    )
    connection.execute("checkpoint")
    return summary
