"""One record of a shard: a track's audio or features, and whose they are.

A record is a ``tf.train.Example`` with five features, written and read here in the
protobuf wire format, so that an export needs no TensorFlow. `serialize` gives the
bytes that TensorFlow's deterministic serialisation gives (features in the order of
their names), and `deserialize` reads whatever a protobuf writer may produce.

============  =====  =====================================================
feature       type   meaning
============  =====  =====================================================
``audio``     bytes  the array's raw little-endian bytes, in C order
``dtype``     bytes  ``float16``, ``float32`` or ``int16``
``shape``     int64  ``(frames, mels)`` of a log-mel, ``(samples,)`` of a waveform
``source``    bytes  where the track comes from, such as ``msd``
``track_id``  bytes  its id there
============  =====  =====================================================

References
----------
.. [1] https://protobuf.dev/programming-guides/encoding/
.. [2] ``tensorflow/core/example/{example,feature}.proto``
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset.errors import DatasetError
from lyre.counting import counted

DTYPES = ("float16", "float32", "int16")

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_BYTES_LIST, _INT64_LIST = 1, 3
_LONGEST_VARINT = 10


@dataclass(frozen=True)
class Record:
    """A track's audio as it lies in a shard.

    Parameters
    ----------
    source, track_id : str
        Together the key of the track.
    audio : ndarray
        Log-mel of shape (frames, mels) or waveform of shape (samples,), of one of
        the `DTYPES`.
    """

    source: str
    track_id: str
    audio: npt.NDArray[Any]


def serialize(record: Record) -> bytes:
    """Write a record as the bytes of a ``tf.train.Example``.

    Raises
    ------
    DatasetError
        The array has another dtype than `DTYPES`.
    """
    audio = record.audio
    features = {
        "audio": _bytes_feature(little_endian(record).tobytes()),
        "dtype": _bytes_feature(audio.dtype.name.encode()),
        "shape": _int64_feature(audio.shape),
        "source": _bytes_feature(record.source.encode()),
        "track_id": _bytes_feature(record.track_id.encode()),
    }
    return _field(1, b"".join(_map_entry(*item) for item in features.items()))


def deserialize(payload: bytes) -> Record:
    """Read a record from the bytes of a ``tf.train.Example``.

    Returns
    -------
    Record
        Its array is read-only and shares memory with `payload`.

    Raises
    ------
    DatasetError
        The bytes are no such Example, a feature is missing, or the audio's length
        does not fit its shape.
    """
    features = _features(memoryview(payload))
    audio = array(
        _single(features, "audio"),
        _text(features, "dtype"),
        _integers(features, "shape"),
    )
    return Record(_text(features, "source"), _text(features, "track_id"), audio)


def little_endian(record: Record) -> npt.NDArray[Any]:
    """Return a record's array with its bytes in the order in which they are stored.

    Raises
    ------
    DatasetError
        The array has another dtype than `DTYPES`.
    """
    audio = record.audio
    if audio.dtype.name not in DTYPES:
        raise DatasetError(
            f"dtype {audio.dtype.name} cannot be stored",
            where=f"track {record.track_id}",
            expected=f"one of {', '.join(DTYPES)}",
        )
    return audio.astype(audio.dtype.newbyteorder("<"), copy=False)


def array(
    audio: bytes | memoryview, dtype: str, shape: tuple[int, ...]
) -> npt.NDArray[Any]:
    """Return the array that stored bytes are, without a copy.

    Raises
    ------
    DatasetError
        The dtype is none of `DTYPES`, the shape is none, or the number of bytes does
        not fit.
    """
    if dtype not in DTYPES:
        raise DatasetError(
            f"a record's dtype is {dtype!r}", expected=f"one of {', '.join(DTYPES)}"
        )
    if not shape:
        raise DatasetError("a record's shape is empty")
    little = np.dtype(dtype).newbyteorder("<")
    if len(audio) != math.prod(shape) * little.itemsize:
        raise DatasetError(
            f"{counted(len(audio), 'byte')} of audio for shape {shape} of {dtype}"
        )
    try:
        return np.frombuffer(audio, dtype=little).reshape(shape)
    except (ValueError, OverflowError) as error:
        # An axis below 0, or beyond what NumPy counts, beside another of 0.
        raise DatasetError(f"a record's shape is {shape}") from error


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _field(number: int, content: bytes) -> bytes:
    return b"".join((_varint(number << 3 | _LENGTH), _varint(len(content)), content))


def _bytes_feature(value: bytes) -> bytes:
    return _field(_BYTES_LIST, _field(1, value))


def _int64_feature(values: tuple[int, ...]) -> bytes:
    return _field(_INT64_LIST, _field(1, b"".join(map(_varint, values))))


def _map_entry(name: str, feature: bytes) -> bytes:
    return _field(1, _field(1, name.encode()) + _field(2, feature))


def _read_varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST_VARINT):
        if position + index >= len(data):
            raise DatasetError("a record ends inside a number")
        byte = data[position + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, position + index + 1
    raise DatasetError("a record holds a number of more than 64 bits")


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and value of each field of a protobuf message."""
    position = 0
    while position < len(data):
        key, position = _read_varint(data, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, position = _read_varint(data, position)
            yield number, value
            continue
        if kind == _LENGTH:
            length, position = _read_varint(data, position)
        elif kind in _FIXED_BYTES:
            length = _FIXED_BYTES[kind]
        else:
            raise DatasetError("a record is no tf.train.Example")
        if position + length > len(data):
            raise DatasetError("a record ends inside a field")
        yield number, data[position : position + length]
        position += length


def _messages(data: memoryview, number: int) -> Iterator[memoryview]:
    for found, value in _fields(data):
        if found == number and isinstance(value, memoryview):
            yield value


def _features(example: memoryview) -> dict[str, memoryview]:
    features: dict[str, memoryview] = {}
    for message in _messages(example, 1):
        for entry in _messages(message, 1):
            names = [
                bytes(name).decode("utf-8", "replace") for name in _messages(entry, 1)
            ]
            values = _messages(entry, 2)
            features.update(zip(names, values, strict=False))
    return features


def _list(features: dict[str, memoryview], name: str, kind: int) -> memoryview:
    for content in _messages(features.get(name, memoryview(b"")), kind):
        return content
    raise DatasetError(
        f"a record has no feature {name!r} of the right type",
        expected="a record written by `python -m export`",
    )


def _single(features: dict[str, memoryview], name: str) -> memoryview:
    values = list(_messages(_list(features, name, _BYTES_LIST), 1))
    if len(values) != 1:
        raise DatasetError(
            f"feature {name!r} holds {counted(len(values), 'value')}, not one"
        )
    return values[0]


def _text(features: dict[str, memoryview], name: str) -> str:
    value = bytes(_single(features, name))
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise DatasetError(f"feature {name!r} is no UTF-8: {value!r}") from error


def _integers(features: dict[str, memoryview], name: str) -> tuple[int, ...]:
    """Read non-negative integers, packed (the usual) or one field each."""
    values: list[int] = []
    for number, value in _fields(_list(features, name, _INT64_LIST)):
        if number != 1:
            continue
        if isinstance(value, int):
            values.append(value)
            continue
        position = 0
        while position < len(value):
            integer, position = _read_varint(value, position)
            values.append(integer)
    return tuple(values)
