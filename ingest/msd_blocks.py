"""The chunks of a PyTables table, inflated here and not by HDF5: several times faster.

HDF5 puts every row of a chunk together again and then copies the fields asked for out
of it, though of the 5,320 bytes of a row nearly all are padding. PyTables shuffles
before it deflates: byte k of all rows of a chunk lies side by side. So a field is one
stretch of the inflated chunk, and the padding of texts, its end, is never moved.
Inflating leaves the interpreter's lock, so that two threads share the work.
"""

import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Fields = dict[str, Array]
Span = tuple[int, int]
Stored = tuple[int, bytes]

_THREADS = 2
_TASK_ROWS = 5_000
# A block of chunks stays in the processor's cache while its fields are cut out.
_BLOCK_BYTES = 1 << 20
_LARGEST_CHUNK = 16 << 20
_FILTERS = [h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE]
_DEFLATE_SKIPPED = 0b10


def is_readable(table: h5py.Dataset) -> bool:
    """Tell whether a table is stored as `read_spans` expects: chunked and filtered.

    Parameters
    ----------
    table : h5py.Dataset
        A compound table of one dimension.
    """
    if table.ndim != 1 or table.chunks is None:
        return False
    kept = table.id.get_create_plist()
    filters = [kept.get_filter(number)[0] for number in range(kept.get_nfilters())]
    size = table.dtype.itemsize
    return (
        filters == _FILTERS
        and table.id.get_type().get_size() == size
        and table.chunks[0] * size <= _LARGEST_CHUNK
        and table.id.get_num_chunks() == -(-table.shape[0] // table.chunks[0])
    )


def read_spans(
    tables: Sequence[tuple[h5py.Dataset, Sequence[str]]], spans: Sequence[Span]
) -> Iterator[Fields]:
    """Read fields of tables, span by span, one span ahead of the caller.

    Parameters
    ----------
    tables : sequence of (table, names)
        Tables for which `is_readable` holds, and the names of the fields wanted.
    spans : sequence of (first, last)
        Rows, from 0; ``last`` is not part of the span.

    Yields
    ------
    dict of str to ndarray, shape (rows,)
        The fields of a span. Text is as narrow as its longest value.

    Raises
    ------
    OSError, RuntimeError, ValueError, zlib.error
        A chunk is damaged.
    """
    layouts = [_Layout.of(table, names) for table, names in tables]
    with ThreadPoolExecutor(_THREADS) as pool:
        started: deque[list[Future[Fields]]] = deque()
        try:
            for span in spans:
                started.append(_start(pool, layouts, span))
                if len(started) > 1:
                    yield _join(started.popleft())
            while started:
                yield _join(started.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Field:
    """Where a field lies in a row."""

    name: str
    dtype: np.dtype[Any]
    offset: int


@dataclass(frozen=True)
class _Layout:
    """How a table is stored, known without asking HDF5, which takes one thread."""

    table: h5py.Dataset
    chunk_rows: int
    row_bytes: int
    fields: tuple[_Field, ...]

    @classmethod
    def of(cls, table: h5py.Dataset, names: Sequence[str]) -> "_Layout":
        members = table.dtype.fields
        fields = tuple(
            _Field(name, members[name][0], members[name][1]) for name in names
        )
        return cls(table, table.chunks[0], table.dtype.itemsize, fields)

    @property
    def chunk_bytes(self) -> int:
        return self.chunk_rows * self.row_bytes


def _start(
    pool: ThreadPoolExecutor, layouts: Sequence[_Layout], span: Span
) -> list[Future[Fields]]:
    return [
        pool.submit(_decode, layout, _stored(layout, part), part)
        for layout in layouts
        for part in _parts(span, layout.chunk_rows)
    ]


def _parts(span: Span, chunk_rows: int) -> Iterator[Span]:
    """Cut a span between chunks, so that only its ends are inflated twice."""
    first, last = span
    step = max(1, _TASK_ROWS // chunk_rows) * chunk_rows
    while first < last:
        end = min(last, first // step * step + step)
        yield first, end
        first = end


def _stored(layout: _Layout, span: Span) -> list[Stored]:
    """Read the chunks that hold a span, as they are stored."""
    rows = layout.chunk_rows
    first = span[0] // rows * rows
    read = layout.table.id.read_direct_chunk
    return [read((start,)) for start in range(first, span[1], rows)]


def _join(futures: list[Future[Fields]]) -> Fields:
    parts: dict[str, list[Array]] = {}
    for future in futures:
        for name, values in future.result().items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def _decode(layout: _Layout, stored: Sequence[Stored], span: Span) -> Fields:
    """Return the fields of a span; the work of a thread."""
    rows = layout.chunk_rows
    step = max(1, _BLOCK_BYTES // layout.chunk_bytes)
    parts: dict[str, list[Array]] = {field.name: [] for field in layout.fields}
    for start in range(0, len(stored), step):
        block = _inflate(stored[start : start + step], layout.chunk_bytes)
        for field in layout.fields:
            parts[field.name].append(_cut(block, field, rows))
    before = span[0] % rows
    wanted = slice(before, before + span[1] - span[0])
    return {name: np.concatenate(each)[wanted] for name, each in parts.items()}


def _inflate(stored: Sequence[Stored], size: int) -> Array:
    """Return chunks as they were before they were deflated, one a row."""
    block = np.empty((len(stored), size), np.uint8)
    for row, (skipped, content) in enumerate(stored):
        if skipped & ~_DEFLATE_SKIPPED:
            raise ValueError("a chunk was stored without being shuffled")
        data = content if skipped else zlib.decompress(content, bufsize=size)
        block[row] = np.frombuffer(data, np.uint8)
    return block


def _cut(block: Array, field: _Field, rows: int) -> Array:
    width = field.dtype.itemsize
    planes = block[:, field.offset * rows : (field.offset + width) * rows]
    dtype = field.dtype
    if dtype.kind == "S":
        used = np.bitwise_or.reduce(planes, axis=0).reshape(width, rows).any(axis=1)
        width = int(np.flatnonzero(used)[-1]) + 1 if used.any() else 1
        dtype = np.dtype(f"S{width}")
    bytes_first = planes[:, : width * rows].reshape(len(block), width, rows)
    rows_first = np.ascontiguousarray(bytes_first.transpose(0, 2, 1))
    return rows_first.reshape(-1, width).view(dtype)[:, 0]
