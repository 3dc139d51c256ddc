"""The bytes of one clip: read once, kept in memory where that is cheap."""

import bisect
import hashlib
import io
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

# Larger files stay on the disk, so that a ten-hour file needs no more memory than
# this. At 320 kbit/s it is 28 minutes.
IN_MEMORY_BYTES = 64 * 2**20
_HASH_BYTES = 2**20


class Source:
    """Bytes with random access, from memory or from a file.

    Parameters
    ----------
    file : path or bytes
        A path is opened and, up to `IN_MEMORY_BYTES`, read at once.
    in_memory_bytes : int
        Size up to which a file is held in memory.

    Attributes
    ----------
    name : str
        For messages.
    path : bytes or None
        The path, as the operating system takes it; None for bytes.
    size : int
        Number of bytes.
    read_at : callable
        ``read_at(offset, count)`` gives up to `count` bytes.

    Raises
    ------
    OSError
        The file cannot be opened or read.
    """

    def __init__(
        self, file: str | Path | bytes, *, in_memory_bytes: int = IN_MEMORY_BYTES
    ) -> None:
        self._file: BinaryIO | None = None
        self._data = b""
        self.name = "<bytes>" if isinstance(file, bytes) else os.fspath(file)
        self.path = None if isinstance(file, bytes) else os.fsencode(file)
        self.read_at: Callable[[int, int], bytes] = self._read_memory
        if isinstance(file, bytes):
            self._data = file
            self.size = len(file)
            return
        opened = Path(file).open("rb", buffering=0)  # noqa: SIM115
        self.size = os.fstat(opened.fileno()).st_size
        if self.size <= in_memory_bytes:
            with opened:
                # With the size, there is no second read to find the end.
                self._data = opened.read(self.size)
            self.size = len(self._data)
        else:
            self._file = opened
            self.read_at = self._read_file

    def sha256(self) -> str:
        """Return the hash of all bytes, in hexadecimal."""
        if self._file is None:
            return hashlib.sha256(self._data).hexdigest()
        digest = hashlib.sha256()
        for offset in range(0, self.size, _HASH_BYTES):
            digest.update(self.read_at(offset, _HASH_BYTES))
        return digest.hexdigest()

    def stream(self, *spans: tuple[int, int], claimed: int | None = None) -> BinaryIO:
        """Return a file object on some of the bytes.

        Parameters
        ----------
        *spans : tuple of (int, int)
            Offsets of start and end of the parts, which follow one another in the
            stream; by default all.
        claimed : int, optional
            The size that the file object claims to have, where a decoder must not
            conclude from the true one how much sound there is. Reading ends at the
            true end all the same; only past it, where decoders look for a tag before
            they begin, there are zeros.
        """
        spans = spans or ((0, self.size),)
        if claimed is not None:
            return cast("BinaryIO", _Spans(self.read_at, spans, claimed))
        if self._file is not None:
            return cast("BinaryIO", io.BufferedReader(_Spans(self.read_at, spans)))
        if spans == ((0, self.size),):
            return io.BytesIO(self._data)
        return io.BytesIO(b"".join(self._data[start:end] for start, end in spans))

    def close(self) -> None:
        """Close the file, if one is open."""
        if self._file is not None:
            self._file.close()

    def _read_memory(self, offset: int, count: int) -> bytes:
        return self._data[offset : offset + count]

    def _read_file(self, offset: int, count: int) -> bytes:
        assert self._file is not None  # noqa: S101 - set where this is chosen
        return os.pread(self._file.fileno(), count, offset)


class _Spans(io.RawIOBase):
    """A read-only file on parts of a source, which may claim to be longer."""

    def __init__(
        self,
        read_at: Callable[[int, int], bytes],
        spans: tuple[tuple[int, int], ...],
        claimed: int | None = None,
    ) -> None:
        self._read_at = read_at
        self._spans = spans
        lengths = (end - start for start, end in spans)
        self._ends = list(itertools.accumulate(lengths))
        self._claimed = claimed or self._ends[-1]
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._claimed}
        self._position = max(0, base[whence] + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._position > self._ends[-1]:
            data = bytes(min(len(buffer), max(0, self._claimed - self._position)))
        else:
            data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _read(self, count: int) -> bytes:
        """Read up to `count` bytes, across the spans."""
        parts = []
        position = self._position
        span = bisect.bisect_right(self._ends, position)
        while count > 0 and span < len(self._spans):
            left = min(count, self._ends[span] - position)
            offset = self._spans[span][1] - self._ends[span] + position
            parts.append(self._read_at(offset, left))
            position += left
            count -= left
            span += 1
        return b"".join(parts)
