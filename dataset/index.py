"""The index of a shard: where each track's record begins, and who is not in it.

It is written once the shard is whole, so a shard without one is unfinished. Label
sets are made from it without touching the audio.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from dataset import manifest
from dataset.errors import DatasetError
from lyre.documents import read_model

FOLDER = "index"


class Place(manifest.TrackKey):
    """Where the record of a track lies in its shard."""

    offset: int = Field(ge=0, description="Byte at which it begins; Parquet: row.")
    frames: int = Field(ge=0, description="Its length along the first axis.")


class ShardIndex(manifest.Part):
    """A finished shard and the tracks in it."""

    shard: manifest.Shard = Field(description="The shard, as the manifest lists it.")
    plan: manifest.Sha256 = Field(
        description="Checksum of what was to be written; a rerun compares it."
    )
    places: list[Place] = Field(description="Its records, in their order.")
    left_out: list[manifest.LeftOut] = Field(
        description="Tracks that were to be in it and could not be."
    )


def file_of(folder: Path, shard_name: str) -> Path:
    """Return the path of a shard's index inside the export `folder`."""
    return folder / FOLDER / f"{Path(shard_name).stem}.json"


def read(folder: Path, shard_name: str) -> ShardIndex:
    """Read the index of a shard.

    Raises
    ------
    DatasetError
        It is missing or damaged.
    """
    file = file_of(folder, shard_name)
    if not file.is_file():
        raise DatasetError("the index of a shard is missing", where=file)
    return read_model(file, ShardIndex, DatasetError)


def write(folder: Path, entry: ShardIndex) -> None:
    """Write the index of a shard, whole or not at all."""
    content = f"{entry.model_dump_json(indent=1)}\n".encode()
    manifest.write_whole(file_of(folder, entry.shard.name), content)


def read_all(folder: Path, described: manifest.Manifest) -> Iterator[ShardIndex]:
    """Yield the indexes of all shards of an export, in their order."""
    for shard in described.shards:
        yield read(folder, shard.name)
