"""Load the sources into the warehouse: ``python -m ingest all``.

What reads and writes is imported by the command that needs it, so that help is there
at once.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lyre.cluster import Engine
from lyre.console import command_line, run
from lyre.errors import visible

app = command_line(
    "Load the sources into raw tables of the warehouse. Example: python -m ingest all"
)

EngineName = Annotated[
    Engine,
    typer.Option(
        help="Who decodes: processes of this machine, or the Spark of lyre.toml."
    ),
]
Warehouse = Annotated[
    Path | None,
    typer.Option(help="The DuckDB file; default: warehouse_path of lyre.toml."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Load also what has not changed since.")
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Say what would be loaded, and load nothing."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on standard output.")
]


@app.command()
def msd(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="HDF5 files, folders of them, track_metadata.db; default: sources.msd."
        ),
    ] = None,
    warehouse: Warehouse = None,
    force: Force = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Load the songs of the MSD: summary, aggregate or song files, or SQLite.

    Where a song is in several files, the first counts. Of a folder, only files that
    are new or have changed are read.

    Example: python -m ingest msd data/sources/msd_summary_file.h5
    """
    from ingest import commands, plan
    from ingest.attempt import attempt
    from lyre import settings as settings_file

    settings = settings_file.load()
    find = partial(plan.msd_source, settings, paths or [])
    commands.load_all(
        [attempt("msd", find)],
        settings,
        warehouse,
        force=force,
        dry_run=dry_run,
        as_json=as_json,
    )


@app.command()
def lastfm(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="The SQLite database, a folder of three CSV files, or JSON files and "
            "folders of them; default: sources.lastfm."
        ),
    ] = None,
    warehouse: Warehouse = None,
    force: Force = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Load the Last.fm tags; the JSON files have similar tracks too.

    Example: python -m ingest lastfm data/sources/lastfm_tags.db
    """
    from ingest import commands, plan
    from ingest.attempt import attempt
    from lyre import settings as settings_file

    settings = settings_file.load()
    find = partial(plan.lastfm_source, settings, paths or [])
    commands.load_all(
        [attempt("lastfm", find)],
        settings,
        warehouse,
        force=force,
        dry_run=dry_run,
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
    unique_tracks: Annotated[
        Path | None,
        typer.Option(help="The list of all tracks; default: sources.unique_tracks."),
    ] = None,
    unique_artists: Annotated[
        Path | None,
        typer.Option(help="The list of all artists; default: sources.unique_artists."),
    ] = None,
    unique_tags: Annotated[
        Path | None,
        typer.Option(help="The list of Last.fm's tags; default: sources.unique_tags."),
    ] = None,
    cliques: Annotated[
        list[Path] | None,
        typer.Option(
            help="A list of second-hand songs, more than once for more; "
            "default: sources.cliques."
        ),
    ] = None,
    warehouse: Warehouse = None,
    force: Force = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Load the text lists of the MSD and Last.fm, and the published splits.

    Example: python -m ingest lists --mismatches sid_mismatches.txt
    """
    from ingest import commands, plan
    from lyre import settings as settings_file

    settings = settings_file.load()
    named = {
        "mismatches": mismatches,
        "duplicates": duplicates,
        "unique_tracks": unique_tracks,
        "unique_artists": unique_artists,
        "unique_tags": unique_tags,
    }
    files = {name: [path] for name, path in named.items() if path is not None}
    found = plan.list_sources(settings, _say, {**files, "cliques": cliques or []})
    commands.load_all(
        plan.required(found, settings),
        settings,
        warehouse,
        force=force,
        dry_run=dry_run,
        as_json=as_json,
    )


@app.command()
def dataset(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT", help="jamendo, magnatagatune, fma or plain (your own)."
        ),
    ],
    paths: Annotated[
        list[Path], typer.Argument(help="Its files, or folders that hold them.")
    ],
    name: Annotated[
        str | None,
        typer.Option(help="The source of its rows; default: the name of the format."),
    ] = None,
    warehouse: Warehouse = None,
    force: Force = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Load another tag data set, or a table of your own with the columns path and tags.

    Example: python -m ingest dataset plain my_music.csv --name mine
    """
    from ingest import commands
    from ingest.attempt import attempt
    from ingest.datasets import load as datasets
    from lyre import settings as settings_file

    settings = settings_file.load()
    find = partial(datasets.source, kind, paths, name or kind)
    commands.load_all(
        [attempt(name or kind, find)],
        settings,
        warehouse,
        force=force,
        dry_run=dry_run,
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
    list_only: Annotated[
        bool,
        typer.Option(
            "--list-only", help="List the clips, as dbt needs it; decode none."
        ),
    ] = False,
    pending: Annotated[
        bool,
        typer.Option(
            "--pending",
            help="Decode only what dbt run found worth it: marts.clips_to_decode.",
        ),
    ] = False,
    sample: Annotated[
        str | None,
        typer.Option(help="Decode only this share of the clips, such as 1%."),
    ] = None,
    retry: Annotated[
        bool,
        typer.Option(
            "--retry",
            help="Decode also what crashed, hung or was unreadable in an earlier scan.",
        ),
    ] = False,
    engine: EngineName = "local",
    warehouse: Warehouse = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Measure the clips that are new or have changed.

    Example: python -m ingest audio --root data/sources/audio --workers 2
    """
    from ingest import commands, plan
    from ingest.selection import Selection, parse_share
    from lyre import settings as settings_file

    settings = settings_file.load()
    if workers is not None:
        settings.audio.workers = workers
    share = 1.0 if sample is None else parse_share(sample)
    commands.load_all(
        [],
        settings,
        warehouse,
        dry_run=dry_run,
        as_json=as_json,
        clips=plan.chosen_clip_folders(settings, root),
        selection=Selection(list_only, pending, share, retry),
        engine=engine,
    )


@app.command("all")
def everything(
    warehouse: Warehouse = None,
    force: Force = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Load every source that lyre.toml names: msd, lastfm, lists, data sets, audio.

    One that cannot be loaded is told, and the others are loaded all the same.

    Example: python -m ingest all
    """
    from ingest import commands, plan
    from ingest.attempt import attempt
    from lyre import settings as settings_file

    settings = settings_file.load()
    sources = [
        attempt("msd", partial(plan.msd_source, settings)),
        attempt("lastfm", partial(plan.lastfm_source, settings)),
        *plan.list_sources(settings, _say),
        *plan.dataset_sources(settings, _say),
    ]
    clips = plan.clip_folders(settings, _say)
    commands.load_all(
        sources,
        settings,
        warehouse,
        force=force,
        dry_run=dry_run,
        as_json=as_json,
        clips=clips,
    )


@app.command()
def status(warehouse: Warehouse = None, as_json: AsJson = False) -> None:
    """Say what is loaded, from where, when, and whether it has changed since.

    Example: python -m ingest status
    """
    from ingest import commands
    from lyre import settings as settings_file

    settings = settings_file.load()
    commands.status(
        warehouse or settings.warehouse, settings.dataset_audio, as_json=as_json
    )


@app.command()
def parquet(
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write; default: parquet in data_dir."),
    ] = None,
    warehouse: Warehouse = None,
    as_json: AsJson = False,
) -> None:
    """Write the raw tables as Parquet, which Spark reads: dbt run --target spark.

    Tables that have not changed since are left as they are.

    Example: python -m ingest parquet --out data/parquet
    """
    from ingest import commands
    from lyre import settings as settings_file

    settings = settings_file.load()
    commands.parquet(
        warehouse or settings.warehouse,
        out or settings.data_dir / "parquet",
        as_json=as_json,
    )


def _say(line: str) -> None:
    typer.echo(visible(line), err=True)


if __name__ == "__main__":
    run(app, "python -m ingest")
