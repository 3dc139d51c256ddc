"""Shards as WebDataset tar files: two members a record, ``<key>.npy``, ``<key>.json``.

The array is in NumPy's own format; the JSON object holds ``source`` and ``track_id``.
Members carry no times and no owners, so that equal records give equal bytes.

References
----------
.. [1] https://github.com/webdataset/webdataset
.. [2] ``numpy.lib.format``: the npy format
"""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np

from dataset import records
from dataset.errors import DatasetError
from dataset.records import Record
from lyre.arrays import load_array
from lyre.documents import parse_json
from lyre.errors import said


def key_of(record: Record) -> str:
    """Return the key of a record: ``source-track_id`` without dots and slashes.

    WebDataset takes all up to the first dot of a member's name for its key.

    Examples
    --------
    >>> key_of(Record("jamendo", "14/21.4", np.zeros(0, np.float16)))
    'jamendo-14%2F21%2E4'
    """
    return quote(f"{record.source}-{record.track_id}", safe="").replace(".", "%2E")


@contextmanager
def write(path: Path) -> Iterator[Callable[[Record], int]]:
    """Open a tar file to write.

    Yields
    ------
    callable
        Appends a record and returns the byte at which its first member begins.
    """
    with path.open("wb") as file, tarfile.open(fileobj=file, mode="w") as archive:

        def append(record: Record) -> int:
            offset = file.tell()
            key = key_of(record)
            _add(archive, f"{key}.npy", _npy(record))
            facts = {"source": record.source, "track_id": record.track_id}
            text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
            _add(archive, f"{key}.json", text.encode())
            return offset

        yield append


def read(path: Path) -> Iterator[tuple[int, Record | DatasetError]]:
    """Yield each record of a tar file with the byte at which it begins.

    A record that cannot be read is given as the error.

    Raises
    ------
    DatasetError
        The file is no tar file, or cut.
    """
    try:
        with tarfile.open(path, mode="r:") as archive:
            members = iter(archive)
            for audio in members:
                yield audio.offset, _read(archive, audio, next(members, None))
        # A cut inside a member's head looks like the end, but for the padding.
        if path.stat().st_size % tarfile.RECORDSIZE:
            raise tarfile.ReadError("it is cut")
    except (tarfile.TarError, EOFError) as error:
        raise DatasetError(
            f"the tar file is damaged: {error}",
            where=path,
            remedy="export again: only damaged shards are rewritten",
        ) from error


def _npy(record: Record) -> bytes:
    buffer = io.BytesIO()
    array = np.ascontiguousarray(records.little_endian(record))
    np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _read(
    archive: tarfile.TarFile, audio: tarfile.TarInfo, facts: tarfile.TarInfo | None
) -> Record | DatasetError:
    key, _, ending = audio.name.partition(".")
    if ending != "npy" or facts is None or facts.name != f"{key}.json":
        return DatasetError(
            f"member {audio.name} does not begin a record",
            expected="<key>.npy, followed by <key>.json",
        )
    try:
        array = load_array(io.BytesIO(_content(archive, audio)))
        if array.dtype.name not in records.DTYPES or not array.shape:
            raise ValueError(f"an array of {array.dtype}, shape {array.shape}")
        values = parse_json(_content(archive, facts))
        return Record(values["source"], values["track_id"], array)
    except (ValueError, KeyError, TypeError) as error:
        return DatasetError(f"the members of {key} cannot be read: {said(error)}")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    if file is None:
        raise ValueError(f"{member.name} is no file")
    return file.read()
