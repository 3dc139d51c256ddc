"""Frame headers by hand, streams by count."""

from pathlib import Path

import pytest

from audio.mpeg import parse_frame, skip_id3, walk
from audio.source import Source


@pytest.mark.parametrize(
    ("header", "size", "samples", "rate", "layer", "bit_rate", "channels"),
    [
        # 144 x 128000 / 44100 = 417.96
        ("fffb9064", 417, 1152, 44100, 3, 128000, 2),
        ("fffb9264", 418, 1152, 44100, 3, 128000, 2),  # padded
        ("fffda404", 576, 1152, 48000, 2, 192000, 2),  # 144 x 192000 / 48000
        ("fff340c4", 104, 576, 22050, 3, 32000, 1),  # 72 x 32000 / 22050 = 104.5
        ("ffe318c4", 72, 576, 8000, 3, 8000, 1),  # 72 x 8000 / 8000
        ("ffff4400", 128, 384, 48000, 1, 128000, 2),  # (12 x 128000 / 48000) x 4
    ],
)
def test_a_frame_header(
    header: str,
    size: int,
    samples: int,
    rate: int,
    layer: int,
    bit_rate: int,
    channels: int,
) -> None:
    frame = parse_frame(bytes.fromhex(header))
    assert frame is not None
    assert frame[:6] == (size, samples, rate, layer, bit_rate, channels)


@pytest.mark.parametrize("header", ["fffbf064", "fffb0064", "fffb9c64", "ffeb9064", ""])
def test_no_frame_header(header: str) -> None:
    assert parse_frame(bytes.fromhex(header)) is None


def test_a_walk_over_real_streams(real: Path) -> None:
    def walked(name: str) -> tuple[int, int | None, int]:
        source = Source(real / name)
        stream = walk(source.read_at, source.size)
        assert stream is not None
        return stream.frames, stream.promised_frames, stream.lost_bytes

    # 9.04 s at 44.1 kHz are 398,664 samples: 347 frames and what the encoder adds.
    assert walked("audio/vbr44.mp3") == (348, 348, 0)
    # 89,856 samples by ffmpeg are 78 frames, without a header.
    assert walked("audio/2.mp3") == (78, None, 0)
    assert walked("audio/vbri.mp3")[1] == 222.19755102040816 * 44100 / 1152


def test_nested_id3_tags_are_skipped() -> None:
    tag = b"ID3\x03\x00\x00" + bytes([0, 0, 1, 2]) + bytes(130)
    data = tag + tag + b"\xff\xfb\x90\x64"
    assert skip_id3(lambda at, count: data[at : at + count], 0) == 280
