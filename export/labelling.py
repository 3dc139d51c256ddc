"""Laying labels over the records of an export."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dataset import index, labels
from dataset.index import Place
from dataset.labels import LabelledTrack
from dataset.manifest import LabelSet, Shard, TrackKey
from export import plan
from export.production import Written
from export.recipe import Contents, Track
from lyre.checksum import sha256


def planned(folder: Path, shards: Iterable[Shard]) -> Iterator[LabelledTrack]:
    """Yield the tracks of finished shards with the labels that were planned."""
    for shard in shards:
        tracks = {
            (track.source, track.track_id): track
            for track in plan.read(folder, shard.name)
        }
        for place in index.read(folder, shard.name).places:
            track = tracks[place.source, place.track_id]
            yield labelled(track, track.labels, shard.name, place)


def left_out(written: Iterable[Written]) -> list[TrackKey]:
    """Return the keys of the tracks that should have been in shards and are not."""
    return [
        TrackKey(source=track.source, track_id=track.track_id)
        for each in written
        for track in each.left_out
    ]


def labelled(
    track: Track, positions: list[int], shard: str, place: Place
) -> LabelledTrack:
    """Return a track with its labels and the place of its record."""
    return LabelledTrack(
        source=track.source,
        track_id=track.track_id,
        split=track.split,
        shard=shard,
        offset=place.offset,
        frames=place.frames,
        labels=positions,
        artist_key=track.artist_key,
        artist_name=track.artist_name,
        title=track.title,
        year=track.year,
        decade=track.decade,
    )


def write(
    folder: Path,
    name: str,
    contents: Contents,
    tracks: Iterable[LabelledTrack],
    without_audio: list[TrackKey],
) -> LabelSet:
    """Write a label set into an export and return its entry in the manifest.

    Parameters
    ----------
    folder : Path
        The export's folder.
    name : str
        Name of the label set.
    contents : Contents
        What the labels were read from.
    tracks : iterable of LabelledTrack
        The tracks with a record, in the order of the shards.
    without_audio : list of TrackKey
        The tracks that have none.
    """
    path = f"{labels.FOLDER}/{name}.jsonl"
    file = folder / path
    labels.write(file, tracks)
    return LabelSet(
        name=name,
        recipe=contents.recipe,
        file=path,
        sha256=sha256(file),
        table=contents.table,
        where=contents.where,
        query=contents.query,
        lineage=contents.lineage,
        dbt_vars=contents.dbt_vars,
        other_dbt_vars=contents.other_dbt_vars,
        training_set_checksum=contents.training_set_checksum,
        vocabulary=contents.vocabulary,
        splits=labels.count(labels.iterate(file), len(contents.vocabulary)),
        funnel=contents.funnel,
        without_audio=without_audio,
    )
