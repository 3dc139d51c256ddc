"""What was measured in clips, as rows of the raw tables."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from audio.measure import Measurement
from ingest.listing import Clip
from ingest.pool import Outcome
from warehouse.database import transaction

_TIME = pa.timestamp("us", tz="UTC")
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
_FINGERPRINTS = pa.schema({"path": pa.string(), "fingerprint": pa.list_(pa.uint32())})
_COLUMNS = ", ".join(
    f"{name} = batch.{name}" for name in _MEASURED.names if name != "path"
)
_STATEMENTS = (
    f"update raw.audio_files set {_COLUMNS} "  # noqa: S608
    "from batch where audio_files.path = batch.path",
    "delete from raw.audio_silences where path in (select path from batch)",
    "insert into raw.audio_silences by name select * from silences",
    # Of a clip that is measured again without one, the fingerprint still holds.
    "delete from raw.audio_fingerprints where path in (select path from fingerprints)",
    "insert into raw.audio_fingerprints by name select * from fingerprints",
)


def write_batch(
    connection: duckdb.DuckDBPyConnection,
    outcomes: Sequence[Outcome[Clip, Measurement]],
) -> None:
    """Replace the rows of some clips, in one transaction.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        May write, and is in no transaction.
    outcomes : sequence of Outcome
        Of clips that have a row in ``raw.audio_files``.
    """
    tables = _tables(outcomes)
    try:
        with transaction(connection):
            for name, table in tables.items():
                connection.register(name, table)
            for statement in _STATEMENTS:
                connection.execute(statement)
    finally:
        for name in tables:
            connection.unregister(name)


def _tables(outcomes: Sequence[Outcome[Clip, Measurement]]) -> dict[str, pa.Table]:
    """Return what the statements read, by name."""
    now = datetime.now(UTC)
    silences = [row for outcome in outcomes for row in _silence_rows(outcome)]
    fingerprints = [
        {"path": outcome.task.file.path, "fingerprint": outcome.result.fingerprint}
        for outcome in outcomes
        if outcome.result is not None and outcome.result.fingerprint is not None
    ]
    rows = [_row(outcome, now) for outcome in outcomes]
    return {
        "batch": pa.Table.from_pylist(rows, schema=_MEASURED),
        "silences": pa.Table.from_pylist(silences, schema=_SILENCES),
        "fingerprints": pa.Table.from_pylist(fingerprints, schema=_FINGERPRINTS),
    }


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
