"""Reading one HDF5 file of the Million Song Dataset, chunk by chunk.

Song files (one row), aggregate files (many) and the summary file (all, the three
tables alone) have one layout: ``/metadata/songs``, ``/analysis/songs`` and
``/musicbrainz/songs`` are compound tables aligned by row. Ragged lists (artist terms
and tags) lie in arrays of their own; ``idx_<array>`` is each row's first element.

Bertin-Mahieux et al., The Million Song Dataset, ISMIR 2011.
"""

import errno
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from ingest.errors import IngestError
from ingest.files import fault_of
from ingest.msd_blocks import Array, Fields, Span, is_readable, read_spans
from lyre.errors import said

CHUNK_ROWS = 20_000

# Below it, starting threads takes longer than they save.
_FEW_ROWS = 1_000

TABLES = ("metadata", "analysis", "musicbrainz")
TEXT, INTEGER, REAL = "S", "iu", "fiu"

FIELDS: Mapping[str, Mapping[str, str]] = {
    "metadata": {
        "song_id": TEXT,
        "title": TEXT,
        "release": TEXT,
        "artist_id": TEXT,
        "artist_mbid": TEXT,
        "artist_name": TEXT,
        "artist_location": TEXT,
        "genre": TEXT,
        "analyzer_version": TEXT,
        "track_7digitalid": INTEGER,
        "release_7digitalid": INTEGER,
        "artist_7digitalid": INTEGER,
        "artist_playmeid": INTEGER,
        "artist_familiarity": REAL,
        "artist_hotttnesss": REAL,
        "artist_latitude": REAL,
        "artist_longitude": REAL,
        "song_hotttnesss": REAL,
    },
    "analysis": {
        "track_id": TEXT,
        "audio_md5": TEXT,
        "key": INTEGER,
        "mode": INTEGER,
        "time_signature": INTEGER,
        "analysis_sample_rate": INTEGER,
        "duration": REAL,
        "tempo": REAL,
        "loudness": REAL,
        "danceability": REAL,
        "energy": REAL,
        "end_of_fade_in": REAL,
        "start_of_fade_out": REAL,
        "key_confidence": REAL,
        "mode_confidence": REAL,
        "time_signature_confidence": REAL,
    },
    "musicbrainz": {"year": INTEGER},
}
"""Fields read from each table, with the kinds of dtype that they may have."""

_KIND_NAMES = {
    TEXT: "text of fixed width",
    INTEGER: "whole numbers",
    REAL: "numbers",
}


@dataclass(frozen=True)
class Ragged:
    """A list per row: the values of all rows, and how many each row has.

    Attributes
    ----------
    values : dict of str to ndarray
        Arrays aligned with each other, of shape (sum of counts,); an array that the
        file lacks is left out.
    counts : ndarray of int64, shape (rows,)
        Length of each row's list.
    """

    values: dict[str, Array]
    counts: Array


@dataclass(frozen=True)
class Chunk:
    """Neighbouring rows of a file.

    Attributes
    ----------
    first_row : int
        Number of the first row in the file, from 0.
    fields : dict of str to ndarray, shape (rows,)
        Every field of `FIELDS`, as stored, but texts may be of a narrower dtype.
    widths : dict of str to int
        Bytes that the file has for each text; a text that fills them may be cut.
    lists : dict of str to Ragged
        ``artist_terms`` and ``artist_mbtags``, where the file holds them.
    """

    first_row: int
    fields: Fields
    widths: dict[str, int]
    lists: dict[str, Ragged]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.fields["track_id"])


@dataclass(frozen=True)
class _List:
    """Where a ragged list lies: its table, main array and arrays beside it."""

    table: str
    name: str
    beside: tuple[str, ...]


_LISTS = (
    _List("metadata", "artist_terms", ("artist_terms_freq", "artist_terms_weight")),
    _List("musicbrainz", "artist_mbtags", ("artist_mbtags_count",)),
)


def count_rows(path: Path) -> int:
    """Open and check a file, and return its number of songs.

    Raises
    ------
    IngestError
        As in `read`.
    """
    with _opened(path) as file:
        return _checked_rows(file, path)


def read(path: Path) -> Iterator[Chunk]:
    """Yield the rows of a file, at most `CHUNK_ROWS` at a time.

    Parameters
    ----------
    path : Path
        A summary, aggregate or song file.

    Raises
    ------
    IngestError
        The file is no HDF5, truncated, locked, damaged, or lacks a table or field.
    """
    with _opened(path) as file:
        rows = _checked_rows(file, path)
        present = [each for each in _LISTS if f"{each.table}/{each.name}" in file]
        spans = [
            (first, min(first + CHUNK_ROWS, rows))
            for first in range(0, rows, CHUNK_ROWS)
        ]
        widths = _widths(file)
        with closing(_fields(file, rows, spans)) as fields:
            for (first, last), columns in zip(spans, fields, strict=True):
                lists = {
                    each.name: _ragged(file, path, each, first, last)
                    for each in present
                }
                yield Chunk(first, columns, widths, lists)


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    if fault := fault_of(path):
        raise IngestError(fault, where=path, expected="an HDF5 file")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, ValueError, zlib.error) as error:
        # Any of these is raised where the bytes make no sense.
        raise _explain(error, path) from error


def _explain(error: Exception, path: Path) -> IngestError:
    text = said(error).strip("'\"")
    locked = getattr(error, "errno", None) in (errno.EAGAIN, errno.EACCES)
    if locked or "unable to lock file" in text:
        return IngestError(
            "another program has the file open to write",
            where=path,
            remedy="close it there and run this again",
        )
    if "file signature not found" in text:
        return IngestError(
            "this is not an HDF5 file",
            where=path,
            expected="a file of the Million Song Dataset",
            remedy="fetch it once more, or name another",
        )
    what = "truncated" if "truncated file" in text else f"damaged: {text}"
    return IngestError(f"the file is {what}", where=path, remedy="fetch it once more")


def _checked_rows(file: h5py.File, path: Path) -> int:
    lengths = {
        f"/{name}/songs": _checked_length(file, path, name, fields)
        for name, fields in FIELDS.items()
    }
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {rows:,}" for name, rows in lengths.items())
        raise IngestError(
            "the tables differ in their number of rows", where=path, expected=told
        )
    rows = lengths["/metadata/songs"]
    if rows == 0:
        raise IngestError("the tables hold no songs", where=path)
    return rows


def _checked_length(
    file: h5py.File, path: Path, name: str, fields: Mapping[str, str]
) -> int:
    table = file.get(f"{name}/songs")
    if not _is_list(table) or table.dtype.names is None:
        raise IngestError(
            f"there is no table /{name}/songs",
            where=path,
            expected="a file of the Million Song Dataset",
        )
    _refuse_other_file(table, file, path)
    for field, kinds in fields.items():
        if field not in table.dtype.names:
            raise IngestError(f"/{name}/songs has no field {field}", where=path)
        if (dtype := table.dtype[field]).kind not in kinds:
            raise IngestError(
                f"field {field} of /{name}/songs holds {dtype}",
                where=path,
                expected=_KIND_NAMES[kinds],
            )
    return int(table.shape[0])


def _is_list(array: object) -> bool:
    return isinstance(array, h5py.Dataset) and array.ndim == 1


def _refuse_other_file(array: h5py.Dataset, file: h5py.File, path: Path) -> None:
    """Refuse an array whose values lie in another file, which HDF5 would open."""
    if array.file.filename != file.filename or array.external or array.is_virtual:
        raise IngestError(f"{array.name} lies in another file", where=path)


def _widths(file: h5py.File) -> dict[str, int]:
    return {
        name: file[f"{table}/songs"].dtype[name].itemsize
        for table, fields in FIELDS.items()
        for name, kind in fields.items()
        if kind == TEXT
    }


def _fields(
    file: h5py.File, rows: int, spans: Sequence[Span]
) -> Generator[Fields, None, None]:
    tables = [(file[f"{name}/songs"], list(fields)) for name, fields in FIELDS.items()]
    if rows >= _FEW_ROWS and all(is_readable(table) for table, _ in tables):
        yield from read_spans(tables, spans)
        return
    for first, last in spans:
        columns: Fields = {}
        for table, names in tables:
            block = table.fields(names)[first:last]
            columns.update({name: block[name] for name in names})
        yield columns


def _ragged(file: h5py.File, path: Path, each: _List, first: int, last: int) -> Ragged:
    """Read the lists of the rows ``first`` to ``last``: one stretch of each array."""
    group = file[each.table]
    arrays = {
        name: _list_array(file, path, f"{each.table}/{name}")
        for name in (each.name, *each.beside)
        if name in group
    }
    total = arrays[each.name].shape[0]
    index = f"idx_{each.name}"
    if index not in group["songs"].dtype.names:
        raise IngestError(f"/{each.table}/songs has no field {index}", where=path)
    # One row more: where its list starts is where the last one ends.
    starts = group["songs"].fields([index])[first : last + 1][index].astype(np.int64)
    bounds = starts if len(starts) > last - first else np.append(starts, total)
    counts = np.diff(bounds)
    if bounds[0] < 0 or bounds[-1] > total or (counts < 0).any():
        raise IngestError(
            f"{index} points outside of /{each.table}/{each.name}", where=path
        )
    stretch = slice(bounds[0], bounds[-1])
    values = {
        name: array[stretch] for name, array in arrays.items() if len(array) == total
    }
    return Ragged(values, counts)


def _list_array(file: h5py.File, path: Path, name: str) -> h5py.Dataset:
    array = file[name]
    if not _is_list(array):
        raise IngestError(f"/{name} is no list of values", where=path)
    _refuse_other_file(array, file, path)
    return array
