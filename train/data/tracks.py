"""The tracks of one split of an export, with their labels in the model's order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dataset import labels, manifest
from dataset.labels import LabelledTrack
from dataset.manifest import Features, LabelSet, Manifest
from lyre.counting import counted
from lyre.errors import brief
from train.data.selection import EVERYTHING, Selection
from train.errors import TrainError
from train.names import check_text


@dataclass(frozen=True)
class Tracks:
    """Tracks of a split.

    Parameters
    ----------
    folder : Path
        The export.
    split : str
        train, validation or test.
    features : Features
        What their records hold.
    tags : list of str
        Names of the columns of `labels`.
    rows : list of LabelledTrack
        The tracks, in the order of the shards.
    labels : ndarray of uint8, shape (tracks, tags)
        1 where a track has a tag.
    record_bytes : int
        Usual size of a record.
    left_out : dict of str to int
        How many tracks of the split each rule left out.
    """

    folder: Path
    split: str
    features: Features
    tags: list[str]
    rows: list[LabelledTrack]
    labels: npt.NDArray[np.uint8]
    record_bytes: int
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def shards(self) -> list[str]:
        """Paths of the shards that hold them, in order."""
        paths = dict.fromkeys(row.shard for row in self.rows)
        return [str(self.folder / path) for path in paths]


def open_split(
    folder: Path,
    split: str,
    *,
    label_set: str | None = None,
    tags: Sequence[str] | None = None,
    selection: Selection = EVERYTHING,
) -> Tracks:
    """Open a split of an export; reads labels, no audio.

    Parameters
    ----------
    folder : Path
        The export.
    split : str
        train, validation or test.
    label_set : str, optional
        Name of the label set; by default the recipe that was exported.
    tags : sequence of str, optional
        The tags wanted, in the order wanted; by default the set's whole vocabulary.
    selection : Selection
        Which tracks are taken, and which tags count as one.

    Raises
    ------
    TrainError
        The path is not UTF-8, the shards are no TFRecords, the split is empty or
        nothing of it is taken, a wanted tag is not in the vocabulary, or a shard is
        missing or does not have its size.
    dataset.errors.DatasetError
        There is no such export or label set.
    """
    check_text(folder)
    described = manifest.read(folder)
    if described.target != "tfrecord":
        raise TrainError(
            f"an export to {described.target}",
            where=folder,
            expected="TFRecords",
            remedy="run `python -m export tfrecord`",
        )
    entry = described.label_set(label_set)
    found = [row for row in labels.read(folder, entry.name) if row.split == split]
    where = f"{folder}, label set {entry.name}"
    if not found:
        raise TrainError(
            f"the {split} split is empty",
            where=where,
            remedy="export with a larger share for it"
            + (", or set validation.enabled=false" if split == "validation" else ""),
        )
    wanted = list(entry.tags if tags is None else tags)
    rows, matrix, left_out = _take(found, entry, wanted, selection)
    if not rows:
        counts = ", ".join(f"{n:,} {rule}" for rule, n in left_out.items())
        raise TrainError(
            f"no track of the {split} split is left of {len(found):,}: {counts}",
            where=where,
            remedy="change [tags], [tracks] or input.short_clips"
            + (", or set validation.enabled=false" if split == "validation" else ""),
        )
    _check_shards(folder, described, {row.shard for row in rows})
    shards = described.split_shards(split)
    return Tracks(
        folder=folder,
        split=split,
        features=described.features,
        tags=wanted,
        rows=rows,
        labels=matrix,
        record_bytes=sum(shard.bytes for shard in shards)
        // max(sum(shard.records for shard in shards), 1),
        left_out=left_out,
    )


def _take(
    found: list[LabelledTrack],
    entry: LabelSet,
    wanted: list[str],
    selection: Selection,
) -> tuple[list[LabelledTrack], npt.NDArray[np.uint8], dict[str, int]]:
    """Return the rows taken, their labels, and how many each rule left out."""
    rows, left_out = selection.tracks(found)
    matrix = labels.multi_hot([row.labels for row in rows], len(entry.tags))
    matrix = selection.labels(matrix, entry.tags)
    matrix = matrix[:, _columns(wanted, entry.tags, f"label set {entry.name}")]
    untagged = np.flatnonzero(matrix.sum(axis=1) == 0).tolist()
    if selection.skip_untagged and untagged:
        left_out["without a wanted tag"] = len(untagged)
        gone = set(untagged)
        rows = [row for place, row in enumerate(rows) if place not in gone]
        matrix = np.delete(matrix, untagged, axis=0)
    return rows, matrix, left_out


def _columns(wanted: Sequence[str], present: Sequence[str], where: str) -> list[int]:
    places = {tag: position for position, tag in enumerate(present)}
    missing = [tag for tag in wanted if tag not in places]
    if missing:
        raise TrainError(
            f"the data set lacks {len(missing):,} of {counted(len(wanted), 'tag')} of "
            f"the model: {', '.join(missing[:5])}",
            where=where,
            remedy="use the export that the model learned from, or one of its recipe",
        )
    return [places[tag] for tag in wanted]


def _check_shards(folder: Path, described: Manifest, needed: set[str]) -> None:
    """Find missing and cut shards before the first epoch, by their size."""
    sizes = {shard.name: shard.bytes for shard in described.shards}
    for name in sorted(needed):
        path = folder / name
        if name not in sizes:
            raise TrainError(
                f"the manifest names no shard {brief(name)}",
                where=folder,
                remedy="export again",
            )
        size = path.stat().st_size if path.is_file() else None
        if size != sizes[name]:
            raise TrainError(
                "the shard is missing"
                if size is None
                else f"the shard has {counted(size, 'byte')}",
                where=path,
                expected=counted(sizes[name], "byte"),
                remedy="export again: only damaged shards are rewritten",
            )
