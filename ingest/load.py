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
from ingest.files import Fingerprint
from ingest.tables import (
    ROWS_SET_ASIDE,
    Table,
    create_raw_tables,
    replace_table,
)
from ingest.text import escaped
from warehouse.database import open_to_write

DONE, SKIPPED, FAILED = "done", "skipped", "failed"

_ROWS_HELD = 10_000
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
    rows : int
        Rows loaded so far; the reader counts them.
    bad_files : list of (path, reason)
        Files of a tree that could not be read.
    repairs : Counter of str
        Texts repaired, by kind.
    """

    connection: duckdb.DuckDBPyConnection
    run_id: int
    source: str
    path: str
    rows: int = 0
    bad_files: list[tuple[str, str]] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    _aside: list[tuple[object, ...]] = field(default_factory=list)

    def insert(self, table: Table, batch: pa.Table) -> None:
        """Append a batch whose columns are named as those of the table."""
        name = table.full_name
        with self.registered("batch", batch):
            self.connection.execute(
                f"insert into {name} by name select * from batch"  # noqa: S608
            )

    @contextmanager
    def registered(
        self, name: str, rows: pa.Table | pa.RecordBatchReader
    ) -> Iterator[None]:
        """Let SQL read Arrow data under a name."""
        self.connection.register(name, rows)
        try:
            yield
        finally:
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
        Reads the source into the empty tables of a `Load`.
    """

    name: str
    fingerprint: Fingerprint
    tables: tuple[Table, ...]
    fill: Callable[[Load], None]


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
    seconds: float


@contextmanager
def open_raw(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse to write, with every raw table in place."""
    with open_to_write(path) as connection:
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
        The source cannot be read to its end. The old tables stay, and the failure is
        logged in ``raw.ingest_runs``.
    """
    started_at, clock = datetime.now(UTC), time.monotonic()
    run = Load(
        connection, next_run_id(connection), source.name, source.fingerprint.path
    )
    if not force and _is_unchanged(connection, source):
        log_run(connection, run, source.fingerprint, started_at, 0.0, SKIPPED)
        return _outcome(run, source, {}, SKIPPED, time.monotonic() - clock)
    try:
        aside = _replace(run, source, started_at, clock)
    except BaseException as error:
        _roll_back(connection)
        seconds = time.monotonic() - clock
        failed = Load(connection, run.run_id, run.source, run.path)
        said = str(error) or type(error).__name__
        log_run(
            connection, failed, source.fingerprint, started_at, seconds, FAILED, said
        )
        if isinstance(error, duckdb.Error):
            raise _explain(error, source) from error
        raise
    # Without it the file would keep the replaced table's blocks until it is closed.
    connection.execute("checkpoint")
    return _outcome(run, source, aside, DONE, time.monotonic() - clock)


def count_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Return the number of rows of a raw table."""
    rows = connection.execute(
        f"select count(*) from {table.full_name}"  # noqa: S608
    ).fetchall()
    return int(rows[0][0])


def next_run_id(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number that the next run gets."""
    runs = connection.execute("select max(run_id) from raw.ingest_runs").fetchall()
    return (runs[0][0] or 0) + 1


def log_run(
    connection: duckdb.DuckDBPyConnection,
    run: Load,
    state: Fingerprint,
    started_at: datetime,
    seconds: float,
    status: str,
    error: str | None = None,
    rows_set_aside: int = 0,
) -> None:
    """Write the run's row of ``raw.ingest_runs``."""
    values = (
        run.run_id,
        run.source,
        state.path,
        state.size_bytes,
        state.modified_at,
        state.checksum,
        run.rows,
        rows_set_aside,
        started_at,
        seconds,
        status,
        error,
    )
    connection.execute(
        "insert into raw.ingest_runs values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )


def _replace(
    run: Load, source: Source, started_at: datetime, clock: float
) -> dict[str, int]:
    run.connection.execute("begin transaction")
    for table in source.tables:
        replace_table(run.connection, table)
    run.connection.execute(
        "delete from raw.rows_set_aside where source = ?", [run.source]
    )
    source.fill(run)
    aside = run.aside_by_reason()
    seconds = time.monotonic() - clock
    log_run(
        run.connection,
        run,
        source.fingerprint,
        started_at,
        seconds,
        DONE,
        rows_set_aside=sum(aside.values()),
    )
    run.connection.execute("commit")
    return aside


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("rollback")
    except duckdb.TransactionException:
        # A failed commit has ended the transaction already.
        return


def _is_unchanged(connection: duckdb.DuckDBPyConnection, source: Source) -> bool:
    last = connection.execute(
        "select path, size_bytes, checksum from raw.ingest_runs "
        "where source = ? and status = ? order by run_id desc limit 1",
        [source.name, DONE],
    ).fetchone()
    state = source.fingerprint
    return last == (state.path, state.size_bytes, state.checksum)


def _outcome(
    run: Load, source: Source, aside: dict[str, int], status: str, seconds: float
) -> Outcome:
    return Outcome(
        source=run.source,
        path=run.path,
        status=status,
        rows=run.rows,
        tables={
            table.name: count_rows(run.connection, table) for table in source.tables
        },
        set_aside=aside,
        repairs=dict(+run.repairs),
        bad_files=run.bad_files,
        seconds=seconds,
    )


def _explain(error: duckdb.Error, source: Source) -> IngestError:
    return IngestError(
        f"the load stopped: {str(error).splitlines()[0]}",
        where=source.fingerprint.path,
        remedy="the tables of the last load stay as they were",
    )
