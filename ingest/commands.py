"""What the commands do: load one source after another, and tell how it went."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import typer

from ingest import report
from ingest.forecast import Forecast, forecast, forecast_audio
from ingest.load import Outcome, Source, load, open_raw
from ingest.plan import ClipFolders
from ingest.selection import Selection
from ingest.status import status as read_status
from lyre import cluster
from lyre.cluster import Engine
from lyre.console import DONE, DONE_WITH_FAILURES
from lyre.counting import counted
from lyre.errors import visible
from lyre.settings import Audio, Settings
from warehouse.database import open_to_read

if TYPE_CHECKING:
    from ingest.scan import AudioSummary

_ALL_CLIPS = Selection()


def load_all(
    sources: Iterable[Source],
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

    Parameters
    ----------
    sources : iterable of Source
        In this order.
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
        Always, but after a dry run: with the exit code.
    """
    database = warehouse or settings.warehouse
    if dry_run:
        told = _foretell(sources, database, force, clips, settings.audio, selection)
        if as_json:
            typer.echo(report.as_json(told))
        _tell(report.forecast_lines(told), as_json)
        return
    results: list[Outcome | AudioSummary] = []
    with open_raw(database) as connection:
        for source in sources:
            outcome = load(connection, source, force=force)
            results.append(outcome)
            _tell(report.lines(outcome), as_json)
        if clips:
            summary = _scan(connection, clips, settings, selection, engine)
            results.append(summary)
            _tell(report.audio_lines(summary), as_json)
    if as_json:
        typer.echo(report.as_json(results))
    failed = any(report.has_failures(result) for result in results)
    raise typer.Exit(DONE_WITH_FAILURES if failed else DONE)


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
    sources: Iterable[Source],
    database: Path,
    force: bool,
    clips: ClipFolders | None,
    settings: Audio,
    selection: Selection,
) -> list[Forecast]:
    with ExitStack() as stack:
        known = None
        if database.exists():
            known = stack.enter_context(open_to_read(database))
        told = [forecast(known, source, force=force) for source in sources]
        if clips:
            told.append(
                forecast_audio(known, clips.root, clips.datasets, settings, selection)
            )
    return told


def _tell(lines: Iterable[str], as_json: bool) -> None:
    if not as_json:
        for line in lines:
            typer.echo(visible(line))
