"""Load the sources into the warehouse: ``python -m ingest all``."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import plan, report
from ingest.load import Outcome, Source, load, open_raw
from ingest.status import status as read_status
from lyre import settings as lyre_settings
from lyre.console import DONE, DONE_WITH_FAILURES, command_line, run
from lyre.settings import Settings
from warehouse.database import open_to_read

if TYPE_CHECKING:
    from ingest.scan import AudioSummary

app = command_line(
    "Load the sources into raw tables of the warehouse. Example: python -m ingest all"
)

Warehouse = Annotated[
    Path | None,
    typer.Option(help="The DuckDB file; default: warehouse_path of lyre.toml."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Load also what has not changed since.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on standard output.")
]


@app.command()
def msd(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="HDF5 files and folders of them; default: sources.msd."),
    ] = None,
    warehouse: Warehouse = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Load the songs of the MSD: summary, aggregate or song files, or folders.

    Example: python -m ingest msd data/sources/msd_summary_file.h5
    """
    settings = lyre_settings.load()
    _load(
        [plan.msd_source(settings, paths or [])],
        settings,
        warehouse,
        force=force,
        as_json=as_json,
    )


@app.command()
def lastfm(
    path: Annotated[
        Path | None,
        typer.Argument(help="The SQLite database; default: sources.lastfm."),
    ] = None,
    warehouse: Warehouse = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Load the Last.fm tags.

    Example: python -m ingest lastfm data/sources/lastfm_tags.db
    """
    settings = lyre_settings.load()
    _load(
        [plan.lastfm_source(settings, path)],
        settings,
        warehouse,
        force=force,
        as_json=as_json,
    )


@app.command()
def lists(
    mismatches: Annotated[
        Path | None,
        typer.Option(help="The list of wrong matches; default: sources.mismatches."),
    ] = None,
    duplicates: Annotated[
        Path | None,
        typer.Option(help="The list of duplicates; default: sources.duplicates."),
    ] = None,
    warehouse: Warehouse = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Load the lists of mismatches and duplicates, and the published splits.

    Example: python -m ingest lists --mismatches sid_mismatches.txt
    """
    settings = lyre_settings.load()
    found = plan.list_sources(
        settings, _say, mismatches=mismatches, duplicates=duplicates
    )
    _load(
        plan.required(found, settings),
        settings,
        warehouse,
        force=force,
        as_json=as_json,
    )


@app.command()
def audio(
    root: Annotated[
        Path | None, typer.Option(help="The folder of clips; default: sources.audio.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0, help="Decoding processes, 0: one a core; default: audio.workers."
        ),
    ] = None,
    warehouse: Warehouse = None,
    as_json: AsJson = False,
) -> None:
    """Measure the clips that are new or have changed.

    Example: python -m ingest audio --root data/sources/audio --workers 2
    """
    settings = lyre_settings.load()
    if workers is not None:
        settings.audio.workers = workers
    folder = root or settings.source(settings.sources.audio)
    _load([], settings, warehouse, as_json=as_json, audio_root=folder)


@app.command("all")
def everything(
    warehouse: Warehouse = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Load every source that lyre.toml names: msd, lastfm, lists and audio.

    Example: python -m ingest all
    """
    settings = lyre_settings.load()
    sources = [
        plan.msd_source(settings),
        plan.lastfm_source(settings),
        *plan.list_sources(settings, _say),
    ]
    folder = plan.audio_root(settings, _say)
    _load(
        sources,
        settings,
        warehouse,
        force=force,
        as_json=as_json,
        audio_root=folder,
    )


@app.command()
def status(warehouse: Warehouse = None, as_json: AsJson = False) -> None:
    """Say what is loaded, from where, when, and whether it has changed since.

    Example: python -m ingest status
    """
    with open_to_read(warehouse or lyre_settings.load().warehouse) as connection:
        loads = read_status(connection)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in loads], indent=2))
        return
    for each in loads:
        typer.echo(
            f"{each.source}: {each.rows:,} rows, {each.rows_set_aside:,} set aside, "
            f"loaded {each.started_at}, {each.now}: {each.path}"
        )


def _load(
    sources: Iterable[Source],
    settings: Settings,
    warehouse: Path | None,
    *,
    as_json: bool,
    force: bool = False,
    audio_root: Path | None = None,
) -> None:
    results: list[Outcome | AudioSummary] = []
    with open_raw(warehouse or settings.warehouse) as connection:
        for source in sources:
            outcome = load(connection, source, force=force)
            results.append(outcome)
            _tell(report.lines(outcome), as_json)
        if audio_root is not None:
            # Late: signal processing takes a second to import.
            from ingest.audio import load_audio

            summary = load_audio(connection, audio_root, settings.audio)
            results.append(summary)
            _tell(report.audio_lines(summary), as_json)
    if as_json:
        typer.echo(report.as_json(results))
    failed = any(report.has_failures(result) for result in results)
    raise typer.Exit(DONE_WITH_FAILURES if failed else DONE)


def _tell(lines: Iterable[str], as_json: bool) -> None:
    if not as_json:
        for line in lines:
            typer.echo(line)


def _say(line: str) -> None:
    typer.echo(line, err=True)


if __name__ == "__main__":
    run(app, "python -m ingest")
