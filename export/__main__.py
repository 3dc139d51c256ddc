"""The command line of the export.

::

    python -m export tfrecord
    python -m export tfrecord --format waveform --workers 8
    python -m export relabel --recipe training_set.v1
    python -m export verify
"""

import json
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from dataset import exports, manifest, verify
from dataset.manifest import SPLITS, LabelSet, Manifest
from export import clips, relabel, stage
from export.clips import DType, Format, Preset
from export.recipe import Recipe
from lyre import settings
from lyre.console import DONE, DONE_WITH_FAILURES, command_line, progress, run

_MEGABYTE = 1_000_000
_LATEST = "training_set.v2"

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
Export = Annotated[
    Path | None,
    typer.Argument(help="Folder of the export; by default the newest.", metavar="DIR"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("tfrecord")
def tfrecord_command(
    recipe: RecipeName = _LATEST,
    format_: Annotated[
        Format, typer.Option("--format", help="What a record holds.")
    ] = "logmel",
    preset: Annotated[
        Preset | None,
        typer.Option(help="Settings of the log-mel to begin from; else urop2019."),
    ] = None,
    rate: Annotated[int | None, typer.Option(min=1, help="Samples a second.")] = None,
    mels: Annotated[int | None, typer.Option(min=1, help="Mel bands.")] = None,
    n_fft: Annotated[int | None, typer.Option(min=2, help="Samples a frame.")] = None,
    hop: Annotated[
        int | None, typer.Option(min=1, help="Samples between frames.")
    ] = None,
    dtype: Annotated[
        DType | None,
        typer.Option(
            help="Stored type; by default float16 (logmel), int16 (waveform)."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder; by default <exports>/<recipe>-<format>."),
    ] = None,
    audio_root: Annotated[
        Path | None, typer.Option(help="Folder of the clips; by default lyre.toml's.")
    ] = None,
    where: Where = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Decoding processes; 0: one a core.")
    ] = 0,
    shard_size: Annotated[
        float, typer.Option(min=0.001, help="Size of a shard at most, in MB.")
    ] = 64,
    seed: Annotated[int, typer.Option(help="Order of the records in a shard.")] = 0,
    max_bad_share: Annotated[
        float,
        typer.Option(min=0, max=1, help="Stop when more of the clips are unusable."),
    ] = 0.05,
    replace: Annotated[
        bool, typer.Option("--replace", help="Start over in the folder of an export.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--verify", help="Read every record back at the end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write sharded TFRecords and their manifest; a stopped run goes on.

    Example: python -m export tfrecord --format waveform --where "year >= 1990"
    """
    configured = settings.load()
    features = clips.features(
        format_, preset, rate=rate, n_mels=mels, n_fft=n_fft, hop=hop, dtype=dtype
    )
    chosen = Recipe.parse(recipe)
    folder = out or configured.exports / f"{chosen.name}-{format_}"
    options = stage.Options(
        workers=workers or os.cpu_count() or 1,
        shard_bytes=round(shard_size * _MEGABYTE),
        seed=seed,
        max_bad_share=max_bad_share,
        replace=replace,
    )
    started = time.monotonic()
    made = stage.prepare(
        configured.warehouse, folder, chosen, features, where=where, options=options
    )
    root = audio_root or configured.source(configured.sources.audio)
    with progress("export", sum(made.tracks.values()), "clips") as advance:
        described = stage.run(made, folder, root, options, advance)
    seconds = time.monotonic() - started
    faults = _verified(folder) if check else []
    _tell_export(folder, described, seconds, as_json=as_json)
    _finish(bool(faults or described.left_out))


@app.command("relabel")
def relabel_command(
    directory: Export = None,
    recipe: RecipeName = _LATEST,
    where: Where = None,
    name: Annotated[
        str | None,
        typer.Option(help="Name of the label set; by default that of the recipe."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add the labels of a recipe to an export without decoding anything.

    Example: python -m export relabel --recipe training_set.v1
    """
    configured = settings.load()
    folder = directory or exports.newest(configured.exports)
    label_set = relabel.relabel(
        folder, configured.warehouse, Recipe.parse(recipe), where=where, name=name
    )
    _tell_labels(folder, label_set, as_json=as_json)
    _finish(bool(label_set.without_audio))


@app.command("verify")
def verify_command(directory: Export = None) -> None:
    """Check every record, count, checksum and label of an export.

    Example: python -m export verify data/exports/training_set.v2-logmel
    """
    folder = directory or exports.newest(settings.load().exports)
    _finish(bool(_verified(folder)))


def _verified(folder: Path) -> list[str]:
    """Verify an export and print what is wrong with it."""
    n_records = sum(shard.records for shard in manifest.read(folder).shards)
    with progress("verify", n_records, "records") as advance:
        faults = verify.verify(folder, advance)
    for fault in faults:
        typer.echo(fault, err=True)
    sound = "every record is sound" if not faults else f"{len(faults):,} faults"
    typer.echo(f"{folder}: {n_records:,} records checked, {sound}", err=True)
    return faults


def _tell_export(
    folder: Path, described: Manifest, seconds: float, *, as_json: bool
) -> None:
    records = sum(shard.records for shard in described.shards)
    size = sum(shard.bytes for shard in described.shards)
    for track in described.left_out:
        typer.echo(
            f"left out {track.track_id} ({track.path}): {track.reason}", err=True
        )
    if as_json:
        values = {
            "folder": str(folder),
            "records": records,
            "shards": len(described.shards),
            "bytes": size,
            "seconds": round(seconds, 3),
            "left_out": [track.model_dump() for track in described.left_out],
        }
        typer.echo(json.dumps(values))
        return
    typer.echo(
        f"{folder}: {records:,} records in {len(described.shards):,} shards,"
        f" {size / _MEGABYTE:,.1f} MB, {seconds:,.1f} s"
        f" ({records / seconds:,.1f} clips/s, {size / _MEGABYTE / seconds:,.1f} MB/s);"
        f" {len(described.left_out):,} clips left out"
    )
    label_set = described.label_set()
    counted = ", ".join(
        f"{label_set.splits[split].tracks:,} {split}" for split in SPLITS
    )
    typer.echo(f"{label_set.name}: {len(label_set.tags)} tags; tracks: {counted}")


def _tell_labels(folder: Path, label_set: LabelSet, *, as_json: bool) -> None:
    tracks = sum(counts.tracks for counts in label_set.splits.values())
    if as_json:
        values = {
            "folder": str(folder),
            "name": label_set.name,
            "tracks": tracks,
            "without_audio": [key.model_dump() for key in label_set.without_audio],
        }
        typer.echo(json.dumps(values))
        return
    typer.echo(
        f"{folder}: {tracks:,} tracks labelled as {label_set.name},"
        f" {len(label_set.tags)} tags;"
        f" {len(label_set.without_audio):,} tracks of the recipe have no audio here"
        f" (listed in {manifest.FILE_NAME})"
    )


def _finish(failures: bool) -> None:
    raise typer.Exit(DONE_WITH_FAILURES if failures else DONE)


if __name__ == "__main__":
    run(app, "python -m export")
