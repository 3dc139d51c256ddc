"""Audio files to raw rows: list them all, then decode what is new or changed.

The list is written first, in one transaction; the measurements follow in batches, each
a transaction of its own, as the workers deliver them. A scan that is killed loses its
last batch, and the next one goes on there.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from audio.measure import Measurement
from ingest.listing import Clip, ListedFile, list_audio, measure_clip, prepare_worker
from ingest.pool import Outcome, count_workers, run_tasks
from lyre.console import progress
from lyre.settings import Audio

_FAILURES_TOLD = 20

_TIME = pa.timestamp("us", tz="UTC")
_FOUND = pa.schema(
    {
        "path": pa.string(),
        "path_bytes": pa.binary(),
        "size_bytes": pa.int64(),
        "modified_at": _TIME,
    }
)
_MEASURED = pa.schema(
    {
        "path": pa.string(),
        "content_sha256": pa.string(),
        "decoder": pa.string(),
        "container": pa.string(),
        "codec": pa.string(),
        "sample_rate": pa.int32(),
        "channels": pa.int32(),
        "bit_rate": pa.int32(),
        "bit_rate_mode": pa.string(),
        "header_seconds": pa.float64(),
        "decoded_seconds": pa.float64(),
        "decoded_samples": pa.int64(),
        "sound_sha256": pa.string(),
        "peak": pa.float64(),
        "rms": pa.float64(),
        "loudest_frame_db": pa.float64(),
        "clipped_share": pa.float64(),
        "dc_offset": pa.float64(),
        "channel_correlation": pa.float64(),
        "bandwidth_hz": pa.float64(),
        "silence_thresholds_db": pa.list_(pa.float64()),
        "status": pa.string(),
        "error": pa.string(),
        "scanned_at": _TIME,
    }
)
_SILENCES = pa.schema(
    {
        "path": pa.string(),
        "threshold_db": pa.float64(),
        "interval_number": pa.int64(),
        "start_seconds": pa.float64(),
        "end_seconds": pa.float64(),
    }
)

# A file that crashed the decoder or ran out of time gets another chance each time.
_PENDING = """
    create or replace temporary table pending as
    select found.*
    from found
    left join raw.audio_files as known on known.path = found.path
    where known.path is null
        or known.size_bytes <> found.size_bytes
        or known.modified_at <> found.modified_at
        or known.status not in ('ok', 'partial', 'empty', 'unreadable')
        or known.silence_thresholds_db is distinct from ?::double[]
"""
_VANISHED = """
    update raw.audio_files
    set status = 'vanished', error = null
    where status <> 'vanished' and path not in (select path from found)
"""


@dataclass(frozen=True)
class AudioSummary:
    """What a scan found and did.

    Attributes
    ----------
    root : Path
        The folder.
    found : int
        Audio files under it.
    measured : int
        Files decoded (or tried) by this scan; the others were unchanged.
    vanished : int
        Files of earlier scans that are gone.
    size_bytes : int
        Size of all files found.
    modified_at : datetime or None
        Time of the newest file's last change; None where there is no file.
    audio_seconds : float
        Length of the audio decoded by this scan.
    by_status : dict of str to int
        Number of rows by status, those of earlier scans included.
    failures : list of (path, status, error)
        The first 20 files, by path, that are neither ``"ok"`` nor ``"vanished"``.
    unread : list of str
        Folders and files that could not be looked at, with the reason.
    seconds : float
        How long it took.
    """

    root: Path
    found: int
    measured: int
    vanished: int
    size_bytes: int
    modified_at: datetime | None
    audio_seconds: float
    by_status: dict[str, int]
    failures: list[tuple[str, str, str]]
    unread: list[str]
    seconds: float


def ingest_audio(
    connection: duckdb.DuckDBPyConnection, root: Path, settings: Audio
) -> AudioSummary:
    """Scan a folder into ``raw.audio_files`` and ``raw.audio_silences``.

    A file is measured if it is new, its size or time has changed, or other silence
    thresholds are asked for.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        May write, holds the raw tables, and is in no transaction.
    root : Path
        The folder.
    settings : lyre.settings.Audio
        Thresholds, number of workers, time limit, size of a batch.

    Returns
    -------
    AudioSummary

    Raises
    ------
    IngestError
        `root` is no folder.
    """
    started = time.monotonic()
    unread: list[str] = []
    files = list_audio(root, lambda error: unread.append(str(error)))
    thresholds_db = tuple(sorted(set(settings.silence_thresholds_db)))
    pending, vanished = _write_list(connection, files, thresholds_db)
    clips = [Clip(file, str(root), thresholds_db) for file in pending]
    audio_seconds = _measure_all(connection, clips, settings)
    return AudioSummary(
        root=root,
        found=len(files),
        measured=len(clips),
        vanished=vanished,
        size_bytes=sum(file.size_bytes for file in files),
        modified_at=max((_time(file.modified_us) for file in files), default=None),
        audio_seconds=audio_seconds,
        by_status=_count_by_status(connection),
        failures=_first_failures(connection),
        unread=unread,
        seconds=time.monotonic() - started,
    )


def _write_list(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[ListedFile],
    thresholds_db: Sequence[float],
) -> tuple[list[ListedFile], int]:
    """Write what was found; return the files to measure and the number vanished."""
    found = pa.table(
        {
            "path": [file.path for file in files],
            "path_bytes": [file.path_bytes for file in files],
            "size_bytes": [file.size_bytes for file in files],
            "modified_at": [file.modified_us for file in files],
        },
        schema=_FOUND,
    )
    connection.execute("begin transaction")
    try:
        connection.register("found", found)
        vanished = connection.execute(_VANISHED).fetchall()[0][0]
        connection.execute(_PENDING, [list(thresholds_db)])
        paths = {
            path
            for (path,) in connection.execute("select path from pending").fetchall()
        }
        for table in ("raw.audio_files", "raw.audio_silences"):
            connection.execute(
                f"delete from {table} "  # noqa: S608
                "where path in (select path from pending)"
            )
        connection.execute(
            "insert into raw.audio_files by name "
            "select *, 'listed' as status from pending"
        )
        connection.execute("drop table pending")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    finally:
        connection.unregister("found")
    return [file for file in files if file.path in paths], int(vanished)


def _measure_all(
    connection: duckdb.DuckDBPyConnection, clips: Sequence[Clip], settings: Audio
) -> float:
    """Measure clips in worker processes; return the seconds of audio decoded."""
    if not clips:
        return 0.0
    workers = min(count_workers(settings.workers), len(clips))
    outcomes = run_tasks(
        measure_clip,
        clips,
        workers=workers,
        timeout_seconds=settings.timeout_seconds,
        initializer=prepare_worker,
    )
    audio_seconds = 0.0
    batch: list[Outcome[Clip, Measurement]] = []
    with progress("decode", len(clips), "files") as advance:
        for outcome in outcomes:
            advance(1)
            batch.append(outcome)
            if outcome.result is not None:
                audio_seconds += outcome.result.decoded_seconds or 0.0
            if len(batch) >= settings.batch_files:
                _write_batch(connection, batch)
                batch = []
    _write_batch(connection, batch)
    return audio_seconds


def _write_batch(
    connection: duckdb.DuckDBPyConnection,
    outcomes: Sequence[Outcome[Clip, Measurement]],
) -> None:
    """Replace the rows of some clips, in one transaction."""
    now = datetime.now(UTC)
    rows = [_row(outcome, now) for outcome in outcomes]
    batch = pa.Table.from_pylist(rows, schema=_MEASURED)
    silences = pa.Table.from_pylist(
        [row for outcome in outcomes for row in _silence_rows(outcome)],
        schema=_SILENCES,
    )
    columns = ", ".join(
        f"{name} = batch.{name}" for name in _MEASURED.names if name != "path"
    )
    connection.execute("begin transaction")
    try:
        connection.register("batch", batch)
        connection.register("silences", silences)
        connection.execute(
            f"update raw.audio_files set {columns} "  # noqa: S608
            "from batch where audio_files.path = batch.path"
        )
        connection.execute(
            "insert into raw.audio_silences by name select * from silences"
        )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    finally:
        connection.unregister("batch")
        connection.unregister("silences")


def _row(outcome: Outcome[Clip, Measurement], now: datetime) -> dict[str, Any]:
    clip, result = outcome.task, outcome.result
    row: dict[str, Any] = {} if result is None else asdict(result)
    if result is None:
        row["status"] = "timeout" if outcome.failure == "timeout" else "crashed"
        row["error"] = outcome.error
    row["path"] = clip.file.path
    row["silence_thresholds_db"] = list(clip.thresholds_db)
    row["scanned_at"] = now
    return row


def _silence_rows(outcome: Outcome[Clip, Measurement]) -> list[dict[str, Any]]:
    silences = () if outcome.result is None else outcome.result.silences
    return [
        {
            "path": outcome.task.file.path,
            "threshold_db": silence.threshold_db,
            "interval_number": silence.number,
            "start_seconds": silence.start_seconds,
            "end_seconds": silence.end_seconds,
        }
        for silence in silences
    ]


def _count_by_status(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(
        connection.execute(
            "select status, count(*) from raw.audio_files "
            "group by status order by count(*) desc, status"
        ).fetchall()
    )


def _first_failures(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, str, str]]:
    return connection.execute(
        "select path, status, error from raw.audio_files "
        "where status not in ('ok', 'vanished') order by path limit ?",
        [_FAILURES_TOLD],
    ).fetchall()


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
