"""MagnaTagATune: a table of clips, with a column of 0 and 1 for each tag.

``annotations_final.csv`` is separated by tabulators and quoted: ``clip_id``, 188 tags,
``mp3_path``. ``clip_info_final.csv`` has the names of the same clips and may be given
too. The split is that of the folders, which the papers use: 0 to b train, c
validation, d to f test.

Law et al., Evaluation of Algorithms Using Games: The Case of Music Tagging, ISMIR 2009.
"""

from collections.abc import Sequence
from pathlib import Path

from ingest.datasets.rows import Place, Rows, Tag, find_columns
from lyre.counting import counted

EXPECTED = "annotations_final.csv of MagnaTagATune, and clip_info_final.csv"

_NAMES = ("annotations_final.csv", "clip_info_final.csv")
_DIALECT = {"delimiter": "\t", "quotechar": '"'}
_CLIP, _PATH = "clip_id", "mp3_path"
_START, _END = "segmentStart", "segmentEnd"
_FOLDERS = dict.fromkeys("0123456789ab", "train") | {
    "c": "validation",
    **dict.fromkeys("def", "test"),
}


def find(folder: Path) -> list[Path]:
    """List the tables in a folder."""
    return [folder / name for name in _NAMES if (folder / name).exists()]


def read(files: Sequence[Path], rows: Rows) -> None:
    """Read tables into `Rows`.

    Raises
    ------
    IngestError
        A file is no such table.
    """
    for file in files:
        lines = rows.read_lines(file, _DIALECT)
        _, header = next(lines, (None, []))
        places = find_columns(header, [_CLIP, _PATH], file)
        for place, fields in lines:
            if len(fields) != len(header):
                reason = f"{counted(len(fields), 'column')}, not {len(header)}"
                rows.set_aside(place, reason, "\t".join(fields))
                continue
            named = {name: fields[column] for name, column in places.items()}
            if _START in places:
                _add_names(place, named, rows)
            else:
                _add_tags(place, named, rows)


def _add_tags(place: Place, fields: dict[str, str], rows: Rows) -> None:
    tags = []
    for name, value in fields.items():
        if name in (_CLIP, _PATH) or value == "0":
            continue
        if value == "1":
            tags.append(Tag(name))
        else:
            rows.set_aside(place, "value of a tag is not 0 or 1", f"{name}: {value}")
    path = fields[_PATH]
    rows.add(place, fields[_CLIP], tags, path=path, split=_FOLDERS.get(path[:1]))


def _add_names(place: Place, fields: dict[str, str], rows: Rows) -> None:
    start = rows.seconds(place, fields[_START])
    end = rows.seconds(place, fields.get(_END))
    path = fields[_PATH]
    rows.add(
        place,
        fields[_CLIP],
        [],
        duration=None if start is None or end is None else end - start,
        path=path,
        split=_FOLDERS.get(path[:1]),
        title=fields.get("title"),
        artist_name=fields.get("artist"),
        album_name=fields.get("album"),
    )
