"""The command line of the export.

::

    python -m export tfrecord
    python -m export tfrecord --format waveform --workers 8
    python -m export tfrecord --shards 0-24/100
    python -m export webdataset --select indie.sql
    python -m export relabel --recipe training_set.v1 --add-missing
    python -m export verify
    python -m export csv --out training_set.csv
    python -m export sqlite --out clean_tags.db
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from dataset import exports, manifest, verify
from dataset.manifest import MOST_MELS, MOST_SAMPLES, TARGETS, Manifest, Target
from export import clips, production, relabel, stage, tables, telling
from export.additions import Adding
from export.clips import DType, Format, Preset
from export.errors import ExportError
from export.narrowing import Narrowing
from export.part import Part
from export.plan import Plan
from export.production import Options
from export.recipe import Recipe
from lyre import cluster, settings
from lyre.cluster import Engine
from lyre.console import (
    DONE,
    DONE_WITH_FAILURES,
    command_line,
    finite,
    progress,
    run,
)
from lyre.cores import cores
from lyre.counting import counted
from lyre.errors import visible
from lyre.lock import locked

_MEGABYTE = 1_000_000
_LATEST = "training_set.v2"
_BAD_SHARE = 0.05
_HELP = {
    "tfrecord": "Write sharded TFRecords and their manifest; a stopped run goes on.\n\n"
    'Example: python -m export tfrecord --format waveform --where "year >= 1990"',
    "webdataset": "Write the same as tar files of .npy and .json, for WebDataset.\n\n"
    "Example: python -m export webdataset --format waveform",
    "parquet": "Write the same as Parquet files, one row a track.\n\n"
    "Example: python -m export parquet --preset musicnn",
}

app = command_line(
    "Write the final table as a data set to train on.\n\n"
    "Example: python -m export tfrecord --format logmel --preset musicnn"
)

RecipeName = Annotated[
    str, typer.Option("--recipe", help="Version of the final table.")
]
Where = Annotated[
    str | None,
    typer.Option(help='SQL condition on its columns, such as "year >= 1990".'),
]
Select = Annotated[
    Path | None,
    typer.Option(help="File with one SELECT; its column track_id says which tracks."),
]
AudioRoot = Annotated[
    Path | None, typer.Option(help="Folder of the clips; by default lyre.toml's.")
]
Workers = Annotated[
    int | None, typer.Option(min=0, help="Decoding processes; default, 0: one a core.")
]
BadShare = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        callback=finite,
        help=f"Stop when more of the clips are unusable; default: {_BAD_SHARE}.",
    ),
]
Export = Annotated[
    Path | None,
    typer.Argument(help="Folder of the export; by default the newest.", metavar="DIR"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite the file.")]


def _add_command(target: Target) -> None:
    """Add the command that writes one kind of shards; all take the same options."""

    @app.command(target, help=_HELP[target])
    def command(
        recipe: RecipeName = _LATEST,
        format_: Annotated[
            Format, typer.Option("--format", help="What a record holds.")
        ] = "logmel",
        preset: Annotated[
            Preset | None,
            typer.Option(help="Settings of the log-mel to begin from; else urop2019."),
        ] = None,
        rate: Annotated[
            int | None, typer.Option(min=1, max=MOST_SAMPLES, help="Samples a second.")
        ] = None,
        mels: Annotated[
            int | None, typer.Option(min=1, max=MOST_MELS, help="Mel bands.")
        ] = None,
        n_fft: Annotated[
            int | None, typer.Option(min=2, max=MOST_SAMPLES, help="Samples a frame.")
        ] = None,
        hop: Annotated[
            int | None,
            typer.Option(min=1, max=MOST_SAMPLES, help="Samples between frames."),
        ] = None,
        dtype: Annotated[
            DType | None,
            typer.Option(
                help="Stored type; by default float16 (logmel), int16 (waveform)."
            ),
        ] = None,
        out: Annotated[
            Path | None,
            typer.Option(help="Folder; by default named by recipe, format and target."),
        ] = None,
        audio_root: AudioRoot = None,
        where: Where = None,
        select: Select = None,
        workers: Workers = None,
        engine: Annotated[
            Engine,
            typer.Option(
                help="Who decodes: processes of this machine, or the Spark of "
                "lyre.toml."
            ),
        ] = "local",
        shard_size: Annotated[
            float,
            typer.Option(
                min=0.001, callback=finite, help="Mean size of shards at most, in MB."
            ),
        ] = 64,
        seed: Annotated[int, typer.Option(help="Order of the records in a shard.")] = 0,
        shards: Annotated[
            str | None,
            typer.Option(help="Write a part of the shards alone, such as 0-24/100."),
        ] = None,
        finish: Annotated[
            bool,
            typer.Option(
                "--finish", help="Decode nothing: all parts are there, conclude them."
            ),
        ] = False,
        max_bad_share: BadShare = None,
        replace: Annotated[
            bool,
            typer.Option("--replace", help="Start over in the folder of an export."),
        ] = False,
        check: Annotated[
            bool, typer.Option("--verify", help="Read every record back at the end.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        if finish and shards:
            raise ExportError("--shards and --finish do not go together")
        if check and shards:
            raise ExportError(
                "--shards writes no manifest, which --verify needs",
                remedy="verify once the export is finished",
            )
        configured = settings.load()
        features = clips.features(
            format_, preset, rate=rate, n_mels=mels, n_fft=n_fft, hop=hop, dtype=dtype
        )
        chosen = Recipe.parse(recipe)
        part = None if shards is None else Part.parse(shards)
        ending = "" if target == "tfrecord" else f"-{target}"
        folder = out or configured.exports / f"{chosen.name}-{format_}{ending}"
        with (
            locked(folder, shared=part is not None),
            cluster.chosen(engine, configured.spark) as found,
        ):
            options = Options(
                workers=workers or cores(),
                shard_bytes=round(shard_size * _MEGABYTE),
                seed=seed,
                max_bad_share=_BAD_SHARE if max_bad_share is None else max_bad_share,
                target=target,
                replace=replace,
                shared=finish or shards is not None,
                datasets=configured.dataset_audio,
                cluster=found,
            )
            root = audio_root or configured.source(configured.sources.audio)
            started = time.monotonic()
            made = stage.prepare(
                configured.warehouse,
                folder,
                chosen,
                features,
                narrowing=Narrowing.given(where, select),
                options=options,
            )
            if part is not None:
                _write_part(made, folder, root, part, options, as_json=as_json)
                return
            described = _write(made, folder, root, options, finish=finish)
        seconds = time.monotonic() - started
        faults = _verified(folder) if check else []
        telling.tell_export(folder, described, seconds, as_json=as_json)
        _end(bool(faults or described.left_out))


def _write(
    made: Plan, folder: Path, root: Path, options: Options, *, finish: bool
) -> Manifest:
    if finish:
        return stage.finish(made, folder, options)
    total = sum(made.tracks.values())
    with progress("export", total, "clip") as advance:
        return stage.run(made, folder, root, options, advance)


def _write_part(
    made: Plan, folder: Path, root: Path, part: Part, options: Options, *, as_json: bool
) -> None:
    started = time.monotonic()
    tasks = part.of_items(production.tasks(made, folder, root, options, retry=False))
    total = production.n_tracks(folder, tasks)
    with progress("export", total, "clip") as advance:
        written = stage.run_part(made, folder, root, part, options, advance)
    there = stage.n_finished(made, folder), len(made.shards())
    seconds = time.monotonic() - started
    telling.tell_part(folder, written, there, seconds, as_json=as_json)
    _end(any(each.left_out for each in written))


for _target in TARGETS:
    _add_command(_target)


@app.command("relabel")
def relabel_command(
    directory: Export = None,
    recipe: RecipeName = _LATEST,
    where: Where = None,
    select: Select = None,
    name: Annotated[
        str | None,
        typer.Option(help="Name of the label set; by default that of the recipe."),
    ] = None,
    add_missing: Annotated[
        bool,
        typer.Option(
            "--add-missing", help="Append shards for tracks that have no audio there."
        ),
    ] = False,
    audio_root: AudioRoot = None,
    workers: Workers = None,
    max_bad_share: BadShare = None,
    as_json: AsJson = False,
) -> None:
    """Add the labels of a recipe to an export without decoding anything again.

    Example: python -m export relabel --recipe training_set.v1 --add-missing
    """
    if not add_missing:
        _refuse_unread(
            {
                "--audio-root": audio_root,
                "--workers": workers,
                "--max-bad-share": max_bad_share,
            }
        )
    configured = settings.load()
    folder = directory or exports.newest(configured.exports, None)
    before = len(manifest.read(folder).shards)
    chosen = Recipe.parse(recipe)
    narrowing = Narrowing.given(where, select)
    options = Options(
        workers=workers or cores(),
        max_bad_share=_BAD_SHARE if max_bad_share is None else max_bad_share,
        datasets=configured.dataset_audio,
    )
    root = audio_root or configured.source(configured.sources.audio)
    if add_missing:
        with progress("add", None, "clip") as advance:
            adding = Adding(root, options, advance)
            label_set = relabel.relabel(
                folder, configured.warehouse, chosen, narrowing, name, adding
            )
    else:
        label_set = relabel.relabel(
            folder, configured.warehouse, chosen, narrowing, name
        )
    telling.tell_labels(folder, label_set, before, as_json=as_json)
    _end(bool(label_set.without_audio))


def _refuse_unread(options: Mapping[str, object]) -> None:
    for name, value in options.items():
        if value is not None:
            raise ExportError(
                f"{name} is read for --add-missing alone",
                remedy="give both, or none: labels need no audio",
            )


@app.command("verify")
def verify_command(directory: Export = None) -> None:
    """Check every record, count, checksum and label of an export.

    Example: python -m export verify data/exports/training_set.v2-logmel
    """
    folder = directory or exports.newest(settings.load().exports, None)
    _end(bool(_verified(folder)))


@app.command("csv")
def csv_command(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    recipe: RecipeName = _LATEST,
    where: Where = None,
    select: Select = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Write the final table as CSV, below a comment line that says what it is.

    Example: python -m export csv --out training_set.csv
    """
    chosen = Recipe.parse(recipe)
    narrowing = Narrowing.given(where, select)
    path = settings.load().warehouse
    rows = tables.write_csv(path, chosen, out, narrowing=narrowing, replace=replace)
    _tell_rows(out, {chosen.name: rows}, as_json=as_json)


@app.command("sqlite")
def sqlite_command(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    recipe: RecipeName = _LATEST,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Write the clean tags in the three tables of lastfm_tags.db, for old scripts.

    Example: python -m export sqlite --out clean_tags.db
    """
    chosen = Recipe.parse(recipe)
    path = settings.load().warehouse
    rows = tables.write_sqlite(path, chosen, out, replace=replace)
    _tell_rows(out, rows, as_json=as_json)


def _tell_rows(file: Path, rows: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"file": str(file), "rows": rows}))
        return
    told = ", ".join(f"{name} {count:,}" for name, count in rows.items())
    typer.echo(f"{file}: rows: {told}")


def _verified(folder: Path) -> list[str]:
    """Verify an export and print what is wrong with it."""
    n_records = sum(shard.records for shard in manifest.read(folder).shards)
    with progress("verify", n_records, "record") as advance:
        faults = verify.verify(folder, advance)
    for fault in faults:
        typer.echo(visible(fault), err=True)
    sound = "every record is sound" if not faults else counted(len(faults), "fault")
    typer.echo(f"{folder}: {counted(n_records, 'record')} checked, {sound}", err=True)
    return faults


def _end(failures: bool) -> None:
    raise typer.Exit(DONE_WITH_FAILURES if failures else DONE)


if __name__ == "__main__":
    run(app, "python -m export")
