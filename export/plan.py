"""Which row goes into which shard, and in what order.

A track's place in the order of shards is the MD5 of ``source/track_id``: a split of
2^k shards gives a track the shard named by the first k bits. So a new track changes
one shard, and when growth doubles the number of shards, each is cut in two. Inside a
shard tracks follow a hash with the seed: neither tags nor artists come in runs.

The plan lies in the export as one JSON file a shard, so that workers need neither
the warehouse nor more memory than a shard.
"""

import hashlib
import itertools
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from pydantic import Field, ValidationError

from dataset import index, labels, manifest
from dataset.containers import CONTAINERS
from dataset.manifest import SPLITS, Features, Layout, Split, Target
from export.errors import ExportError
from export.recipe import Contents, Extent, Row, ScannedRow, Track
from lyre import lock
from lyre.documents import parse_json
from lyre.errors import said

FOLDER = "plan"
_SUMMARY = "plan.json"
# Small sets are spread as well, for workers to share and readers to interleave:
# this many shards a split, where that leaves a shard so many tracks.
_SPREAD, _FEWEST_TRACKS = 8, 16
_COLUMNS = [field.name for field in fields(Row)]
_BYTES = {"float16": 2, "float32": 4, "int16": 2}


class Plan(manifest.Part):
    """What is to be exported; two runs with equal plans write equal bytes."""

    contents: Contents = Field(description="The rows, in short.")
    target: Target = Field("tfrecord", description="Kind of the shards' files.")
    features: Features = Field(description="How clips become arrays.")
    layout: Layout = Field(description="How records are laid into shards.")
    tracks: dict[Split, int] = Field(description="Rows per split.")
    addition: int = Field(0, description="Number of shards appended later; 0: none.")

    def shards(self) -> list[tuple[Split, str]]:
        """Return split and path inside the export of each shard, in order."""
        return [
            (split, self.shard(split, number))
            for split in SPLITS
            for number in range(self.layout.shards[split])
        ]

    def shard(self, split: Split, number: int) -> str:
        """Return the path of a shard inside the export."""
        added = f"added{self.addition}-" if self.addition else ""
        name = f"{split}-{added}{number:05d}-of-{self.layout.shards[split]:05d}"
        return f"{manifest.SHARDS}/{name}{CONTAINERS[self.target].suffix}"


@dataclass(frozen=True, slots=True)
class PlannedTrack(Track):
    """A track in its shard, its labels as positions in the vocabulary."""

    labels: list[int]
    content_sha256: str | None
    path_bytes: str | None = None

    @property
    def file(self) -> str:
        """The clip's path as the file system has it; `path` is text in any case."""
        if self.path_bytes is None:
            return self.path
        return os.fsdecode(bytes.fromhex(self.path_bytes))


def make(
    contents: Contents,
    extents: Mapping[Split, Extent],
    features: Features,
    *,
    shard_bytes: int,
    seed: int,
    target: Target = "tfrecord",
    addition: int = 0,
) -> Plan:
    """Plan the export of a selection, or of the part of it that `extents` tell of."""
    counts = {
        split: _n_shards(extents[split], features, shard_bytes) for split in SPLITS
    }
    return Plan(
        contents=contents,
        target=target,
        features=features,
        layout=Layout(shard_bytes=shard_bytes, seed=seed, shards=counts),
        tracks={split: extents[split].tracks for split in SPLITS},
        addition=addition,
    )


def claim(
    plan: Plan, folder: Path, *, replace: bool = False, shared: bool = False
) -> None:
    """Take a folder for a plan: a new one, or the one that this plan began.

    Parameters
    ----------
    plan : Plan
        What is to be exported.
    folder : Path
        The export's folder.
    replace : bool
        Remove an export that lies there, instead of going on with it.
    shared : bool
        Others may be writing there: take nothing away, not even another plan that
        nothing was written of.

    Raises
    ------
    ExportError
        The folder holds the export of another plan, or something else.
    """
    summary = folder / FOLDER / _SUMMARY
    if folder.exists() and not folder.is_dir():
        raise ExportError("this is a file", where=folder, expected="a folder")
    if _has_files(folder):
        found, wanted = _comparable(_read(summary)), _comparable(plan)
        same = found == wanted
        if replace or not (same or shared or _has_shards(folder)):
            _remove(folder)
        elif not same:
            raise ExportError(
                f"this folder holds another export: {_difference(found, wanted)}",
                where=folder,
                remedy="name a new folder with --out, or start over with --replace",
            )
    summary.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_whole(summary, f"{plan.model_dump_json(indent=2)}\n".encode())


def write(
    plan: Plan, rows: Iterator[ScannedRow], folder: Path, names: Mapping[str, bytes]
) -> None:
    """Write the plan of each shard; others may write the same one meanwhile.

    Parameters
    ----------
    plan : Plan
        What is to be exported.
    rows : iterator of ScannedRow
        All rows in the order of `Selection.rows`.
    folder : Path
        The export's folder.
    names : mapping of str to bytes
        The names of clips that are not UTF-8, by their path as text.
    """
    missing = {name for _, name in plan.shards()}
    for name, group in itertools.groupby(rows, lambda row: _shard_of(row, plan)):
        shuffled = sorted(group, key=lambda row: _order(row, plan.layout.seed))
        lines = [_line(row, plan.contents, names.get(row.path)) for row in shuffled]
        content = "".join(lines).encode()
        manifest.write_whole(file_of(folder, name), content, durable=False)
        missing.remove(name)
    for name in missing:
        manifest.write_whole(file_of(folder, name), b"", durable=False)


def read(folder: Path, shard: str) -> list[PlannedTrack]:
    """Read the planned tracks of a shard, in the order of its records.

    Raises
    ------
    ExportError
        The plan is missing or damaged.
    """
    file = file_of(folder, shard)
    try:
        with file.open("rb") as lines:
            return [PlannedTrack(**parse_json(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise ExportError(
            f"the plan of a shard cannot be read: {said(error)}",
            where=file,
            remedy="start over with --replace",
        ) from error


def count(folder: Path, shard: str) -> int:
    """Return the number of tracks that are planned for a shard."""
    with file_of(folder, shard).open("rb") as lines:
        return sum(1 for _ in lines)


def file_of(folder: Path, shard: str) -> Path:
    """Return the path of a shard's plan inside the export `folder`."""
    return folder / FOLDER / f"{Path(shard).stem}.jsonl"


def _n_shards(extent: Extent, features: Features, shard_bytes: int) -> int:
    """Return the power of two that keeps the mean shard at or under its size."""
    if not extent.tracks:
        return 0
    width = math.prod(size for size in features.shape if size is not None)
    bytes_per_second = features.frames_per_second * width * _BYTES[features.dtype]
    needed = math.ceil(extent.seconds * bytes_per_second / shard_bytes)
    spread = min(_SPREAD, extent.tracks // _FEWEST_TRACKS)
    # A track is never cut, however small the shards are to be.
    return 1 << (max(1, spread, min(needed, extent.tracks)) - 1).bit_length()


def _shard_of(row: Row, plan: Plan) -> str:
    count = plan.layout.shards[row.split]
    bits = count.bit_length() - 1
    key = hashlib.md5(f"{row.source}/{row.track_id}".encode(), usedforsecurity=False)
    number = int.from_bytes(key.digest()) >> 128 - bits
    return plan.shard(row.split, number)


def _order(row: Row, seed: int) -> bytes:
    key = f"{seed}/{row.source}/{row.track_id}"
    return hashlib.md5(key.encode(), usedforsecurity=False).digest()


def _line(row: ScannedRow, contents: Contents, name: bytes | None) -> str:
    # Not `asdict`, which copies every value deeply: half the time of a plan.
    values = {name: getattr(row, name) for name in _COLUMNS}
    values["labels"] = contents.positions(row)
    values["content_sha256"] = row.content_sha256
    if name is not None:
        values["path_bytes"] = name.hex()
    return f"{json.dumps(values, ensure_ascii=False, separators=(',', ':'))}\n"


def _read(summary: Path) -> Plan:
    try:
        return Plan.model_validate_json(summary.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise ExportError(
            "this folder is not empty, and no export of this version of Lyre",
            where=summary.parent.parent,
            remedy="name a new folder with --out",
        ) from error


def _has_files(folder: Path) -> bool:
    # The lock, and files that another part has just begun to write, do not count.
    return any(
        path.is_file() and path.suffix != ".part" and path.name != lock.NAME
        for path in folder.rglob("*")
    )


def _comparable(plan: Plan) -> Plan:
    # Whether dbt's models were at hand changes nothing of what is written, nor do vars
    # that lead to the same rows.
    contents = plan.contents.model_copy(
        update={"lineage": None, "dbt_vars": None, "other_dbt_vars": {}}
    )
    return plan.model_copy(update={"contents": contents})


def _has_shards(folder: Path) -> bool:
    return any((folder / index.FOLDER).glob("*.json"))


def _difference(found: Plan, plan: Plan) -> str:
    """Name the first thing in which two plans differ."""
    pairs = [
        (f"{part} {key}".strip(), old, new)
        for part, old_part, new_part in (
            ("", found, plan),
            ("", found.contents, plan.contents),
            ("features", found.features, plan.features),
            ("layout", found.layout, plan.layout),
        )
        for key, old, new in _unequal(old_part, new_part)
    ]
    parts = ("contents", "features", "layout")
    name, old, new = next(pair for pair in pairs if pair[0] not in parts)
    if isinstance(old, list | dict):
        return f"its {name} differs"
    return f"its {name} is {old}, not {new}"


def _unequal(
    left: manifest.Part, right: manifest.Part
) -> Iterator[tuple[str, object, object]]:
    for key in type(left).model_fields:
        old, new = getattr(left, key), getattr(right, key)
        if old != new:
            yield key, old, new


def _remove(folder: Path) -> None:
    """Remove an export; the manifest first, so that no half one is ever taken."""
    (folder / manifest.FILE_NAME).unlink(missing_ok=True)
    for part in (manifest.SHARDS, index.FOLDER, labels.FOLDER, FOLDER):
        if (folder / part).is_dir():
            shutil.rmtree(folder / part)
