import struct

import pytest

from dataset import framing
from dataset.errors import DatasetError

# RFC 3720, B.4, and the check value of the CRC catalogue.
PUBLISHED = {
    b"123456789": 0xE3069283,
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
    b"": 0x00000000,
}


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "train-00002-of-00003.tfrecord"
    path.write_bytes(b"".join(framing.frame(bytes([n]) * 10) for n in range(5)))
    return path


@pytest.mark.parametrize(("data", "crc"), PUBLISHED.items())
def test_masked_crc_of_published_values(data, crc):
    rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    assert framing.masked_crc(data) == (rotated + 0xA282EAD8) % 2**32


def test_frame_is_length_crc_payload_crc():
    framed = framing.frame(b"123456789")
    assert struct.unpack_from("<Q", framed) == (9,)
    assert framed[12:21] == b"123456789"
    assert len(framed) == 8 + 4 + 9 + 4


def test_read_gives_offsets_and_payloads(shard):
    found = list(framing.read(shard))
    assert [offset for offset, _ in found] == [0, 26, 52, 78, 104]
    assert [payload for _, payload in found] == [bytes([n]) * 10 for n in range(5)]
    assert framing.read_at(shard, 78) == bytes([3]) * 10


def test_an_empty_file_has_no_records(tmp_path):
    path = tmp_path / "empty.tfrecord"
    path.write_bytes(b"")
    assert list(framing.read(path)) == []


@pytest.mark.parametrize("cut", range(1, 26))
def test_a_cut_file_names_shard_and_record(shard, cut):
    shard.write_bytes(shard.read_bytes()[:-cut])
    with pytest.raises(DatasetError, match=r"train-00002-of-00003.*record 4 at byte"):
        list(framing.read(shard))


@pytest.mark.parametrize("position", range(26))
def test_any_flipped_byte_is_noticed(shard, position):
    data = bytearray(shard.read_bytes())
    data[52 + position] ^= 0x10
    shard.write_bytes(data)
    with pytest.raises(DatasetError, match=r"record 2 at byte 52: .* wrong"):
        list(framing.read(shard))


@pytest.mark.slow
def test_tensorflow_writes_the_same_file(tmp_path):
    tf = pytest.importorskip("tensorflow")
    payloads = [b"", b"a", bytes(range(256)) * 50]
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for payload in payloads:
            writer.write(payload)
    ours = b"".join(framing.frame(payload) for payload in payloads)
    assert (tmp_path / "theirs").read_bytes() == ours
