"""What the command line says of an export when it is done."""

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from dataset import manifest
from dataset.manifest import SPLITS, LabelSet, LeftOut, Manifest
from export.production import Written
from lyre.counting import counted
from lyre.errors import visible

_MEGABYTE = 1_000_000


def tell_export(
    folder: Path, described: Manifest, seconds: float, *, as_json: bool
) -> None:
    """Say what a whole export holds."""
    written = [Written(shard, []) for shard in described.shards]
    _tell_left_out(described.left_out)
    facts = _facts(folder, written, described.left_out, seconds)
    if as_json:
        typer.echo(json.dumps(facts))
        return
    typer.echo(_sentence(folder, written, described.left_out, seconds))
    label_set = described.label_set()
    tracks = ", ".join(
        f"{label_set.splits[split].tracks:,} {split}" for split in SPLITS
    )
    tags = counted(len(label_set.tags), "tag")
    typer.echo(f"{label_set.name}: {tags}; tracks: {tracks}")


def tell_part(
    folder: Path,
    written: Sequence[Written],
    there: tuple[int, int],
    seconds: float,
    *,
    as_json: bool,
) -> None:
    """Say what a part of an export holds, and how many shards of all are there."""
    left_out = [track for each in written for track in each.left_out]
    _tell_left_out(left_out)
    finished, planned = there
    if as_json:
        facts = _facts(folder, written, left_out, seconds)
        facts |= {"finished": finished, "planned": planned}
        typer.echo(json.dumps(facts))
        return
    typer.echo(_sentence(folder, written, left_out, seconds))
    missing = planned - finished
    typer.echo(
        f"{finished:,} of {counted(planned, 'shard')} there; "
        + (f"{missing:,} to go" if missing else "--finish writes the manifest")
    )


def tell_labels(
    folder: Path, label_set: LabelSet, before: int, *, as_json: bool
) -> None:
    """Say what a label set holds; `before` is the number of shards there were."""
    tracks = sum(counts.tracks for counts in label_set.splits.values())
    added = [shard for shard in manifest.read(folder).shards[before:] if shard.records]
    n_added = sum(shard.records for shard in added)
    if as_json:
        values = {
            "folder": str(folder),
            "name": label_set.name,
            "tracks": tracks,
            "added": n_added,
            "without_audio": [key.model_dump() for key in label_set.without_audio],
        }
        typer.echo(json.dumps(values))
        return
    if added:
        shards = counted(len(added), "shard")
        typer.echo(f"{folder}: {counted(n_added, 'track')} added in {shards}")
    typer.echo(
        f"{folder}: {counted(tracks, 'track')} labelled as {label_set.name},"
        f" {counted(len(label_set.tags), 'tag')}; without audio here:"
        f" {counted(len(label_set.without_audio), 'track')} of the recipe"
        f" (listed in {manifest.FILE_NAME})"
    )


def _tell_left_out(left_out: Sequence[LeftOut]) -> None:
    for track in left_out:
        line = f"left out {track.track_id} ({track.path}): {track.reason}"
        typer.echo(visible(line), err=True)


def _totals(written: Sequence[Written]) -> tuple[int, int]:
    records = sum(each.shard.records for each in written)
    return records, sum(each.shard.bytes for each in written)


def _facts(
    folder: Path,
    written: Sequence[Written],
    left_out: Sequence[LeftOut],
    seconds: float,
) -> dict[str, object]:
    records, size = _totals(written)
    return {
        "folder": str(folder),
        "records": records,
        "shards": len(written),
        "bytes": size,
        "seconds": round(seconds, 3),
        "left_out": [track.model_dump() for track in left_out],
    }


def _sentence(
    folder: Path,
    written: Sequence[Written],
    left_out: Sequence[LeftOut],
    seconds: float,
) -> str:
    records, size = _totals(written)
    return (
        f"{folder}: {counted(records, 'record')} in {counted(len(written), 'shard')},"
        f" {size / _MEGABYTE:,.1f} MB, {seconds:,.1f} s"
        f" ({records / seconds:,.1f} clips/s, {size / _MEGABYTE / seconds:,.1f} MB/s);"
        f" {counted(len(left_out), 'clip')} left out"
    )
