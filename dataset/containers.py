"""The kinds of file that shards can be; what is in them is the same.

``tfrecord``
    One frame a record (`dataset.framing`), for this project's trainer and TensorFlow.
``webdataset``
    A tar file, ``<key>.npy`` and ``<key>.json`` a record (`dataset.webdataset`).
``parquet``
    A table, one row a record (`dataset.parquet`).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dataset import framing, parquet, records, webdataset
from dataset.errors import DatasetError
from dataset.manifest import Target
from dataset.records import Record

# Appends a record and returns its place: a byte, or a row of a table.
Append = Callable[[Record], int]
# The record at a place, or what is wrong with it; those behind it are still read.
Found = tuple[int, Record | DatasetError]


@dataclass(frozen=True)
class Container:
    """How shards of one target are named, written and read.

    Parameters
    ----------
    suffix : str
        End of the file name.
    place : str
        What the place of a record is called in a message.
    write : callable
        Opens a file to write; gives a function that appends a record.
    read : callable
        Yields each record with its place; raises `DatasetError` where the file is
        damaged so that what follows cannot be found.
    """

    suffix: str
    place: str
    write: Callable[[Path], AbstractContextManager[Append]]
    read: Callable[[Path], Iterator[Found]]


@contextmanager
def _write_frames(path: Path) -> Iterator[Append]:
    with path.open("wb") as file:

        def append(record: Record) -> int:
            offset = file.tell()
            file.write(framing.frame(records.serialize(record)))
            return offset

        yield append


def _read_frames(path: Path) -> Iterator[Found]:
    for offset, payload in framing.read(path):
        try:
            yield offset, records.deserialize(payload)
        except DatasetError as error:
            yield offset, error


CONTAINERS: dict[Target, Container] = {
    "tfrecord": Container(".tfrecord", "byte", _write_frames, _read_frames),
    "webdataset": Container(".tar", "byte", webdataset.write, webdataset.read),
    "parquet": Container(".parquet", "row", parquet.write, parquet.read),
}
