"""Writing tags into the genre field of audio files, and nothing else in them.

A copy beside the file is changed, decoded and compared with the file sample by sample,
and only then takes its place.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import mutagen
import numpy as np
from mutagen.id3 import ID3, TCON
from mutagen.mp4 import MP4Tags

from audio.decode import Decoder
from train.errors import TrainError

_KINDS = "MP3, FLAC, Ogg, MP4, WAV or AIFF"


def write(file: Path, genres: Sequence[str], *, replace: bool = False) -> list[str]:
    """Write genres into a file; nothing happens where they are there already.

    Parameters
    ----------
    file : Path
        An MP3, FLAC, Ogg (Vorbis, Opus, FLAC), MP4, WAV or AIFF file.
    genres : sequence of str
        What to write.
    replace : bool
        Drop the genres that are there; otherwise new ones follow them.

    Returns
    -------
    list of str
        All genres of the file now.

    Raises
    ------
    TrainError
        The file is of another kind, its tags cannot be read, or the sound would not
        stay as it is; the file is untouched then.
    OSError
        The folder cannot be written into.
    """
    place = file.resolve()
    found = _open(place)
    before = _read(found)
    wanted = list(genres) if replace else _joined(before, genres)
    if wanted == before:
        return before
    # The name keeps its suffix, by which mutagen tells some kinds apart.
    beside = place.with_name(f".{uuid4().hex}{place.suffix}")
    try:
        shutil.copy2(place, beside)
        _change(beside, wanted)
        if not _same_sound(place, beside):
            raise TrainError("its sound would change: nothing was written", where=file)
        with beside.open("rb") as copy:
            os.fsync(copy.fileno())
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
    return wanted


def read(file: Path) -> list[str]:
    """Return the genres of a file; errors are those of `write`."""
    return _read(_open(file))


def _open(file: Path) -> Any:
    try:
        found = mutagen.File(file)
    except mutagen.MutagenError as error:
        raise TrainError(f"its tags cannot be read: {error}", where=file) from error
    if found is None or not _is_known(found):
        raise TrainError(
            "no kind of file that genres are written into", where=file, expected=_KINDS
        )
    return found


def _is_id3(tags: Any) -> bool:
    return isinstance(tags, ID3)


def _is_known(found: Any) -> bool:
    if found.tags is None:
        found.add_tags()
    return isinstance(found.tags, ID3 | MP4Tags) or hasattr(found.tags, "vendor")


def _read(found: Any) -> list[str]:
    tags = found.tags
    if _is_id3(tags):
        return [genre for frame in tags.getall("TCON") for genre in frame.genres]
    key = "\xa9gen" if isinstance(tags, MP4Tags) else "genre"
    return [str(genre) for genre in tags.get(key, [])]


def _joined(before: Sequence[str], genres: Sequence[str]) -> list[str]:
    """Return the old genres and the new ones, in any spelling once."""
    known = {genre.casefold() for genre in before}
    return [*before, *(genre for genre in genres if genre.casefold() not in known)]


def _change(file: Path, genres: Sequence[str]) -> None:
    found = _open(file)
    tags = found.tags
    try:
        if _is_id3(tags):
            frame: Any = TCON
            tags.setall("TCON", [frame(encoding=3, text=list(genres))])
            # What has been ID3v2.3 stays it, for players that know no other. A slash
            # between genres, usual there, could not be told from one inside a genre.
            version = 3 if tags.version[:2] == (2, 3) else 4
            found.save(v2_version=version, v23_sep=None)
        else:
            tags["\xa9gen" if isinstance(tags, MP4Tags) else "genre"] = list(genres)
            found.save()
    except mutagen.MutagenError as error:
        raise TrainError(f"its tags cannot be written: {error}", where=file) from error


def _same_sound(file: Path, other: Path) -> bool:
    with Decoder(file) as first, Decoder(other) as second:
        left, right = first.blocks(), second.blocks()
        for block in left:
            same = next(right, None)
            if same is None or not np.array_equal(block, same):
                return False
        return next(right, None) is None
