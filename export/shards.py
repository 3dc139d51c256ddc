"""Writing shards: each a pure function of its plan, its clips and the settings.

A shard is written beside its place and renamed whole; then its index is written. A
run that is killed at any instant leaves finished shards, which the next run checks
and keeps, and at most one ``.part`` file a worker, which the last run takes away. Two
workers may write the same shard at once, as when a cluster took one for dead.
"""

import hashlib
import json
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

from pebble import ProcessExpired, ProcessPool

from dataset import index, records
from dataset.containers import CONTAINERS
from dataset.errors import DatasetError
from dataset.index import Place, ShardIndex
from dataset.manifest import Features, LeftOut, Shard, Split, Target
from export import clips, plan
from export.errors import ExportError
from export.plan import PlannedTrack
from lyre.checksum import sha256
from lyre.clips import clip_file
from lyre.errors import LyreError


@dataclass(frozen=True)
class ShardTask:
    """All that a worker needs to write one shard."""

    folder: Path
    name: str
    split: Split
    target: Target
    audio_root: Path
    datasets: Mapping[str, Path]
    features: Features
    retry: bool


def produce(task: ShardTask) -> ShardIndex:
    """Return the index of a shard, which is written unless an earlier run did.

    A shard of an earlier run counts where it was to hold the same and its file is
    undamaged; with ``task.retry``, only if no clip was left out of it, since such
    clips may have been repaired.
    """
    tracks = plan.read(task.folder, task.name)
    checksum = _checksum(task, tracks)
    return _finished(task, checksum) or _write(task, tracks, checksum)


def finished(task: ShardTask) -> ShardIndex | None:
    """Return the index of a shard that an earlier run wrote as it is planned."""
    return _finished(task, _checksum(task, plan.read(task.folder, task.name)))


def _write(
    task: ShardTask, tracks: Sequence[PlannedTrack], checksum: str
) -> ShardIndex:
    """Write one shard and its index; a clip that cannot be used is left out."""
    target = task.folder / task.name
    beside = target.with_name(f"{target.name}.{uuid4().hex}.part")
    try:
        places, left_out = _fill(beside, tracks, task)
        shard = Shard(
            name=task.name,
            split=task.split,
            records=len(places),
            bytes=beside.stat().st_size,
            sha256=sha256(beside),
        )
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    entry = ShardIndex(shard=shard, plan=checksum, places=places, left_out=left_out)
    index.write(task.folder, entry)
    return entry


def _fill(
    file: Path, tracks: Sequence[PlannedTrack], task: ShardTask
) -> tuple[list[Place], list[LeftOut]]:
    places: list[Place] = []
    left_out: list[LeftOut] = []
    with CONTAINERS[task.target].write(file) as append:
        for track in tracks:
            try:
                record = _record(track, task)
            except (LyreError, OSError) as error:
                left_out.append(_left_out(track, _reason(error)))
                continue
            places.append(_place(record, append(record)))
    return places, left_out


def produce_all(tasks: Sequence[ShardTask], workers: int) -> Iterator[ShardIndex]:
    """Produce shards with a number of processes; yield each index as it is done.

    Raises
    ------
    ExportError
        A worker died.
    """
    if workers == 1 or len(tasks) <= 1:
        yield from map(produce, tasks)
        return
    # Not fork: native audio libraries and threads do not survive it everywhere.
    context = multiprocessing.get_context("spawn")
    # Pebble names the task that a worker died of; a plain executor fails them all.
    with ProcessPool(min(workers, len(tasks)), context=context) as pool:
        futures: dict[Future[ShardIndex], str] = {
            pool.schedule(produce, args=[task]): task.name for task in tasks
        }
        try:
            for future in as_completed(futures):
                yield _result(future, futures[future])
        except BaseException:
            # Without waiting for shards that nobody will take.
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _result(future: Future[ShardIndex], name: str) -> ShardIndex:
    try:
        return future.result()
    except (ProcessExpired, BrokenProcessPool) as error:
        raise _died(name) from error


def give_up(task: ShardTask) -> NoReturn:
    """Say that a cluster tried a shard again and again, and its worker always died.

    Raises
    ------
    ExportError
        Always.
    """
    raise _died(task.name)


def _died(name: str) -> ExportError:
    return ExportError(
        "a worker died of this shard: it was killed, perhaps for memory, or a clip"
        " crashed the decoder",
        where=name,
        remedy="run the command again: finished shards are kept; fewer workers at a"
        " time, or smaller shards, use less memory",
    )


def _finished(task: ShardTask, checksum: str) -> ShardIndex | None:
    try:
        entry = index.read(task.folder, task.name)
    except DatasetError:
        return None  # Not written yet, or not whole: it is written now.
    path = task.folder / task.name
    if (entry.shard.name, entry.plan) != (task.name, checksum):
        return None  # Another was planned.
    if task.retry and entry.left_out:
        return None
    if not path.is_file() or sha256(path) != entry.shard.sha256:
        return None
    return entry


def _record(track: PlannedTrack, task: ShardTask) -> records.Record:
    file = clip_file(task.audio_root, task.datasets, track.file)
    audio = clips.encode(file, task.features, track.content_sha256)
    return records.Record(track.source, track.track_id, audio)


def _place(record: records.Record, offset: int) -> Place:
    return Place(
        source=record.source,
        track_id=record.track_id,
        offset=offset,
        frames=record.audio.shape[0],
    )


def _left_out(track: PlannedTrack, reason: str) -> LeftOut:
    return LeftOut(
        source=track.source,
        track_id=track.track_id,
        split=track.split,
        path=track.path,
        reason=reason,
    )


def _reason(error: LyreError | OSError) -> str:
    # Without the audio root, which differs by machine and would enter the manifest.
    if isinstance(error, LyreError):
        return error.what if error.remedy is None else f"{error.what}; {error.remedy}"
    return error.strerror or type(error).__name__


def _checksum(task: ShardTask, tracks: Sequence[PlannedTrack]) -> str:
    """Return the checksum of what decides a shard's bytes."""
    audible = [
        (track.source, track.track_id, track.path, track.content_sha256)
        for track in tracks
    ]
    settings = task.features.model_dump(mode="json")
    return hashlib.sha256(json.dumps([settings, audible]).encode()).hexdigest()
