"""Audio files to raw rows: list them all, then decode what is new or changed.

The list is written first, in one transaction; the measurements follow in batches, each
a transaction of its own, as the workers deliver them. A scan that is killed loses its
last batch, and the next one goes on there.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import duckdb
import pyarrow as pa

from audio.fingerprint import check_installed
from audio.measure import Measurement
from ingest.clip_rows import write_batch
from ingest.engines import MeasureAll, measure_here
from ingest.errors import IngestError
from ingest.listing import (
    Clip,
    ListedFile,
    OnError,
    folder_names,
    folders_of,
    list_audio,
    list_datasets,
)
from ingest.pool import Outcome
from ingest.selection import IS_NEW, KNOWN, Selection, check, choose
from lyre.console import progress
from lyre.filenames import shown
from lyre.settings import Audio
from warehouse.database import transaction

_FAILURES_TOLD = 20
_ALL = Selection()
_NONE: Mapping[str, Path] = {}

_TIME = pa.timestamp("us", tz="UTC")
_FOUND = pa.schema(
    {
        "path": pa.string(),
        "path_bytes": pa.binary(),
        "dataset": pa.string(),
        "size_bytes": pa.int64(),
        "modified_at": _TIME,
    }
)
_CHANGED = f"""
    create or replace temporary table changed as
    select found.*
    from found
    left join {KNOWN} as known on known.path = found.path
    where {IS_NEW}
"""  # noqa: S608
_MOVED = """
    update raw.audio_files
    set dataset = found.dataset
    from found
    where audio_files.path = found.path
        and audio_files.dataset is distinct from found.dataset
"""
# Nothing need be decoded again where a disk was not mounted for a while.
_RETURNED = """
    update raw.audio_files
    set
        status = regexp_extract(error, '^was ([a-z]+)', 1),
        error = nullif(regexp_replace(error, '^was [a-z]+(: )?', ''), '')
    from found
    where audio_files.path = found.path
        and audio_files.size_bytes = found.size_bytes
        and audio_files.modified_at = found.modified_at
        and status = 'vanished'
        and starts_with(error, 'was ')
"""
# Rows of a folder that is not looked into now, or cannot be, stay as they are.
_VANISHED = """
    update raw.audio_files
    set status = 'vanished', error = 'was ' || status || coalesce(': ' || error, '')
    where status <> 'vanished' and path not in (select path from found)
        and list_contains($folders, coalesce(dataset, ''))
        and not exists (
            from (select unnest($unread::varchar[]) as place)
            where place in ('', audio_files.path)
                or starts_with(audio_files.path, place || '/')
        )
"""


@dataclass(frozen=True)
class AudioSummary:
    """What a scan found and did.

    Attributes
    ----------
    root : Path
        The common folder; None where there is none.
    datasets : dict of str to Path
        Data sets' own folders, by name.
    found : int
        Audio files in all of them.
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
        The first 20 files, by path, that are not ``"ok"``, nor ``"listed"`` only, nor
        ``"vanished"``.
    unread : list of (path, reason)
        Folders and files that could not be looked at; what an earlier scan found there
        stays as it was.
    seconds : float
        How long it took.
    """

    root: Path | None
    datasets: dict[str, Path]
    found: int
    measured: int
    vanished: int
    size_bytes: int
    modified_at: datetime | None
    audio_seconds: float
    by_status: dict[str, int]
    failures: list[tuple[str, str, str]]
    unread: list[tuple[str, str]]
    seconds: float

    @property
    def folders(self) -> list[Path]:
        """The folders that were scanned."""
        return folders_of(self.root, self.datasets)


def ingest_audio(
    connection: duckdb.DuckDBPyConnection,
    root: Path | None,
    settings: Audio,
    selection: Selection = _ALL,
    datasets: Mapping[str, Path] = _NONE,
    measure_all: MeasureAll = measure_here,
) -> AudioSummary:
    """Scan folders into ``raw.audio_files`` and what belongs to it.

    A file is measured if it is new, its size or time has changed, or other silence
    thresholds or a fingerprint are asked for; also if an earlier scan left it out.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        May write, holds the raw tables, and is in no transaction.
    root : Path or None
        The common folder; None where data sets' own are all.
    settings : lyre.settings.Audio
        Thresholds, number of workers, time limit, size of a batch.
    selection : Selection
        Limits the files that are measured.
    datasets : mapping of str to Path
        Folders of data sets, by name: as if they lay in the common one by that name.
    measure_all : callable
        Who measures the clips, as in `ingest.engines`.

    Returns
    -------
    AudioSummary

    Raises
    ------
    IngestError
        One is no folder, the common one has a folder of a data set's name too, or the
        selection needs a table that is missing.
    MissingLibraryError
        Fingerprints are asked for, and what they need is not installed.
    """
    check(connection, selection)
    if settings.fingerprints:
        check_installed()
    started = time.monotonic()
    unread: dict[str, OSError] = {}
    files = list_all(root, datasets, unread.__setitem__)
    thresholds_db, wanted = thresholds(settings), settings.fingerprints
    with listed(connection, files), transaction(connection):
        vanished = _write_list(connection, folder_names(root, datasets), list(unread))
        paths = choose(connection, selection, thresholds_db, wanted)
    chosen = [file for file in files if file.path in paths]
    folders: dict[str | None, Path | None] = {None: root}
    folders.update(datasets)
    clips = [
        Clip(file, str(folders[file.dataset]), thresholds_db, wanted) for file in chosen
    ]
    outcomes = measure_all(clips, settings) if clips else iter(())
    audio_seconds = _write_all(connection, outcomes, len(clips), settings.batch_files)
    return AudioSummary(
        root=root,
        datasets=dict(datasets),
        found=len(files),
        measured=len(clips),
        vanished=vanished,
        size_bytes=sum(file.size_bytes for file in files),
        modified_at=max((_time(file.modified_us) for file in files), default=None),
        audio_seconds=audio_seconds,
        by_status=_count_by_status(connection),
        failures=_first_failures(connection),
        unread=[_told(*each) for each in unread.items()],
        seconds=time.monotonic() - started,
    )


def list_all(
    root: Path | None,
    datasets: Mapping[str, Path],
    on_error: OnError,
) -> list[ListedFile]:
    """List the audio files of the common folder and of the data sets' own.

    What cannot be looked at is told as in `ingest.listing.list_audio`.

    Raises
    ------
    IngestError
        One is no folder or lies in another, or two files would have one path.
    """
    _refuse_overlap({**({} if root is None else {"audio": root}), **datasets})
    files = [] if root is None else list_audio(root, on_error)
    for file in files:
        head = file.path.partition("/")[0]
        if head in datasets:
            raise IngestError(
                f"the clips of {head} lie here, and it has a folder of its own",
                where=root and root / head,
                remedy=f"take sources.datasets.{head}.audio out of lyre.toml, or move "
                "one of the folders",
            )
    return files + list_datasets(datasets, on_error)


def _refuse_overlap(folders: Mapping[str, Path]) -> None:
    """Refuse folders of which one holds another: its clips would be listed twice."""
    for (outer, around), (inner, folder) in permutations(folders.items(), 2):
        if folder.resolve().is_relative_to(around.resolve()):
            raise IngestError(
                f"the clips of {inner} lie in the folder of those of {outer}, too",
                where=folder,
                expected="folders of which none lies in another",
                remedy="take one of them out of lyre.toml: a data set's clips may lie "
                "in sources.audio",
            )


@contextmanager
def listed(
    connection: duckdb.DuckDBPyConnection, files: Sequence[ListedFile]
) -> Iterator[None]:
    """Let SQL read the files that were found, under the name ``found``."""
    found = pa.table(
        {
            "path": [file.path for file in files],
            "path_bytes": [file.path_bytes for file in files],
            "dataset": [file.dataset for file in files],
            "size_bytes": [file.size_bytes for file in files],
            "modified_at": [file.modified_us for file in files],
        },
        schema=_FOUND,
    )
    connection.register("found", found)
    try:
        yield
    finally:
        connection.unregister("found")


def thresholds(settings: Audio) -> tuple[float, ...]:
    """Return the silence thresholds asked for, in order."""
    return tuple(sorted(set(settings.silence_thresholds_db)))


def _write_list(
    connection: duckdb.DuckDBPyConnection, folders: list[str], unread: list[str]
) -> int:
    """Write what was found; return the number of files that vanished."""
    connection.execute(_MOVED)
    ((vanished,),) = connection.execute(
        _VANISHED, {"folders": folders, "unread": unread}
    ).fetchall()
    connection.execute(_RETURNED)
    connection.execute(_CHANGED)
    for table in ("raw.audio_files", "raw.audio_silences", "raw.audio_fingerprints"):
        connection.execute(
            f"delete from {table} where path in (select path from changed)"  # noqa: S608
        )
    connection.execute(
        "insert into raw.audio_files by name select *, 'listed' as status from changed"
    )
    connection.execute("drop table changed")
    return int(vanished)


def _write_all(
    connection: duckdb.DuckDBPyConnection,
    outcomes: Iterator[Outcome[Clip, Measurement]],
    total: int,
    batch_files: int,
) -> float:
    """Write measurements as they come; return the seconds of audio decoded."""
    if not total:
        return 0.0
    tally = _Tally(time.monotonic())
    batch: list[Outcome[Clip, Measurement]] = []
    with progress("decode", total, "file", tally.__str__) as advance:
        for outcome in outcomes:
            tally.add(outcome)
            advance(1)
            batch.append(outcome)
            if len(batch) >= batch_files:
                write_batch(connection, batch)
                batch = []
    write_batch(connection, batch)
    return tally.audio_seconds


@dataclass
class _Tally:
    """How the decoding goes, in a few words."""

    started: float
    audio_seconds: float = 0.0
    errors: int = 0

    def add(self, outcome: Outcome[Clip, Measurement]) -> None:
        result = outcome.result
        self.errors += result is None or result.status != "ok"
        self.audio_seconds += (result and result.decoded_seconds) or 0.0

    def __str__(self) -> str:
        seconds = max(time.monotonic() - self.started, 1e-9)
        hours = self.audio_seconds / 3600 / seconds
        return f"{hours:.2f} hours of audio/s, {self.errors:,} with errors"


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
        "where status not in ('ok', 'listed', 'vanished') order by path limit ?",
        [_FAILURES_TOLD],
    ).fetchall()


def _told(path: str, error: OSError) -> tuple[str, str]:
    place = path if error.filename is None else shown(Path(error.filename))
    return place, f"cannot be looked at: {error.strerror}"


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
