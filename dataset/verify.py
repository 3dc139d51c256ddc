"""Verifying a whole export: every checksum, every count, every label.

What is found is told as a list of faults, each naming the shard and the record, so
that one run shows all of them.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from dataset import labels, manifest, records
from dataset.containers import CONTAINERS
from dataset.errors import DatasetError
from lyre.checksum import sha256
from lyre.counting import counted

Told = Callable[[int], None]
# Shard and byte offset, to source, track id and frames of the record there.
Starts = dict[tuple[str, int], tuple[str, str, int]]


def verify(folder: Path, told: Told | None = None) -> list[str]:
    """Check an export against its manifest.

    Parameters
    ----------
    folder : Path
        The export's folder.
    told : callable, optional
        Called with the number of records of each shard once it was checked.

    Returns
    -------
    list of str
        One sentence a fault; empty for a sound export.

    Raises
    ------
    DatasetError
        There is no manifest, or it cannot be read.
    """
    described = manifest.read(folder)
    faults: list[str] = []
    starts: Starts = {}
    for shard in described.shards:
        faults.extend(_shard(folder, shard, described, starts))
        if told is not None:
            told(shard.records)
    readable = Counter(name for name, _ in starts)
    cut = {
        shard.name for shard in described.shards if readable[shard.name] < shard.records
    }
    for label_set in described.label_sets:
        faults.extend(_label_set(folder, label_set, starts, cut))
    faults.extend(_strangers(folder, described))
    return faults


def _shard(
    folder: Path, shard: manifest.Shard, described: manifest.Manifest, starts: Starts
) -> Iterator[str]:
    """Check a shard's file and records; note where each track's record begins."""
    path = folder / shard.name
    container = CONTAINERS[described.target]
    if not path.is_file():
        yield f"{path}: the shard is missing"
        return
    size = path.stat().st_size
    if size != shard.bytes:
        yield f"{path}: {counted(size, 'byte')}, the manifest says {shard.bytes:,}"
    elif sha256(path) != shard.sha256:
        yield f"{path}: the SHA-256 differs from the manifest's"
    found = 0
    try:
        for offset, record in container.read(path):
            place = f"{path}, record {found} at {container.place} {offset:,}"
            found += 1
            if isinstance(record, DatasetError):
                yield f"{place}: {record}"
                continue
            key = record.source, record.track_id, record.audio.shape[0]
            starts[shard.name, offset] = key
            yield from _values(place, record, described.features)
    except DatasetError as error:
        yield str(error)
    if found != shard.records:
        readable = counted(found, "readable record")
        yield f"{path}: {readable}, the manifest says {shard.records:,}"


def _values(
    place: str, record: records.Record, features: manifest.Features
) -> Iterator[str]:
    audio = record.audio
    place = f"{place} ({record.track_id})"
    if audio.dtype.name != features.dtype:
        yield f"{place}: dtype {audio.dtype.name}, the manifest says {features.dtype}"
    if len(audio.shape) != len(features.shape) or any(
        expected not in (None, actual)
        for actual, expected in zip(audio.shape, features.shape, strict=True)
    ):
        yield f"{place}: shape {audio.shape}, the manifest says {features.shape}"
    if audio.size and not _finite(record):
        yield f"{place}: values that are not finite"


def _finite(record: records.Record) -> bool:
    # The sum is not finite where a value is not; float64 keeps it from overflowing.
    return math.isfinite(float(record.audio.sum(dtype="float64")))


def _label_set(
    folder: Path, label_set: manifest.LabelSet, starts: Starts, cut: set[str]
) -> Iterator[str]:
    path = folder / label_set.file
    if not path.is_file():
        yield f"{path}: the label set is missing"
        return
    if sha256(path) != label_set.sha256:
        yield f"{path}: the SHA-256 differs from the manifest's"
    try:
        tracks = list(labels.iterate(path))
    except DatasetError as error:
        yield str(error)
        return
    faults = list(_tracks(path, tracks, len(label_set.vocabulary), starts, cut))
    yield from faults
    if faults:
        return  # A label outside the vocabulary could not even be counted.
    for split, counts in labels.count(tracks, len(label_set.vocabulary)).items():
        if counts != label_set.splits.get(split):
            yield f"{path}: the counts of {split} differ from the manifest's"


def _tracks(
    path: Path,
    tracks: list[labels.LabelledTrack],
    n_tags: int,
    starts: Starts,
    cut: set[str],
) -> Iterator[str]:
    # Of a shard that cannot be read to its end one sentence is enough.
    lost: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for number, track in enumerate(tracks, start=1):
        place = f"{path}, line {number} ({track.track_id})"
        key = track.source, track.track_id
        if key in seen:
            yield f"{place}: the track is listed twice"
        seen.add(key)
        sound = starts.get((track.shard, track.offset)) == (*key, track.frames)
        if not sound and track.shard in cut:
            lost[track.shard] += 1
        elif not sound:
            yield (
                f"{place}: no such record of {counted(track.frames, 'frame')} at "
                f"{track.offset:,} of {track.shard}"
            )
        if any(not 0 <= position < n_tags for position in track.labels):
            yield f"{place}: a label outside the vocabulary of {counted(n_tags, 'tag')}"
    for shard, number in sorted(lost.items()):
        yield f"{path}: no readable record of {counted(number, 'track')} in {shard}"


def _strangers(folder: Path, described: manifest.Manifest) -> Iterator[str]:
    known = {shard.name for shard in described.shards}
    for path in sorted(
        (folder / manifest.SHARDS).glob(f"*{CONTAINERS[described.target].suffix}")
    ):
        if path.relative_to(folder).as_posix() not in known:
            yield f"{path}: a shard that the manifest does not name"
