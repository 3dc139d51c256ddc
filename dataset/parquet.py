"""Shards as Parquet files: one row a record.

=============  ============  ==================================================
column         type          meaning
=============  ============  ==================================================
``source``     string        where the track comes from, such as ``msd``
``track_id``   string        its id there
``dtype``      string        ``float16``, ``float32`` or ``int16``
``shape``      list of int64 ``(frames, mels)`` or ``(samples,)``
``audio``      binary        the array's raw little-endian bytes, in C order
=============  ============  ==================================================
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataset import records
from dataset.errors import DatasetError
from dataset.records import Record
from lyre.errors import said

# Records that are held in memory, and that one read gives.
_GROUP_ROWS = 32


@contextmanager
def write(path: Path) -> Iterator[Callable[[Record], int]]:
    """Open a Parquet file to write; pages carry checksums, values no compression.

    Yields
    ------
    callable
        Appends a record and returns the number of its row, from 0.
    """
    import pyarrow.parquet as pq

    schema = _schema()
    with pq.ParquetWriter(
        path,
        schema,
        compression="none",
        use_dictionary=["source", "dtype"],
        write_statistics=["source", "track_id"],
        write_page_checksum=True,
    ) as writer:
        rows: list[dict[str, Any]] = []
        count = 0

        def flush() -> None:
            import pyarrow as pa

            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            rows.clear()

        def append(record: Record) -> int:
            nonlocal count
            rows.append(_row(record))
            if len(rows) == _GROUP_ROWS:
                flush()
            count += 1
            return count - 1

        yield append
        if rows:
            flush()


def read(path: Path) -> Iterator[tuple[int, Record | DatasetError]]:
    """Yield each record of a Parquet file with the number of its row.

    A record that cannot be read is given as the error.

    Raises
    ------
    DatasetError
        The file is no Parquet file of this form, or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for group in range(file.num_row_groups):
                for row in file.read_row_group(group).to_pylist():
                    yield number, _record(row)
                    number += 1
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"the Parquet file is damaged: {said(error)}",
            where=f"{path}, from record {number}",
            remedy="export again: only damaged shards are rewritten",
        ) from error


def _schema() -> Any:
    import pyarrow as pa

    text, integers = pa.string(), pa.list_(pa.int64())
    fields = {"source": text, "track_id": text, "dtype": text, "shape": integers}
    return pa.schema({**fields, "audio": pa.binary()})


def _row(record: Record) -> dict[str, Any]:
    return {
        "source": record.source,
        "track_id": record.track_id,
        "dtype": record.audio.dtype.name,
        "shape": list(record.audio.shape),
        "audio": records.little_endian(record).tobytes(),
    }


def _record(row: dict[str, Any]) -> Record | DatasetError:
    try:
        array = records.array(row["audio"], row["dtype"], tuple(row["shape"]))
        return Record(row["source"], row["track_id"], array)
    except (KeyError, TypeError) as error:
        return DatasetError(f"the row is no record: {error!r}")
    except DatasetError as error:
        return error
