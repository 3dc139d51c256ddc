"""Label sets: who belongs to which split and has which tags, apart from the audio.

A label set is a text file, one JSON object a line and track, in the order of the
shards: cleaner tags need a new label set, never new audio. It says where in which
shard the track's record begins, so that a trainer can pick tracks without reading
the others.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset import manifest
from dataset.errors import DatasetError
from lyre.checksum import sha256
from lyre.documents import parse_json
from lyre.errors import brief, said

FOLDER = "labels"


@dataclass(frozen=True, slots=True)
class LabelledTrack:
    """A track of a label set.

    Parameters
    ----------
    source, track_id : str
        Its key.
    split : str
        train, validation or test.
    shard : str
        Path of its shard inside the export.
    offset : int
        Byte of the shard at which its record begins; in Parquet its row.
    frames : int
        Length of its record along the first axis.
    labels : list of int
        Positions of its tags in the vocabulary, ascending.
    artist_key, artist_name, title : str
        Who and what it is; only the key is always known.
    year : int or None
        Year of release.
    decade : str or None
        Decade of release.
    """

    source: str
    track_id: str
    split: manifest.Split
    shard: str
    offset: int
    frames: int
    labels: list[int]
    artist_key: str
    artist_name: str | None
    title: str | None
    year: int | None
    decade: str | None


_KEYS = [field.name for field in fields(LabelledTrack)]
_LARGEST = 2**63 - 1


def _is_text(value: object) -> bool:
    return type(value) is str


def _is_text_or_none(value: object) -> bool:
    return value is None or type(value) is str


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


# By hand: pydantic's models take several times as long, and a set has 250,000 lines.
_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "source": _is_text,
    "track_id": _is_text,
    "shard": _is_text,
    "offset": _is_count,
    "frames": _is_count,
    "labels": lambda value: type(value) is list and all(map(_is_count, value)),
    "artist_key": _is_text,
    "artist_name": _is_text_or_none,
    "title": _is_text_or_none,
    "year": lambda value: value is None or type(value) is int,
    "decade": _is_text_or_none,
}


def write(path: Path, tracks: Iterable[LabelledTrack]) -> None:
    """Write a label set, whole or not at all."""
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            for track in tracks:
                file.write(_line(track))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read(folder: Path, name: str | None = None) -> list[LabelledTrack]:
    """Read a label set of an export, in the order of its shards.

    Parameters
    ----------
    folder : Path
        The export's folder.
    name : str, optional
        The label set; by default that of the recipe that was exported.

    Raises
    ------
    DatasetError
        The export, the label set or its file is missing, or a line is not as it
        should be; the message names it. Or the file is another than the manifest's.
    """
    entry = manifest.read(folder).label_set(name)
    file = folder / entry.file
    tracks = list(iterate(file))
    for number, track in enumerate(tracks, start=1):
        if max(track.labels, default=0) >= len(entry.vocabulary):
            raise DatasetError(
                f"label {max(track.labels)} is not in the vocabulary",
                where=f"{folder / entry.file}, line {number}",
                expected=f"0 to {len(entry.vocabulary) - 1}",
            )
    # Last, as a line that is wrong says more.
    if sha256(file) != entry.sha256:
        raise DatasetError(
            "the label set is not the one that the manifest describes",
            where=file,
            remedy="put it back, or make it again with `python -m export relabel`",
        )
    return tracks


def iterate(file: Path) -> Iterator[LabelledTrack]:
    """Yield the tracks of a label set's file, in its order."""
    if not file.is_file():
        raise DatasetError("the label set is missing", where=file)
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _track(line)
            except (ValueError, TypeError) as error:
                raise DatasetError(
                    f"no line of a label set: {said(error)}",
                    where=f"{file}, line {number}",
                ) from error


def multi_hot(labels: Sequence[Sequence[int]], n_tags: int) -> npt.NDArray[np.uint8]:
    """Turn positions into label vectors.

    Parameters
    ----------
    labels : sequence of sequence of int
        The positions of each track's tags.
    n_tags : int
        Size of the vocabulary.

    Returns
    -------
    ndarray of uint8, shape (tracks, n_tags)
        1 where the track has the tag.

    Examples
    --------
    >>> multi_hot([[0, 2], []], 3).tolist()
    [[1, 0, 1], [0, 0, 0]]
    """
    matrix = np.zeros((len(labels), n_tags), dtype=np.uint8)
    lengths = [len(positions) for positions in labels]
    rows = np.repeat(np.arange(len(labels)), lengths)
    columns = np.fromiter(
        (position for positions in labels for position in positions),
        dtype=np.int64,
        count=sum(lengths),
    )
    matrix[rows, columns] = 1
    return matrix


def count(
    tracks: Iterable[LabelledTrack], n_tags: int
) -> dict[manifest.Split, manifest.SplitCounts]:
    """Count tracks and positives per split, and find the shortest and longest."""
    totals: dict[str, int] = dict.fromkeys(manifest.SPLITS, 0)
    positives = {split: [0] * n_tags for split in manifest.SPLITS}
    lengths: dict[str, tuple[int, int]] = {}
    for track in tracks:
        totals[track.split] += 1
        for position in track.labels:
            positives[track.split][position] += 1
        low, high = lengths.get(track.split, (track.frames, track.frames))
        lengths[track.split] = min(low, track.frames), max(high, track.frames)
    return {
        split: manifest.SplitCounts(
            tracks=totals[split],
            positives=positives[split],
            shortest=lengths.get(split, (0, 0))[0],
            longest=lengths.get(split, (0, 0))[1],
        )
        for split in manifest.SPLITS
    }


def _track(line: bytes) -> LabelledTrack:
    track = LabelledTrack(**parse_json(line))
    if track.split not in manifest.SPLITS:
        raise ValueError(f"no such split: {brief(track.split)}")
    for name, is_right in _CHECKS.items():
        value = getattr(track, name)
        if not is_right(value):
            raise ValueError(f"{name} is {brief(value)}")
    return track


def _line(track: LabelledTrack) -> str:
    # Not `asdict`, which copies every value deeply.
    values = {name: getattr(track, name) for name in _KEYS}
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return f"{text}\n"
