"""A small export of each kind, made of the parts of `dataset/`."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from dataset import index, labels, manifest
from dataset.containers import CONTAINERS
from dataset.labels import LabelledTrack
from dataset.manifest import Features, LabelSet, Layout, Manifest, Shard, Tag, Target
from dataset.records import Record

TAGS = ("rock", "jazz", "pop")
_LABEL_SET = "training_set.v2"
_MELS = 16
_FRAMES = 40
_TRACKS = {"train": 12, "validation": 6, "test": 6}
_FEATURES = Features(
    format="logmel",
    preset="urop2019",
    sample_rate=16_000,
    n_fft=2048,
    hop=512,
    n_mels=_MELS,
    fmin=0.0,
    fmax=8000.0,
    scale="db",
    top_db=80.0,
    dtype="float16",
    shape=[None, _MELS],
)


def write(folder: Path, target: Target = "tfrecord") -> Path:
    """Write a finished export and return its folder."""
    for part in (manifest.SHARDS, index.FOLDER, labels.FOLDER):
        (folder / part).mkdir(parents=True)
    written = [_shard(folder, split, target) for split in manifest.SPLITS]
    rows = [row for _, found in written for row in found]
    file = f"{labels.FOLDER}/{_LABEL_SET}.jsonl"
    labels.write(folder / file, rows)
    label_set = LabelSet(
        name=_LABEL_SET,
        recipe=_LABEL_SET,
        file=file,
        sha256=_checksum(folder / file),
        table="marts.training_set_v2",
        training_set_checksum="1" * 64,
        vocabulary=[
            Tag(position=place, tag=tag, n_tracks=9 - place)
            for place, tag in enumerate(TAGS)
        ],
        splits=labels.count(rows, len(TAGS)),
        funnel=[],
        without_audio=[],
    )
    described = Manifest(
        name=folder.name,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        revision=None,
        software={},
        target=target,
        features=_FEATURES,
        layout=Layout(
            shard_bytes=1 << 20, seed=1, shards=dict.fromkeys(manifest.SPLITS, 1)
        ),
        shards=[shard for shard, _ in written],
        left_out=[],
        label_sets=[label_set],
    )
    manifest.write(described, folder)
    return folder


def _shard(
    folder: Path, split: manifest.Split, target: Target
) -> tuple[Shard, list[LabelledTrack]]:
    container = CONTAINERS[target]
    name = f"shards/{split}-00000-of-00001{container.suffix}"
    rng = np.random.default_rng(len(split))
    rows, places = [], []
    with container.write(folder / name) as append:
        for number in range(_TRACKS[split]):
            frames = _FRAMES + number
            mels = rng.normal(-40, 10, (frames, _MELS)).astype(np.float16)
            track = f"TR{split.upper()}{number:04d}"
            offset = append(Record("msd", track, mels))
            places.append(
                index.Place(source="msd", track_id=track, offset=offset, frames=frames)
            )
            rows.append(
                LabelledTrack(
                    source="msd",
                    track_id=track,
                    split=split,
                    shard=name,
                    offset=offset,
                    frames=frames,
                    labels=[number % 3],
                    artist_key=f"{split} {number}",
                    artist_name="Sigur Rós",
                    title=None,
                    year=1999,
                    decade="90s",
                )
            )
    shard = Shard(
        name=name,
        split=split,
        records=len(rows),
        bytes=(folder / name).stat().st_size,
        sha256=_checksum(folder / name),
    )
    entry = index.ShardIndex(shard=shard, plan="0" * 64, places=places, left_out=[])
    index.write(folder, entry)
    return shard, rows


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
