"""Which tracks and tags of a data set are taken, and how many each rule took out."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from dataset.labels import LabelledTrack
from dataset.manifest import LabelSet
from lyre.arrays import load_array
from lyre.errors import said
from lyre.validation import nearest
from train.config import Tags, TrackChoice
from train.errors import TrainError


@dataclass(frozen=True)
class Selection:
    """What is taken of a split.

    Parameters
    ----------
    merge : sequence of sequence of str
        Groups of tags of which a track that has one has all.
    skip_untagged : bool
        Leave out tracks with none of the wanted tags.
    shortest : int
        Leave out tracks of fewer steps.
    keep : frozenset of str, optional
        Take no other track ids.
    exclude : frozenset of str
        Leave out these track ids.
    fraction : float
        Share of the tracks, above 0.
    fraction_by : str
        ``track`` or ``artist``: what is drawn.
    """

    merge: Sequence[Sequence[str]] = ()
    skip_untagged: bool = False
    shortest: int = 0
    keep: frozenset[str] | None = None
    exclude: frozenset[str] = frozenset()
    fraction: float = 1.0
    fraction_by: Literal["track", "artist"] = "track"

    def tracks(
        self, rows: Iterable[LabelledTrack]
    ) -> tuple[list[LabelledTrack], dict[str, int]]:
        """Return the rows taken, and how many each rule left out, in its order."""
        taken = list(rows)
        left_out: dict[str, int] = {}
        rules: dict[str, Callable[[LabelledTrack], bool]] = {
            "not listed": lambda row: self.keep is None or row.track_id in self.keep,
            "listed to be left out": lambda row: row.track_id not in self.exclude,
            "outside the fraction": self._in_fraction,
            "shorter than a window": lambda row: row.frames >= self.shortest,
        }
        for rule, kept in rules.items():
            before = len(taken)
            taken = [row for row in taken if kept(row)]
            if len(taken) < before:
                left_out[rule] = before - len(taken)
        return taken, left_out

    def labels(
        self, matrix: npt.NDArray[np.uint8], vocabulary: Sequence[str]
    ) -> npt.NDArray[np.uint8]:
        """Merge groups of tags.

        Parameters
        ----------
        matrix : ndarray of uint8, shape (tracks, tags)
            Labels in the order of the vocabulary.
        vocabulary : sequence of str
            Its tags; a tag of a group that is not among them cannot occur.
        """
        places = {tag: place for place, tag in enumerate(vocabulary)}
        merged = matrix.copy()
        for group in self.merge:
            columns = [places[tag] for tag in group if tag in places]
            # From the labels as they were, so that the order of groups is nothing.
            merged[:, columns] |= matrix[:, columns].any(axis=1, keepdims=True)
        return merged

    def _in_fraction(self, row: LabelledTrack) -> bool:
        if self.fraction >= 1:
            return True
        key = (
            row.artist_key
            if self.fraction_by == "artist"
            else f"{row.source}/{row.track_id}"
        )
        return _share(key) < self.fraction


EVERYTHING = Selection()


def choose_tags(entry: LabelSet, settings: Tags) -> list[str]:
    """Return the tags to learn, in the order of the vocabulary.

    The most frequent are those with the most tracks in the label set as it was
    exported; of two with as many, the first of the vocabulary.

    Raises
    ------
    TrainError
        A tag is not in the vocabulary, or none is left.
    """
    named = [
        *(("include", tag) for tag in settings.include),
        *(("exclude", tag) for tag in settings.exclude),
        *(("merge", tag) for group in settings.merge for tag in group),
    ]
    for key, tag in named:
        if tag not in entry.tags:
            raise TrainError(
                f"label set {entry.name} has no tag {tag!r}{nearest(tag, entry.tags)}",
                where=f"tags.{key}",
            )
    ranked = sorted(entry.vocabulary, key=lambda tag: (-tag.n_tracks, tag.position))
    everything = not settings.top and not settings.include
    top = ranked if everything else ranked[: settings.top]
    wanted = {tag.tag for tag in top} | set(settings.include)
    wanted -= set(settings.exclude)
    if not wanted:
        raise TrainError("no tag is left to learn", where="tags")
    return [tag for tag in entry.tags if tag in wanted]


def of_tracks(settings: TrackChoice) -> Selection:
    """Return the selection of training tracks that a configuration asks for."""
    return Selection(
        keep=read_ids(Path(settings.keep)) if settings.keep else None,
        exclude=read_ids(Path(settings.exclude)) if settings.exclude else frozenset(),
        fraction=settings.fraction,
        fraction_by=settings.fraction_by,
    )


def read_ids(file: Path) -> frozenset[str]:
    """Read track ids: one a line, or a ``.npy`` array of texts.

    Empty lines and lines that begin with ``#`` are passed over.

    Raises
    ------
    TrainError
        The file is missing, holds no ids, or is neither.
    """
    if not file.is_file():
        raise TrainError("no such list of tracks", where=file)
    try:
        ids = _array(file) if file.suffix == ".npy" else _lines(file)
    except (ValueError, OSError) as error:
        raise TrainError(
            f"no list of tracks: {said(error)}",
            where=file,
            expected="text with one id a line, or a NumPy array of texts",
        ) from error
    if not ids:
        raise TrainError("the list of tracks is empty", where=file)
    return ids


def _lines(file: Path) -> frozenset[str]:
    # utf-8-sig: editors of some systems put a mark at the start.
    lines = file.read_text(encoding="utf-8-sig").split("\n")
    ids = (line.strip() for line in lines)
    return frozenset(each for each in ids if each and not each.startswith("#"))


def _array(file: Path) -> frozenset[str]:
    values = load_array(file)
    if values.dtype.kind not in "US":
        raise ValueError(f"an array of {values.dtype}")
    return frozenset(str(each) for each in values.astype(np.str_).ravel())


def _share(key: str) -> float:
    """Return a number in [0, 1) that depends on the key alone."""
    digest = hashlib.sha256(f"lyre fraction {key}".encode()).digest()
    # 53 bits are what a float holds: with more, the last shares would round to 1.
    return (int.from_bytes(digest[:8]) >> 11) / 2.0**53
