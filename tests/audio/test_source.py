"""Bytes from memory and from the disk."""

import hashlib
import io
from pathlib import Path

import pytest

from audio.source import Source

CONTENT = bytes(range(256)) * 20


@pytest.fixture(params=["memory", "disk"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    path = tmp_path / "content"
    path.write_bytes(CONTENT)
    limit = {"memory": len(CONTENT), "disk": len(CONTENT) - 1}[request.param]
    return Source(path, in_memory_bytes=limit)


def test_bytes_and_hash(source: Source) -> None:
    assert source.size == len(CONTENT)
    assert source.read_at(300, 5) == CONTENT[300:305]
    assert source.read_at(len(CONTENT) - 2, 5) == CONTENT[-2:]
    assert source.sha256() == hashlib.sha256(CONTENT).hexdigest()
    assert source.stream().read() == CONTENT
    source.close()


@pytest.mark.parametrize("claimed", [None, 10_000])
def test_spans_follow_one_another(source: Source, claimed: int | None) -> None:
    stream = source.stream((10, 20), (100, 1000), (5000, 5010), claimed=claimed)
    expected = CONTENT[10:20] + CONTENT[100:1000] + CONTENT[5000:5010]
    assert stream.read(15) == expected[:15]
    assert stream.seek(5) == 5
    assert stream.read(910) == expected[5:915]
    stream.seek(0)
    assert stream.read() == expected
    source.close()


def test_a_stream_that_claims_to_be_longer_ends_all_the_same(source: Source) -> None:
    stream = source.stream((0, 100), claimed=1000)
    assert stream.seek(0, io.SEEK_END) == 1000
    stream.seek(-128, io.SEEK_END)
    assert stream.read(128) == bytes(128)
    stream.seek(90)
    assert stream.read(20) == CONTENT[90:100]
    assert stream.read(20) == b""
    source.close()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Source(tmp_path / "gone")
