"""The Free Music Archive (FMA): ``tracks.csv`` and ``genres.csv``.

``tracks.csv`` has a header of three lines (group, name, and the name of the index) and
a track id in the first column. With ``genres.csv``, a track has the tags of category
``genre`` that it was given and, as ``genre_parent``, those above them; without it, only
its top genre has a name. Its free tags are of category ``tag``. Paths are those of the
audio archives: ``000/000002.mp3``.

Defferrard et al., FMA: A Dataset for Music Analysis, ISMIR 2017.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ingest.datasets.rows import Place, Rows, Tag, find_columns
from ingest.errors import IngestError
from lyre.counting import counted
from lyre.errors import brief

EXPECTED = "tracks.csv of FMA, and genres.csv"

_TRACKS, _GENRES = "tracks.csv", "genres.csv"
_DIALECT = {"delimiter": ",", "quotechar": '"'}
_INDEX = "track_id"
_TOP, _GIVEN, _ALL, _FREE = (
    ("track", "genre_top"),
    ("track", "genres"),
    ("track", "genres_all"),
    ("track", "tags"),
)
_COLUMNS = {
    "artist_id": ("artist", "id"),
    "artist_name": ("artist", "name"),
    "album_id": ("album", "id"),
    "album_name": ("album", "title"),
    "title": ("track", "title"),
}
_DURATION, _SPLIT = ("track", "duration"), ("set", "split")

# More digits than any table of tracks needs; int() refuses thousands of them.
_TRACK_ID = re.compile(r"[0-9]{1,18}")

_KINDS = {int: "whole numbers", str: "texts"}

Name = tuple[str, str]
Element = TypeVar("Element", int, str)


def find(folder: Path) -> list[Path]:
    """List the tables in a folder."""
    names = (_GENRES, _TRACKS)
    return [folder / name for name in names if (folder / name).exists()]


def read(files: Sequence[Path], rows: Rows) -> None:
    """Read tables into `Rows`.

    Raises
    ------
    IngestError
        A file is no such table.
    """
    genres: dict[str, str] = {}
    for file in files:
        if file.name == _GENRES:
            genres |= _read_genres(file, rows)
    for file in files:
        if file.name != _GENRES:
            _read_tracks(file, genres, rows)


def _read_genres(file: Path, rows: Rows) -> dict[str, str]:
    lines = rows.read_lines(file, _DIALECT)
    _, header = next(lines, (None, []))
    places = find_columns(header, ["genre_id", "title"], file)
    needed = max(places["genre_id"], places["title"]) + 1
    return {
        fields[places["genre_id"]]: fields[places["title"]]
        for _, fields in lines
        if len(fields) >= needed
    }


def _read_tracks(file: Path, genres: Mapping[str, str], rows: Rows) -> None:
    lines = rows.read_lines(file, _DIALECT)
    head = [fields for _, fields in (next(lines, (None, [])) for _ in range(3))]
    columns = list(zip(*head[:2], strict=False))
    if head[2][:1] != [_INDEX] or _TOP not in columns:
        raise IngestError(
            "the header is not that of tracks.csv",
            where=file,
            expected="three lines: groups, names, and track_id",
        )
    for place, fields in lines:
        if len(fields) != len(columns):
            reason = f"{counted(len(fields), 'column')}, not {len(columns)}"
            rows.set_aside(place, reason, ",".join(fields))
        elif not _TRACK_ID.fullmatch(fields[0]):
            rows.set_aside(place, "track_id is no whole number", fields[0])
        else:
            named = dict(zip(columns, fields, strict=True))
            _add(place, fields[0], named, genres, rows)


def _add(
    place: Place,
    track_id: str,
    fields: Mapping[Name, str],
    genres: Mapping[str, str],
    rows: Rows,
) -> None:
    number = int(track_id)
    texts = {column: fields.get(name) for column, name in _COLUMNS.items()}
    rows.add(
        place,
        track_id,
        [*_genres(place, fields, genres, rows), *_free_tags(place, fields, rows)],
        duration=rows.seconds(place, fields.get(_DURATION)),
        split=rows.split(place, fields.get(_SPLIT)),
        path=f"{number // 1000:03}/{number:06}.mp3",
        **texts,
    )


def _genres(
    place: Place, fields: Mapping[Name, str], genres: Mapping[str, str], rows: Rows
) -> list[Tag]:
    if not genres:
        top = fields[_TOP]
        return [Tag(top, "genre")] if top else []
    given = _list(place, fields.get(_GIVEN), int, rows)
    all_ = _list(place, fields.get(_ALL), int, rows)
    parents = [each for each in all_ if each not in given]
    tags = []
    for category, numbers in (("genre", given), ("genre_parent", parents)):
        for number in map(brief, numbers):
            if number in genres:
                tags.append(Tag(genres[number], category))
            else:
                rows.set_aside(place, "genre is not in genres.csv", number)
    return tags


def _free_tags(place: Place, fields: Mapping[Name, str], rows: Rows) -> list[Tag]:
    tags = _list(place, fields.get(_FREE), str, rows)
    return [Tag(tag, "tag") for tag in dict.fromkeys(tags)]


def _list(
    place: Place, text: str | None, kind: type[Element], rows: Rows
) -> list[Element]:
    """Read a list of one kind of values as Python prints it."""
    if not text:
        return []
    try:
        values = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        values = None
    if not isinstance(values, list) or any(type(each) is not kind for each in values):
        rows.set_aside(place, f"cell is no list of {_KINDS[kind]}", text)
        return []
    return values
