"""``manifest.json``: all that training needs and a paper must state about an export.

`Manifest` is the schema; ``docs/manifest.md`` tells it in words. Whatever a manifest
describes lies beside it, and its paths start at its own folder. It is the last file
that an export writes: a folder without one is unfinished.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from dataset.errors import DatasetError
from lyre.documents import read_json, read_model
from lyre.errors import brief

FILE_NAME = "manifest.json"
SHARDS = "shards"
SCHEMA_VERSION: Final = 1

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
Target = Literal["tfrecord", "webdataset", "parquet"]
TARGETS: tuple[Target, ...] = get_args(Target)
Count = Annotated[int, Field(ge=0)]
# A manifest and a model may come from others: their features are of a size that can be
# computed, and the paths of a manifest stay inside the export.
MOST_SAMPLES, MOST_MELS = 2**20, 2**13
_INSIDE = r"^{}/[\w.-]+$"
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Part(BaseModel):
    """A part of what is stored: fixed once made, no unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Features(Part):
    """How a clip became the array of its record."""

    format: Literal["logmel", "waveform"] = Field(
        description="logmel: frames of mel bands; waveform: samples."
    )
    preset: str | None = Field(
        None, description="The preset that the settings began from; log-mel only."
    )
    sample_rate: int = Field(
        gt=0, le=MOST_SAMPLES, description="Samples per second after resampling."
    )
    mono: str = Field(
        "mean of the channels",
        description="How channels were mixed, before resampling.",
    )
    n_fft: int | None = Field(
        None, gt=0, le=MOST_SAMPLES, description="Samples per frame."
    )
    hop: int | None = Field(
        None, gt=0, le=MOST_SAMPLES, description="Samples between frames."
    )
    n_mels: int | None = Field(None, gt=0, le=MOST_MELS, description="Mel bands.")
    fmin: float | None = Field(None, ge=0, description="Lower edge of the bands, Hz.")
    fmax: float | None = Field(None, gt=0, description="Upper edge of the bands, Hz.")
    scale: Literal["db", "log10_10000", "samples"] = Field(
        description="db: decibels of the mel power; log10_10000: log10(10000 x + 1) of "
        "it; samples: the samples themselves."
    )
    top_db: float | None = Field(
        None, description="Decibels below the clip's maximum that are kept; null: all."
    )
    dtype: Literal["float16", "float32", "int16"] = Field(
        description="Type of the values as stored, little-endian."
    )
    full_scale: float = Field(
        1.0, gt=0, description="The stored value is this times the true one."
    )
    shape: list[int | None] = Field(
        description="Shape of a record; null for time, which differs by clip."
    )

    @model_validator(mode="after")
    def _fits_its_format(self) -> Self:
        is_logmel = self.format == "logmel"
        if is_logmel and None in (self.n_fft, self.hop, self.n_mels, self.fmin):
            raise ValueError("a logmel needs n_fft, hop, n_mels and fmin")
        if is_logmel == (self.scale == "samples"):
            raise ValueError(f"{self.format} has no scale {self.scale!r}")
        if self.shape != ([None, self.n_mels] if is_logmel else [None]):
            raise ValueError(f"{self.format} has no shape {self.shape}")
        return self

    @property
    def frames_per_second(self) -> float:
        """Length of one second along the first axis."""
        return self.sample_rate / (self.hop or 1)

    def length_of(self, seconds: float) -> int:
        """Return how many whole values of the first axis some seconds have."""
        return int(seconds * self.frames_per_second)

    def log_mel_settings(self) -> dict[str, Any]:
        """Return the settings of a log-mel, as `audio.features` names them."""
        names = {"n_fft", "hop", "n_mels", "fmin", "fmax", "scale", "top_db"}
        return {"rate": self.sample_rate, **self.model_dump(include=names)}


class Layout(Part):
    """How records were laid into shards."""

    shard_bytes: int = Field(gt=0, description="Size that shards were aimed at.")
    seed: int = Field(description="Seed of the order inside the shards.")
    shards: dict[Split, int] = Field(
        description="Number of shards per split, a power of two."
    )


class Shard(Part):
    """One file of records."""

    name: str = Field(
        pattern=_INSIDE.format(SHARDS), description="Its path inside the export."
    )
    split: Split = Field(description="The split of all its tracks.")
    records: Count = Field(description="Number of records.")
    bytes: Count = Field(description="Its size.")
    sha256: Sha256 = Field(description="Checksum of the file.")


class Tag(Part):
    """One output of a model, in its place."""

    position: Count = Field(description="Place in the label vector, from 0.")
    tag: str = Field(description="The clean tag.")
    category: str | None = Field(None, description="Such as genre, mood or decade.")
    n_tracks: Count = Field(description="Tracks with it in the training set.")


class SplitCounts(Part):
    """What a label set holds of one split."""

    tracks: Count = Field(description="Number of tracks, one record each.")
    positives: list[int] = Field(
        description="Tracks per tag, in the order of the vocabulary."
    )
    shortest: Count = Field(description="Length of the shortest record, first axis.")
    longest: Count = Field(description="Length of the longest record, first axis.")


class Addition(Part):
    """Shards that were appended later, for tracks of another recipe."""

    number: int = Field(ge=1, description="It is part of the shards' names.")
    created_at: AwareDatetime = Field(description="When they were finished, UTC.")
    revision: str | None = Field(description="Revision of Lyre, where git knew it.")
    software: dict[str, str] = Field(description="Versions that shaped the values.")


class FunnelRow(Part):
    """One rule of the cleaning, in its order."""

    rule_order: int = Field(description="Place of the rule.")
    rule: str = Field(description="Its name.")
    n_excluded: Count = Field(description="Tracks that it took first.")
    n_left: Count = Field(description="Tracks left after it.")


class TrackKey(Part):
    """The key of a track."""

    source: str = Field(description="Where it comes from, such as msd.")
    track_id: str = Field(description="Its id there.")


class LeftOut(TrackKey):
    """A track that was to be exported and could not be."""

    split: Split = Field(description="Its split.")
    path: str = Field(description="Its clip, from the audio root.")
    reason: str = Field(description="Why it was left out.")


class LabelSet(Part):
    """The labels of one recipe, laid over the audio of this export."""

    name: str = Field(description="Its name, usually that of the recipe.")
    recipe: str = Field(description="Recipe and version, such as training_set.v2.")
    file: str = Field(
        pattern=_INSIDE.format("labels"),
        description="Path of the labels inside the export.",
    )
    sha256: Sha256 = Field(description="Checksum of that file.")
    table: str = Field(description="Table of the warehouse that was read.")
    where: str | None = Field(None, description="Condition that narrowed the recipe.")
    query: str | None = Field(None, description="Query that narrowed the recipe.")
    lineage: dict[str, list[str]] | None = Field(
        None,
        description="Raw columns behind the columns of condition and query; null where "
        "there is neither, or dbt's compiled models were not at hand.",
    )
    dbt_vars: dict[str, Any] | None = Field(
        None,
        description="dbt vars that the table was built with; null where the warehouse "
        "did not say.",
    )
    other_dbt_vars: dict[str, dict[str, Any] | None] = Field(
        default_factory=dict,
        description="Models that it is made of and that were built with other vars, "
        "with these vars; null where the warehouse did not say.",
    )
    training_set_checksum: Sha256 = Field(
        description="Checksum of the rows read, ordered by source and track id."
    )
    vocabulary: list[Tag] = Field(description="The tags, in order.")
    splits: dict[Split, SplitCounts] = Field(description="Counts per split.")
    funnel: list[FunnelRow] = Field(
        description="What the recipe's cleaning took out, rule by rule."
    )
    without_audio: list[TrackKey] = Field(
        description="Tracks of the recipe that this export has no audio of."
    )

    @property
    def tags(self) -> list[str]:
        """The tags in the order of the label vector."""
        return [entry.tag for entry in self.vocabulary]


class Manifest(Part):
    """An export: its audio, and the label sets over it."""

    schema_version: Literal[1] = Field(
        SCHEMA_VERSION, description="Version of this schema."
    )
    name: str = Field(description="Name of the export.")
    created_at: AwareDatetime = Field(description="When the export was finished, UTC.")
    revision: str | None = Field(description="Revision of Lyre, where git knew it.")
    software: dict[str, str] = Field(description="Versions that shaped the values.")
    target: Target = Field("tfrecord", description="Kind of the shards' files.")
    features: Features = Field(description="How clips became arrays.")
    layout: Layout = Field(description="How the shards were planned.")
    shards: list[Shard] = Field(description="The files, in order.")
    additions: list[Addition] = Field(
        default_factory=list, description="Where shards come from that are not planned."
    )
    left_out: list[LeftOut] = Field(description="Tracks that could not be exported.")
    label_sets: list[LabelSet] = Field(
        min_length=1, description="The first is the recipe that was exported."
    )

    def label_set(self, name: str | None = None) -> LabelSet:
        """Return a label set by its name; without one, that of the export.

        Raises
        ------
        DatasetError
            There is none of that name.
        """
        for entry in self.label_sets:
            if name in (None, entry.name):
                return entry
        names = ", ".join(entry.name for entry in self.label_sets)
        raise DatasetError(
            f"no label set {name!r}",
            where=self.name,
            expected=f"one of {names}",
            remedy=f"add it with `python -m export relabel --recipe {name}`",
        )

    def split_shards(self, split: str) -> list[Shard]:
        """Return the shards of a split, in order."""
        return [shard for shard in self.shards if shard.split == split]


def read(folder: Path) -> Manifest:
    """Read the manifest of an export.

    Parameters
    ----------
    folder : Path
        The export's folder.

    Raises
    ------
    DatasetError
        There is no manifest (a missing or unfinished export), or it is no manifest
        of a known schema; the message names the field.
    """
    file = folder / FILE_NAME
    if not file.is_file():
        raise DatasetError(
            "no finished export here",
            where=folder,
            expected=f"a folder with a {FILE_NAME}",
            remedy="run `python -m export tfrecord`; it goes on where it stopped",
        )
    values = read_json(file, DatasetError)
    version = values.get("schema_version") if isinstance(values, dict) else None
    if version != SCHEMA_VERSION:
        raise DatasetError(
            f"schema version {brief(version)} is not known here",
            where=file,
            expected=str(SCHEMA_VERSION),
            remedy="export again with this version of Lyre",
        )
    return read_model(file, Manifest, DatasetError)


def write(manifest: Manifest, folder: Path) -> Path:
    """Write a manifest into its folder, whole or not at all; return its path."""
    text = json.dumps(
        manifest.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False
    )
    return write_whole(folder / FILE_NAME, f"{text}\n".encode())


def write_whole(path: Path, content: bytes, *, durable: bool = True) -> Path:
    """Write a file beside its place and rename it, so that it is never seen half.

    Several processes and machines may write the same file at once. With `durable` it
    is on the disk when this returns.
    """
    beside = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        return beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
