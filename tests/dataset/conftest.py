"""A small export made of the room's own parts."""

import hashlib
from datetime import UTC, datetime

import numpy as np
import pytest

from dataset import framing, index, labels, manifest, records
from dataset.index import Place, ShardIndex
from dataset.labels import LabelledTrack
from dataset.manifest import Features, LabelSet, Layout, Manifest, Shard, Tag

TAGS = ("rock", "jazz")


def write_shard(folder, split, numbers):
    """Write a shard of tracks with those numbers, track n being n + 2 frames long."""
    name = f"shards/{split}-00000-of-00001.tfrecord"
    content, places = b"", []
    for number in numbers:
        mel = np.full((number + 2, 4), number, np.float16)
        record = records.Record("msd", f"TR{number}", mel)
        place = Place(
            source="msd",
            track_id=record.track_id,
            offset=len(content),
            frames=number + 2,
        )
        places.append(place)
        content += framing.frame(records.serialize(record))
    (folder / name).write_bytes(content)
    shard = Shard(
        name=name,
        split=split,
        records=len(places),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    entry = ShardIndex(shard=shard, plan="0" * 64, places=places, left_out=[])
    index.write(folder, entry)
    return entry


def write_labels(folder, entries):
    tracks = [
        LabelledTrack(
            source=place.source,
            track_id=place.track_id,
            split=entry.shard.split,
            shard=entry.shard.name,
            offset=place.offset,
            frames=place.frames,
            labels=[place.frames % 2],
            artist_key="a",
            artist_name="Sigur Rós",
            title=None,
            year=None,
            decade=None,
        )
        for entry in entries
        for place in entry.places
    ]
    file = "labels/training_set.v2.jsonl"
    labels.write(folder / file, tracks)
    return LabelSet(
        name="training_set.v2",
        recipe="training_set.v2",
        file=file,
        sha256=hashlib.sha256((folder / file).read_bytes()).hexdigest(),
        table="marts.training_set_v2",
        training_set_checksum="1" * 64,
        vocabulary=[
            Tag(position=position, tag=tag, category="genre", n_tracks=3)
            for position, tag in enumerate(TAGS)
        ],
        splits=labels.count(tracks, len(TAGS)),
        funnel=[],
        without_audio=[],
    )


@pytest.fixture
def small_export(tmp_path):
    """Return an export of five, two and one tracks, and its manifest."""
    folder = tmp_path / "exports" / "small"
    for part in ("shards", "index", "labels"):
        (folder / part).mkdir(parents=True)
    entries = [
        write_shard(folder, split, numbers)
        for split, numbers in (
            ("train", range(5)),
            ("validation", range(5, 7)),
            ("test", range(7, 8)),
        )
    ]
    described = Manifest(
        name="small",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        revision=None,
        software={"numpy": "2"},
        features=Features(
            format="logmel",
            preset="urop2019",
            sample_rate=16_000,
            n_fft=2048,
            hop=512,
            n_mels=4,
            fmin=0.0,
            scale="db",
            dtype="float16",
            shape=[None, 4],
        ),
        layout=Layout(
            shard_bytes=1000, seed=0, shards={"train": 1, "validation": 1, "test": 1}
        ),
        shards=[entry.shard for entry in entries],
        left_out=[],
        label_sets=[write_labels(folder, entries)],
    )
    manifest.write(described, folder)
    return folder, described
