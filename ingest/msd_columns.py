"""Fields of MSD files to columns of the raw tables: clean text, NULL for missing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.msd_blocks import Array
from ingest.msd_file import FIELDS, INTEGER, TEXT, Chunk, Ragged
from ingest.text import clean

_KINDS = {name: kind for fields in FIELDS.values() for name, kind in fields.items()}
_TRACK_ID = "^TR[A-Z0-9]{16}$"
_MAY_BE_ZERO = {"key", "mode", "time_signature"}
_NEVER_ZERO = {"danceability", "energy"}
_DELETE, _FIRST_NOT_ASCII = 0x7F, 0x80


def song_columns(chunks: Sequence[Chunk], repairs: Counter[str]) -> dict[str, pa.Array]:
    """Convert the scalar fields of chunks that are taken together.

    Parameters
    ----------
    chunks : sequence of Chunk
        In the order of the rows wanted.
    repairs : Counter of str
        Counts the texts repaired.

    Returns
    -------
    dict of str to Array
        One column per field, named as in ``raw.msd_songs``.
    """
    columns = {}
    for name, kind in _KINDS.items():
        if kind == TEXT:
            columns[name] = _texts(name, chunks, repairs)
        else:
            columns[name] = numbers(name, _joined(name, chunks))
    return columns


def _texts(name: str, chunks: Sequence[Chunk], repairs: Counter[str]) -> pa.StringArray:
    # Files of one load can differ, and a text is cut at the width of its own.
    parts = [
        text_column(_joined(name, alike), repairs, width)
        for width, alike in groupby(chunks, lambda chunk: chunk.widths[name])
    ]
    return pa.concat_arrays(parts)


def _joined(name: str, chunks: Iterable[Chunk]) -> Array:
    return np.concatenate([chunk.fields[name] for chunk in chunks])


def term_columns(ragged: Ragged, repairs: Counter[str]) -> dict[str, pa.Array]:
    """Convert artist terms to the columns of ``raw.msd_artist_terms`` but the id."""
    return {
        "position": _positions(ragged.counts),
        "term": text_column(ragged.values["artist_terms"], repairs),
        "frequency": _real_or_null(ragged, "artist_terms_freq"),
        "weight": _real_or_null(ragged, "artist_terms_weight"),
    }


def mbtag_columns(ragged: Ragged, repairs: Counter[str]) -> dict[str, pa.Array]:
    """Convert artist tags to the columns of ``raw.msd_artist_mbtags`` but the id."""
    counts = ragged.values.get("artist_mbtags_count")
    rows = int(ragged.counts.sum())
    return {
        "position": _positions(ragged.counts),
        "tag": text_column(ragged.values["artist_mbtags"], repairs),
        "count": pa.nulls(rows, pa.int32())
        if counts is None
        else pa.array(counts.astype(np.int32)),
    }


def text_column(
    values: Array, repairs: Counter[str], width: int | None = None
) -> pa.StringArray:
    """Convert text of fixed width, empty text to NULL.

    Parameters
    ----------
    values : ndarray of bytes, shape (rows,)
        dtype ``S<width>``.
    repairs : Counter of str
        Counts the texts repaired.
    width : int, optional
        Bytes that the file has for a text; default: those of the dtype.
    """
    bytes_a_row = values.dtype.itemsize
    ends = np.arange(0, bytes_a_row * len(values) + 1, bytes_a_row, dtype=np.int32)
    padded = pa.StringArray.from_buffers(
        len(values), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(values))
    )
    # Looks at bytes alone, so text that is no UTF-8 yet does no harm.
    raw = pc.ascii_rtrim(padded, characters="\0").view(pa.binary())
    return clean_column(raw, repairs, width or bytes_a_row)


def clean_column(
    raw: pa.BinaryArray, repairs: Counter[str], width: int | None = None
) -> pa.StringArray:
    """Convert bytes to clean text, empty text to NULL.

    Parameters
    ----------
    raw : BinaryArray
        Texts of a source.
    repairs : Counter of str
        Counts the texts repaired.
    width : int, optional
        As in `ingest.text.clean`.
    """
    odd = _odd_rows(raw)
    if len(odd):
        is_odd = np.zeros(len(raw), bool)
        is_odd[odd] = True
        cleaned = [
            clean(text, repairs, width).encode() for text in raw.take(odd).to_pylist()
        ]
        raw = pc.replace_with_mask(raw, is_odd, pa.array(cleaned, pa.binary()))
    text = raw.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def numbers(name: str, values: Array) -> pa.Array:
    """Convert the numbers of a column of ``raw.msd_songs``, missing ones to NULL.

    Parameters
    ----------
    name : str
        The column, whose rule holds.
    values : ndarray, shape (rows,)
        The numbers.
    """
    if _KINDS[name] == INTEGER:
        missing = values < 0 if name in _MAY_BE_ZERO else values <= 0
        return pa.array(values, mask=missing)
    return _reals(values, zero_is_missing=name in _NEVER_ZERO)


def is_track_id(ids: pa.StringArray) -> pa.BooleanArray:
    """Tell which of some texts are MSD track ids; NULL is none."""
    return pc.fill_null(pc.match_substring_regex(ids, _TRACK_ID), False)


def _odd_rows(raw: pa.BinaryArray) -> Array:
    """Return the rows of texts that may need a repair, in a pass over the bytes."""
    _, ends, content = raw.buffers()
    if content is None:
        return np.empty(0, np.int64)
    bounds = np.frombuffer(ends, np.int32)[raw.offset : raw.offset + len(raw) + 1]
    data = np.frombuffer(content, np.uint8)[: bounds[-1]]
    odd = (data < ord(" ")) | (data == _DELETE)
    if not _is_utf8(raw):
        odd |= data >= _FIRST_NOT_ASCII
    places = np.flatnonzero(odd)
    places = places[places >= bounds[0]]
    return np.unique(np.searchsorted(bounds, places, side="right") - 1)


def _is_utf8(raw: pa.BinaryArray) -> bool:
    try:
        raw.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _reals(values: Array, *, zero_is_missing: bool = False) -> pa.DoubleArray:
    values = values.astype(np.float64)
    missing = ~np.isfinite(values)
    if zero_is_missing:
        missing |= values == 0
    return pa.array(values, mask=missing)


def _real_or_null(ragged: Ragged, name: str) -> pa.DoubleArray:
    if name in ragged.values:
        return _reals(ragged.values[name])
    return pa.nulls(int(ragged.counts.sum()), pa.float64())


def _positions(counts: Array) -> pa.Int64Array:
    """Return the place of each element in its list, from 1."""
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return pa.array(np.arange(1, counts.sum() + 1) - starts)
