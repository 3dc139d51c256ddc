"""The tracks of one split of an export, with their labels in the model's order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dataset import labels, manifest
from dataset.labels import LabelledTrack
from dataset.manifest import Features, Manifest
from train.errors import TrainError


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
    """

    folder: Path
    split: str
    features: Features
    tags: list[str]
    rows: list[LabelledTrack]
    labels: npt.NDArray[np.uint8]
    record_bytes: int

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

    Raises
    ------
    TrainError
        The split is empty, a wanted tag is not in the vocabulary, or a shard is
        missing or does not have its size.
    dataset.errors.DatasetError
        There is no such export or label set.
    """
    described = manifest.read(folder)
    entry = described.label_set(label_set)
    rows = [row for row in labels.read(folder, entry.name) if row.split == split]
    if not rows:
        raise TrainError(
            f"the {split} split is empty",
            where=f"{folder}, label set {entry.name}",
            remedy="export with a larger share for it"
            + (", or set validation.enabled=false" if split == "validation" else ""),
        )
    _check_shards(folder, described, {row.shard for row in rows})
    wanted = list(entry.tags if tags is None else tags)
    matrix = labels.multi_hot([row.labels for row in rows], len(entry.tags))
    shards = described.split_shards(split)
    return Tracks(
        folder=folder,
        split=split,
        features=described.features,
        tags=wanted,
        rows=rows,
        labels=matrix[:, _columns(wanted, entry.tags, f"label set {entry.name}")],
        record_bytes=sum(shard.bytes for shard in shards)
        // max(sum(shard.records for shard in shards), 1),
    )


def _columns(wanted: Sequence[str], present: Sequence[str], where: str) -> list[int]:
    places = {tag: position for position, tag in enumerate(present)}
    missing = [tag for tag in wanted if tag not in places]
    if missing:
        raise TrainError(
            f"{len(missing)} of the model's {len(wanted)} tags are not in the data "
            f"set: {', '.join(missing[:5])}",
            where=where,
            remedy="use the export that the model learned from, or one of its recipe",
        )
    return [places[tag] for tag in wanted]


def _check_shards(folder: Path, described: Manifest, needed: set[str]) -> None:
    """Find missing and cut shards before the first epoch, by their size."""
    sizes = {shard.name: shard.bytes for shard in described.shards}
    for name in sorted(needed):
        path = folder / name
        size = path.stat().st_size if path.is_file() else None
        if size != sizes.get(name):
            raise TrainError(
                "the shard is missing"
                if size is None
                else f"the shard has {size:,} bytes",
                where=path,
                expected=f"{sizes.get(name, 0):,} bytes",
                remedy="export again: only damaged shards are rewritten",
            )
