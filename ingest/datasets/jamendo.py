"""MTG-Jamendo: tables of tracks and tags, separated by tabulators.

The header is ``TRACK_ID ARTIST_ID ALBUM_ID PATH DURATION TAGS``; each tag has a column
of its own, so that lines differ in length: ``genre---rock``. The files of a split are
named ``...-train.tsv``, ``...-validation.tsv`` and ``...-test.tsv``. The table of
names, ``raw.meta.tsv``, may be given too.

Bogdanov et al., The MTG-Jamendo Dataset for Automatic Music Tagging, ICML 2019.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from ingest.datasets.rows import Rows, find_columns, split_category
from ingest.errors import IngestError
from lyre.counting import counted

EXPECTED = "tables of MTG-Jamendo, *.tsv"

_DIALECT = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
_SPLIT = re.compile("-(train|validation|test)$")
_TRACK, _TAGS = "TRACK_ID", "TAGS"
_COLUMNS = {
    "artist_id": "ARTIST_ID",
    "artist_name": "ARTIST_NAME",
    "album_id": "ALBUM_ID",
    "album_name": "ALBUM_NAME",
    "title": "TRACK_NAME",
    "path": "PATH",
}


def find(folder: Path) -> list[Path]:
    """List the tables in a folder."""
    return sorted(folder.glob("*.tsv"))


def read(files: Sequence[Path], rows: Rows) -> None:
    """Read tables into `Rows`.

    Raises
    ------
    IngestError
        A file is no such table.
    """
    for file in files:
        _read(file, rows)


def _read(file: Path, rows: Rows) -> None:
    lines = rows.read_lines(file, _DIALECT)
    _, header = next(lines, (None, []))
    places = find_columns(header, [_TRACK], file)
    if _TAGS in places and places[_TAGS] != len(header) - 1:
        raise IngestError(
            "TAGS is not the last column", where=file, expected="TRACK_ID ... TAGS"
        )
    needed = places.get(_TAGS, len(header))
    match = _SPLIT.search(file.stem)
    split = match[1] if match else None
    for place, fields in lines:
        if len(fields) < needed:
            rows.set_aside(
                place,
                f"{counted(len(fields), 'column')}, not {needed}",
                "\t".join(fields),
            )
            continue
        texts = {
            column: fields[places[name]]
            for column, name in _COLUMNS.items()
            if name in places
        }
        duration = fields[places["DURATION"]] if "DURATION" in places else None
        tags = [split_category(text) for text in fields[needed:] if text]
        rows.add(
            place,
            fields[places[_TRACK]],
            tags if _TAGS in places else [],
            duration=rows.seconds(place, duration),
            split=split,
            **texts,
        )
