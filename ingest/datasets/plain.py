r"""A table of people's own: a CSV or Parquet file with a path and tags for each track.

Columns are found by their names, in any order and case: ``path``, and either ``tags``
(a list, or text with ``;`` between tags) or ``tag`` (one a line; a track may have many
lines), which may go with ``category`` and ``weight``. A tag may also be written
``category---tag``. In a path, ``\`` is read as ``/``.

Further columns are optional: ``track_id`` (else the path is the id), ``artist_id``,
``artist_name`` or ``artist``, ``album_id``, ``album_name`` or ``album``, ``title``,
``duration`` in seconds and ``split``.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingest.datasets.rows import Place, Rows, Tag, find_columns, split_category
from ingest.errors import IngestError
from ingest.files import count_lines
from lyre.counting import counted
from lyre.errors import said

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

EXPECTED = "a table with the columns path and tags: *.csv, *.tsv or *.parquet"

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_PARQUET = ".parquet"
_BETWEEN_TAGS = ";"
_TEXTS = ("artist_id", "artist_name", "album_id", "album_name", "title")
_ALSO_CALLED = {"artist": "artist_name", "album": "album_name"}
_COLUMNS = (
    *("path", "tag", "tags", "category", "weight", "track_id", *_TEXTS),
    *("duration", "split"),
)


def find(folder: Path) -> list[Path]:
    """List the tables in a folder."""
    suffixes = (*_DELIMITERS, _PARQUET)
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def read(files: Sequence[Path], rows: Rows) -> None:
    """Read tables into `Rows`.

    Raises
    ------
    IngestError
        A file is no such table.
    """
    for file in files:
        suffix = file.suffix.lower()
        if suffix == _PARQUET:
            records = _parquet(file, rows)
        elif suffix in _DELIMITERS:
            records = _delimited(file, _DELIMITERS[suffix], rows)
        else:
            raise IngestError("no such table", where=file, expected=EXPECTED)
        for place, record in records:
            _add(place, record, rows)


def count_rows(file: Path) -> int:
    """Return the number of lines, or rows, of a table: to show progress.

    Raises
    ------
    IngestError
        It is named ``*.parquet`` and is none.
    """
    if file.suffix.lower() != _PARQUET:
        return count_lines(file)
    with _opened(file) as table:
        return int(table.metadata.num_rows)


def _delimited(
    file: Path, delimiter: str, rows: Rows
) -> Iterator[tuple[Place, dict[str, Any]]]:
    lines = rows.read_lines(file, {"delimiter": delimiter})
    _, header = next(lines, (None, []))
    names = _names(header, file)
    for place, fields in lines:
        if len(fields) == len(names):
            yield place, dict(zip(names, fields, strict=True))
        else:
            reason = f"{counted(len(fields), 'column')}, not {len(names)}"
            rows.set_aside(place, reason, delimiter.join(fields))


def _parquet(file: Path, rows: Rows) -> Iterator[tuple[Place, dict[str, Any]]]:
    with _opened(file) as table:
        header = table.schema_arrow.names
        named = dict(zip(_names(header, file), header, strict=True))
        known = {name: named[name] for name in _COLUMNS if name in named}
        row = 0
        for batch in table.iter_batches(columns=list(known.values())):
            columns = [
                _texts(name, batch[column], file) for name, column in known.items()
            ]
            for values in zip(*columns, strict=True):
                row += 1
                yield Place(file, row), dict(zip(known, values, strict=True))
            rows.advance(batch.num_rows)


def _texts(name: str, column: pa.Array, file: Path) -> list[Any]:
    """Return the values of a column as text, NULL as None; tags may be lists."""
    is_list = name == "tags" and pa.types.is_nested(column.type)
    try:
        texts: list[Any] = column.cast(
            pa.list_(pa.string()) if is_list else pa.string()
        ).to_pylist()
    except pa.ArrowException as error:
        raise IngestError(
            f"column {name} holds {column.type} that is no text",
            where=file,
            expected="text in UTF-8, numbers, or in the column tags lists of them",
        ) from error
    return texts


@contextmanager
def _opened(file: Path) -> Iterator["ParquetFile"]:
    # Late: reading Parquet is rare and takes a while to import.
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file) as table:
            yield table
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise IngestError(
            f"the file cannot be read: {said(error)}", where=file
        ) from error


def _names(header: Sequence[str], file: Path) -> list[str]:
    names = [name.strip().lower() for name in header]
    names = [_ALSO_CALLED.get(name, name) for name in names]
    if len(set(names)) < len(names):
        raise IngestError("two columns have the same name", where=file)
    find_columns(names, ["path", "tag" if "tag" in names else "tags"], file)
    return names


def _add(place: Place, record: Mapping[str, Any], rows: Rows) -> None:
    path = _text(record["path"])
    if not path:
        rows.set_aside(place, "the path is empty", str(dict(record)))
        return
    path = path.replace("\\", "/").removeprefix("./")
    rows.add(
        place,
        _text(record.get("track_id")) or path,
        _tags(place, record, rows),
        duration=rows.seconds(place, _text(record.get("duration"))),
        split=rows.split(place, _text(record.get("split"))),
        path=path,
        **{name: _text(record.get(name)) for name in _TEXTS},
    )


def _tags(place: Place, record: Mapping[str, Any], rows: Rows) -> list[Tag]:
    given = record["tag"] if "tag" in record else record["tags"]
    if given is None:
        texts = []
    elif isinstance(given, list):
        texts = [tag for tag in given if tag is not None]
    elif "tag" in record:
        texts = [given]
    else:
        texts = [text.strip() for text in given.split(_BETWEEN_TAGS)]
    category = _text(record.get("category"))
    weight = _weight(place, record.get("weight"), rows)
    tags = [split_category(text) for text in texts if text]
    return [
        Tag(tag.tag, category or tag.category, weight) for tag in dict.fromkeys(tags)
    ]


def _weight(place: Place, text: str | None, rows: Rows) -> float | None:
    if not text:
        return None
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight):
        rows.set_aside(place, "weight is no number", text)
        return None
    return weight


def _text(value: str | None) -> str:
    return "" if value is None else value.strip()
