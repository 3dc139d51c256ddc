"""What a header says that no sound can be, as bits that were flipped make it."""

import struct

import pytest

from audio.header import read_tag_header
from audio.sniff import WAV
from audio.source import Source


def _wav(rate: int) -> bytes:
    """Return one sample of two channels of 16 bits in a WAV of some rate in Hz."""
    settings = struct.pack("<HHIIHH", 1, 2, rate, rate * 4 % 2**32, 4, 16)
    chunks = b"fmt " + struct.pack("<I", 16) + settings + b"data\4\0\0\0\0\0\0\0"
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.mark.parametrize(
    ("rate", "bit_rate"),
    # 32 bits a sample: the last rate has 137 Gbit/s.
    [(44_100, 1_411_200), (67_108_863, 2_147_483_616), (2**32 - 1, None)],
)
def test_a_bit_rate_that_no_sound_has_is_none(rate: int, bit_rate: int | None) -> None:
    assert read_tag_header(Source(_wav(rate)), WAV).bit_rate == bit_rate
