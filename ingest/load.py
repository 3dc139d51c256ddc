"""One load: a transaction that replaces a source's tables and logs the run.

A load either ends whole or leaves the old tables as they were, also when the process
is killed. Rows that cannot be loaded are kept in ``raw.rows_set_aside``.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.errors import IngestError
from ingest.files import FileState, Fingerprint, changed_file
from ingest.runs import (
    DONE,
    FAILED,
    SKIPPED,
    Run,
    is_unchanged,
    log_files,
    log_run,
    next_run_id,
    note_times,
)
from ingest.tables import (
    ROWS_SET_ASIDE,
    Table,
    create_raw_tables,
    replace_table,
)
from ingest.text import escaped
from lyre.errors import said
from warehouse.database import is_disk_full, open_to_write, transaction

_ROWS_HELD = 10_000

# DuckDB would keep what it has written in most of the machine's memory.
_MEMORY = "400MiB"
_ARROW_ASIDE = pa.schema(
    [
        ("run_id", pa.int64()),
        *((name, pa.string()) for name in ROWS_SET_ASIDE.column_names[1:]),
    ]
)


@dataclass
class Load:
    """A load in progress, which the source's reader feeds.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Inside the load's transaction.
    run_id : int
        The run's number in ``raw.ingest_runs``.
    source : str
        Name of the source.
    path : str
        Its path, as logged.
    force : bool
        Whether all is to be loaded again, changed or not.
    rows : int
        Rows loaded so far; the reader counts them.
    bad_files : list of (path, reason)
        Files of a tree that could not be read.
    repairs : Counter of str
        Texts repaired, by kind.
    kept_files : frozenset of str
        Files of a tree that have not changed, whose rows stay as they are.
    """

    connection: duckdb.DuckDBPyConnection
    run_id: int
    source: str
    path: str
    force: bool = False
    rows: int = 0
    bad_files: list[tuple[str, str]] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    kept_files: frozenset[str] = frozenset()
    _aside: list[tuple[object, ...]] = field(default_factory=list)

    def insert(self, table: Table, batch: pa.Table) -> None:
        """Append a batch whose columns are named as those of the table."""
        self.append(table.full_name, batch)

    def append(self, table: str, batch: pa.Table) -> None:
        """Append a batch to a table of any kind by the names of its columns.

        DuckDB finds the variable ``batch``. What is registered instead, even if only
        for a while, is held in memory to the end of the transaction.
        """
        self.connection.execute(
            f"insert into {table} by name select * from batch"  # noqa: S608
        )

    @contextmanager
    def registered(
        self, name: str, rows: pa.Table | pa.RecordBatchReader
    ) -> Iterator[None]:
        """Let SQL read Arrow data under a name; see `append` for what that costs."""
        self.connection.register(name, rows)
        yield
        # Not after an error: the aborted transaction would refuse it, and hide that.
        self.connection.unregister(name)

    def set_aside(
        self,
        position: str | None,
        reason: str,
        content: object,
        *,
        path: str | None = None,
    ) -> None:
        """Keep a row that cannot be loaded, with its place and the reason."""
        where = path or self.path
        shown = None if content is None else escaped(content)
        row = (self.run_id, self.source, where, position, reason, shown)
        self._aside.append(row)
        if len(self._aside) >= _ROWS_HELD:
            self.flush()

    def set_file_aside(self, path: str, reason: str) -> None:
        """Keep the name of a file that cannot be loaded, with the reason."""
        self.bad_files.append((path, reason))
        self.set_aside(None, reason, None, path=path)

    def flush(self) -> None:
        """Write the rows set aside that are still held in memory."""
        if self._aside:
            columns = [list(column) for column in zip(*self._aside, strict=True)]
            batch = pa.Table.from_arrays(
                [
                    pa.array(values, kind)
                    for values, kind in zip(columns, _ARROW_ASIDE.types, strict=True)
                ],
                schema=_ARROW_ASIDE,
            )
            self._aside.clear()
            self.insert(ROWS_SET_ASIDE, batch)

    def forget_aside(self) -> None:
        """Drop the rows set aside of this source, but not those of files kept.

        Those of the last load are taken over. A reader that has to begin again calls
        it too, and counts its repairs anew.
        """
        self.repairs.clear()
        self._aside.clear()
        self.bad_files.clear()
        kept = pa.table({"path": pa.array(sorted(self.kept_files), pa.string())})
        with self.registered("kept", kept):
            self.connection.execute(
                "delete from raw.rows_set_aside "
                "where source = ? and path not in (from kept)",
                [self.source],
            )
        self.connection.execute(
            "update raw.rows_set_aside set run_id = ? where source = ?",
            [self.run_id, self.source],
        )

    def aside_by_reason(self) -> dict[str, int]:
        """Count the rows set aside in this run."""
        self.flush()
        return dict(
            self.connection.execute(
                "select reason, count(*) from raw.rows_set_aside "
                "where run_id = ? group by reason order by count(*) desc, reason",
                [self.run_id],
            ).fetchall()
        )


@dataclass(frozen=True)
class Source:
    """A source that was found and is ready to be loaded.

    Attributes
    ----------
    name : str
        As in ``raw.ingest_runs``.
    fingerprint : Fingerprint
        Its present state.
    tables : tuple of Table
        The raw tables that it fills.
    fill : callable
        Reads the source into the tables of a `Load`.
    keep : callable, optional
        Takes what will be filled anew out of the tables and leaves the rest; without
        it, they are emptied.
    """

    name: str
    fingerprint: Fingerprint
    tables: tuple[Table, ...]
    fill: Callable[[Load], None]
    keep: Callable[[Load, "Source"], None] | None = None


@dataclass(frozen=True)
class Outcome:
    """How a load ended.

    Attributes
    ----------
    source, path : str
        What was loaded, from where.
    status : str
        ``"done"`` or ``"skipped"``.
    rows : int
        Rows loaded.
    tables : dict of str to int
        Rows in each table that the source fills.
    set_aside : dict of str to int
        Rows (or files) set aside, by reason.
    repairs : dict of str to int
        Texts repaired, by kind.
    bad_files : list of (path, reason)
        Files of a tree that could not be read.
    kept_files : int
        Files of a tree that have not changed and were not read again.
    seconds : float
        How long it took.
    """

    source: str
    path: str
    status: str
    rows: int
    tables: dict[str, int]
    set_aside: dict[str, int]
    repairs: dict[str, int]
    bad_files: list[tuple[str, str]]
    kept_files: int
    seconds: float


@contextmanager
def open_raw(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse to write, with every raw table in place."""
    with open_to_write(path) as connection:
        connection.execute(f"set memory_limit = '{_MEMORY}'")
        create_raw_tables(connection)
        yield connection


def load(
    connection: duckdb.DuckDBPyConnection, source: Source, *, force: bool = False
) -> Outcome:
    """Replace the tables of one source, or skip it where it has not changed.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From `open_raw`.
    source : Source
        What to load.
    force : bool
        Load it even if it has not changed.

    Returns
    -------
    Outcome
        What was done.

    Raises
    ------
    IngestError
        The source cannot be read to its end, or changed meanwhile. The old tables
        stay, and the failure is logged in ``raw.ingest_runs``.
    duckdb.Error
        The disk of the warehouse is full, which is no fault of the source.
    """
    started_at, clock = datetime.now(UTC), time.monotonic()
    state = source.fingerprint
    run_id = next_run_id(connection)
    work = Load(connection, run_id, source.name, state.path, force)
    if not force and is_unchanged(connection, source.name, state):
        log_run(connection, Run(run_id, source.name, state, started_at), SKIPPED)
        if len(state.files) == 1:
            # It was compared by its content alone.
            note_times(connection, source.name, state.files)
        return _outcome(work, source, {}, SKIPPED, time.monotonic() - clock)
    run = Run(run_id, source.name, state, started_at, clock)
    try:
        aside = _replace(work, source, run)
    except BaseException as error:
        log_run(connection, run, FAILED, error=str(error) or type(error).__name__)
        if isinstance(error, duckdb.Error) and not is_disk_full(error):
            raise _explain(error, source) from error
        raise
    # Without it the file would keep the replaced table's blocks until it is closed.
    connection.execute("checkpoint")
    return _outcome(work, source, aside, DONE, time.monotonic() - clock)


def empty_tables(work: Load, source: Source) -> None:
    """Put empty tables in the place of a source's; the default of `Source.keep`."""
    for table in source.tables:
        replace_table(work.connection, table)


def count_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Return the number of rows of a raw table."""
    rows = connection.execute(
        f"select count(*) from {table.full_name}"  # noqa: S608
    ).fetchall()
    return int(rows[0][0])


def _replace(work: Load, source: Source, run: Run) -> dict[str, int]:
    with transaction(work.connection):
        (source.keep or empty_tables)(work, source)
        work.forget_aside()
        with _unchanged(work, source):
            source.fill(work)
        aside = work.aside_by_reason()
        log_files(work.connection, run, {path for path, _ in work.bad_files})
        log_run(
            work.connection,
            run,
            DONE,
            rows=work.rows,
            rows_set_aside=sum(aside.values()),
        )
    return aside


@contextmanager
def _unchanged(work: Load, source: Source) -> Iterator[None]:
    """Refuse files that were not the same from before the block to its end.

    What was read of them may be half old and half new; that they then look damaged is
    no wonder.
    """
    try:
        yield
    except Exception as error:
        if changed := changed_file(_files_read(work, source)):
            raise _has_changed(changed) from error
        raise
    if changed := changed_file(_files_read(work, source)):
        raise _has_changed(changed)


def _files_read(work: Load, source: Source) -> Iterator[FileState]:
    """Yield the files of which something was read, as they were before.

    The reader may have read files that it meant to keep.
    """
    for file in source.fingerprint.files:
        if file.path not in work.kept_files:
            yield file


def _has_changed(file: str) -> IngestError:
    return IngestError(
        "the file changed while it was read",
        where=file,
        remedy="the tables of the last load stay as they were; run the same command "
        "again once the file is whole",
    )


def _outcome(
    work: Load, source: Source, aside: dict[str, int], status: str, seconds: float
) -> Outcome:
    return Outcome(
        source=work.source,
        path=work.path,
        status=status,
        rows=work.rows,
        tables={
            table.name: count_rows(work.connection, table) for table in source.tables
        },
        set_aside=aside,
        repairs=dict(+work.repairs),
        bad_files=work.bad_files,
        kept_files=len(work.kept_files),
        seconds=seconds,
    )


def _explain(error: duckdb.Error, source: Source) -> IngestError:
    return IngestError(
        f"the load stopped: {said(error)}",
        where=source.fingerprint.path,
        remedy="the tables of the last load stay as they were",
    )
