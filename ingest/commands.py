"""What the commands do: load one source after another, and tell how it went."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import typer

from ingest import report
from ingest.attempt import Failure, attempt
from ingest.forecast import Forecast, forecast, forecast_audio
from ingest.load import Outcome, Source, load, open_raw
from ingest.plan import ClipFolders
from ingest.selection import Selection
from ingest.status import status as read_status
from lyre import cluster
from lyre.cluster import Engine
from lyre.counting import counted
from lyre.errors import visible
from lyre.settings import Audio, Settings
from warehouse.database import open_to_read

if TYPE_CHECKING:
    from ingest.report import Result
    from ingest.scan import AudioSummary

_ALL_CLIPS = Selection()


def load_all(
    sources: Sequence[Source | Failure],
    settings: Settings,
    warehouse: Path | None,
    *,
    as_json: bool,
    dry_run: bool,
    force: bool = False,
    clips: ClipFolders | None = None,
    selection: Selection = _ALL_CLIPS,
    engine: Engine = "local",
) -> None:
    """Load sources, or say what would be loaded, and tell how it went.

    A source that cannot be loaded costs a sentence on standard error; the others are
    loaded all the same.

    Parameters
    ----------
    sources : sequence of Source or Failure
        In this order; failures are what could not even be found.
    settings : Settings
        Where the warehouse is, and what is measured of clips.
    warehouse : Path or None
        The warehouse, in place of that of the settings.
    as_json : bool
        Whether to print JSON and nothing else.
    dry_run : bool
        Load nothing, and say what would be loaded.
    force : bool
        Load also what has not changed.
    clips : ClipFolders, optional
        Folders of clips to scan after the sources.
    selection : Selection
        Limits the clips that are measured.
    engine : {"local", "spark"}
        Who measures them: processes of this machine, or the cluster of the settings.

    Raises
    ------
    typer.Exit
        Always, with the exit code.
    """
    database = warehouse or settings.warehouse
    found = [each for each in sources if isinstance(each, Source)]
    results: list[Result] = []
    try:
        for result in chain(
            (each for each in sources if isinstance(each, Failure)),
            _foretell(found, database, force, clips, settings.audio, selection)
            if dry_run
            else _load(found, database, force, clips, settings, selection, engine),
        ):
            results.append(result)
            _tell(result, as_json)
    finally:
        # Also after what ends the command, such as a full disk.
        if as_json:
            typer.echo(report.as_json(results))
    raise typer.Exit(report.exit_code(results))


def _load(
    sources: Sequence[Source],
    database: Path,
    force: bool,
    clips: ClipFolders | None,
    settings: Settings,
    selection: Selection,
    engine: Engine,
) -> "Iterator[Outcome | AudioSummary | Failure]":
    if not sources and not clips:
        return
    with open_raw(database) as connection:
        for source in sources:
            yield attempt(source.name, partial(load, connection, source, force=force))
        if clips:
            scan = partial(_scan, connection, clips, settings, selection, engine)
            yield attempt("audio", scan)


def _scan(
    connection: duckdb.DuckDBPyConnection,
    clips: ClipFolders,
    settings: Settings,
    selection: Selection,
    engine: Engine,
) -> "AudioSummary":
    # Late: signal processing takes a second to import.
    from ingest.audio import load_audio
    from ingest.engines import measure_here, measure_on

    with cluster.chosen(engine, settings.spark) as found:
        return load_audio(
            connection,
            clips.root,
            settings.audio,
            selection,
            clips.datasets,
            measure_here if found is None else measure_on(found),
        )


def status(warehouse: Path, clips: Mapping[str, Path], *, as_json: bool) -> None:
    """Say what is loaded.

    Parameters
    ----------
    warehouse : Path
        The warehouse.
    clips : mapping of str to Path
        Data sets' own folders of clips, by name.
    as_json : bool
        Whether to print JSON.
    """
    with open_to_read(warehouse) as connection:
        loads = read_status(connection, clips)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in loads], indent=2))
        return
    for line in report.status_lines(loads):
        typer.echo(visible(line))


def parquet(warehouse: Path, folder: Path, *, as_json: bool) -> None:
    """Write the raw tables as Parquet and say what was written.

    Parameters
    ----------
    warehouse : Path
        The warehouse.
    folder : Path
        Where the tables' folders are to lie.
    as_json : bool
        Whether to print JSON.
    """
    from ingest.parquet import write_raw

    with open_to_read(warehouse) as connection:
        written = write_raw(connection, folder)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in written], indent=2))
        return
    for each in written:
        done = "written" if each.is_new else "unchanged"
        typer.echo(
            f"{each.table}: {counted(each.rows, 'row')}, "
            f"{counted(each.size_bytes, 'byte')}, {counted(each.files, 'file')}; {done}"
        )


def _foretell(
    sources: Sequence[Source],
    database: Path,
    force: bool,
    clips: ClipFolders | None,
    settings: Audio,
    selection: Selection,
) -> Iterator[Forecast | Failure]:
    with ExitStack() as stack:
        known = None
        if database.exists():
            known = stack.enter_context(open_to_read(database))
        for source in sources:
            yield forecast(known, source, force=force)
        if clips:
            folders = clips.root, clips.datasets
            told = partial(forecast_audio, known, *folders, settings, selection)
            yield attempt("audio", told)


def _tell(result: "Result", as_json: bool) -> None:
    if isinstance(result, Failure):
        typer.echo(visible(f"{result.source}: failed: {result.error}"), err=True)
    elif not as_json:
        for line in report.lines(result):
            typer.echo(visible(line))
