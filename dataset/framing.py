"""TFRecord files: how records follow one another, and how damage is noticed.

A file is a sequence of frames, all numbers little-endian::

    length          uint64
    masked CRC32C   uint32, of the eight bytes of the length
    payload         `length` bytes
    masked CRC32C   uint32, of the payload

References
----------
.. [1] https://www.tensorflow.org/tutorials/load_data/tfrecord
.. [2] RFC 3720, appendix B.4: test vectors of CRC32C
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from dataset.errors import DatasetError
from lyre.counting import counted

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8


def masked_crc(data: bytes) -> int:
    """Return the CRC32C of `data`, masked as TFRecord files hold it.

    The mask keeps a checksum of data that itself holds checksums meaningful.
    """
    crc = int(google_crc32c.value(data))
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def frame(payload: bytes) -> bytes:
    """Return one record as it lies in a TFRecord file."""
    length = struct.pack("<Q", len(payload))
    return b"".join(
        (
            length,
            _FOOTER.pack(masked_crc(length)),
            payload,
            _FOOTER.pack(masked_crc(payload)),
        )
    )


def read(path: Path) -> Iterator[tuple[int, bytes]]:
    """Read a TFRecord file, checking every checksum.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    offset : int
        Byte at which the record's frame begins.
    payload : bytes
        The record.

    Raises
    ------
    DatasetError
        A record is cut or its checksum is wrong; the message names the file, the
        record (counted from 0) and its offset.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        number = 0
        while file.tell() < size:
            offset = file.tell()
            yield offset, _read_frame(file, path, number, size)
            number += 1


def read_at(path: Path, offset: int) -> bytes:
    """Read the one record whose frame begins at byte `offset` of a TFRecord file."""
    with path.open("rb") as file:
        file.seek(offset)
        return _read_frame(file, path, None, path.stat().st_size)


def _read_frame(file: BinaryIO, path: Path, number: int | None, size: int) -> bytes:
    offset = file.tell()
    place = f"{path}, record" + ("" if number is None else f" {number}")
    place += f" at byte {offset:,}"
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise _damaged(place, "the file ends inside the record's head")
    length, length_crc = _HEADER.unpack(header)
    if masked_crc(header[:8]) != length_crc:
        raise _damaged(place, "the checksum of the record's length is wrong")
    if length + _FOOTER.size > size - file.tell():
        raise _damaged(
            place, f"the file ends inside the record of {counted(length, 'byte')}"
        )
    payload = file.read(length)
    (payload_crc,) = _FOOTER.unpack(file.read(_FOOTER.size))
    if masked_crc(payload) != payload_crc:
        raise _damaged(place, "the checksum of the record is wrong")
    return payload


def _damaged(place: str, what: str) -> DatasetError:
    return DatasetError(
        what, where=place, remedy="export again: only damaged shards are rewritten"
    )
