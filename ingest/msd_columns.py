"""Fields of MSD files to columns of the raw tables: clean text, NULL for missing."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.msd_file import FIELDS, INTEGER, TEXT, Array, Chunk, Ragged
from ingest.text import clean

_KINDS = {name: kind for fields in FIELDS.values() for name, kind in fields.items()}
_MAY_BE_ZERO = {"key", "mode", "time_signature"}
_NEVER_ZERO = {"danceability", "energy"}


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
    return {
        name: _column(name, [chunk.fields[name] for chunk in chunks], repairs)
        for name in _KINDS
    }


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


def text_column(values: Array, repairs: Counter[str]) -> pa.StringArray:
    """Convert text of fixed width, empty text to NULL.

    Parameters
    ----------
    values : ndarray of bytes, shape (rows,)
        dtype ``S<width>``.
    repairs : Counter of str
        Counts the texts repaired.
    """
    raw = pa.array(values.tolist(), pa.binary())
    text = raw.cast(pa.string()) if _is_clean(raw) else None
    if text is None:
        width = values.dtype.itemsize
        cleaned = [clean(each, repairs, width) for each in raw.to_pylist()]
        text = pa.array(cleaned, pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _is_clean(raw: pa.BinaryArray) -> bool:
    """Tell whether no text of a column needs a repair, in one pass over its bytes."""
    data = raw.buffers()[2]
    if data is None:
        return True
    if (np.frombuffer(data, np.uint8) < ord(" ")).any() or b"\x7f" in bytes(data):
        return False
    try:
        raw.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _column(name: str, parts: Sequence[Array], repairs: Counter[str]) -> pa.Array:
    values = np.concatenate(parts)
    kind = _KINDS[name]
    if kind == TEXT:
        return text_column(values, repairs)
    if kind == INTEGER:
        missing = values < 0 if name in _MAY_BE_ZERO else values <= 0
        return pa.array(values, mask=missing)
    return _reals(values, zero_is_missing=name in _NEVER_ZERO)


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
