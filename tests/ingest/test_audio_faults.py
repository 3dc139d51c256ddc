"""Every kind of bad or odd file in one folder: none stops the scan, each gets a row."""

import io
import struct
from pathlib import Path

import av
import duckdb
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from ingest.scan import ingest_audio
from ingest.tables import create_raw_tables
from lyre.settings import Audio

RATE = 44100
SOUND = np.random.default_rng(0).uniform(-0.2, 0.2, (3 * RATE, 2))


def encode(
    samples: npt.NDArray[np.float64], kind: str, rate: int = RATE, **options: str
) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, **options)
    return buffer.getvalue()


def encode_with_ffmpeg(kind: str, codec: str) -> bytes:
    planar = np.ascontiguousarray(SOUND.T, np.float32)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=RATE, layout="stereo")
        stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(planar, "fltp", "stereo")
        frame.sample_rate = RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return buffer.getvalue()


def id3(content: bytes) -> bytes:
    size = len(content)
    digits = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + digits + content


def in_riff(mp3: bytes) -> bytes:
    """Wrap a stream as WAV with the format code of MP3, as some rippers did."""
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 2, RATE, 16000, 1, 0, 12, 1, 2, 417, 1, 0)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(mp3)) + mp3
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def array_of_2019() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, array=SOUND[:, 0], sr=22050)
    return buffer.getvalue()


def with_nan() -> bytes:
    broken = SOUND.copy()
    broken[100, 0] = np.nan
    return encode(broken, "WAV", subtype="FLOAT")


MP3 = encode(SOUND, "MP3", bitrate_mode="CONSTANT")
PICTURE = id3(b"APIC" + (3 * len(MP3)).to_bytes(4, "big") + bytes(3 * len(MP3) + 2))
APE = b"APETAGEX" + (2000).to_bytes(4, "little") + bytes(52)
PAGE = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"

# name: content, status, start of the error, seconds
FILES: dict[str, tuple[bytes, str, str | None, float | None]] = {
    "zero.mp3": (b"", "empty", "the file is empty", None),
    "tag.mp3": (id3(bytes(10)), "unreadable", "an ID3 tag without audio", None),
    "half.mp3": (MP3[: len(MP3) // 2], "partial", "1.", 1.5),
    "garbage.mp3": (b"\x17\x03\x99" * 999, "unreadable", "no audio found", None),
    "page.mp3": (PAGE, "unreadable", "not audio but HTML", None),
    "page.wav": (id3(bytes(9)) + PAGE, "unreadable", "an ID3 tag without audio", None),
    "riff.mp3": (in_riff(MP3), "ok", None, 3.0),
    "riff2.mp3": (encode_with_ffmpeg("wav", "libmp3lame"), "ok", None, 3.0),
    "mp4.mp3": (encode_with_ffmpeg("mp4", "libmp3lame"), "ok", None, 3.0),
    "aac.mp3": (encode_with_ffmpeg("ipod", "aac"), "ok", None, 3.0),
    "wma.mp3": (encode_with_ffmpeg("asf", "wmav2"), "ok", None, 3.0),
    "art.mp3": (PICTURE + MP3, "ok", None, 3.0),
    "tags.mp3": (id3(bytes(99)) + MP3 + APE + b"TAG" + bytes(125), "ok", None, 3.0),
    "8k.mp3": (encode(SOUND[:24000], "MP3", 8000), "ok", None, 3.0),
    "8k.wav": (encode(SOUND[:24000], "WAV", 8000), "ok", None, 3.0),
    "192k.wav": (
        encode(np.tile(SOUND, (5, 1))[:576_000], "WAV", 192_000),
        "ok",
        None,
        3.0,
    ),
    "24.wav": (encode(SOUND, "WAV", subtype="PCM_24"), "ok", None, 3.0),
    "float.wav": (encode(SOUND, "WAV", subtype="FLOAT"), "ok", None, 3.0),
    "six.wav": (encode(np.tile(SOUND, 3), "WAV"), "ok", None, 3.0),
    "nan.wav": (with_nan(), "partial", "no finite number in 1 sample", 3.0),
    "one.wav": (encode(SOUND[:1], "WAV"), "ok", None, 1 / RATE),
    "2019.mp3": (array_of_2019(), "unreadable", "not audio but a zip archive", None),
    "silent.mp3": (encode(0 * SOUND, "MP3"), "ok", None, 3.0),
}


@pytest.fixture(scope="module")
def rows(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[str, str | None, float | None]]:
    folder: Path = tmp_path_factory.mktemp("faults")
    for name, (content, *_) in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "a folder.mp3").mkdir()
    with duckdb.connect() as connection:
        create_raw_tables(connection)
        ingest_audio(connection, folder, Audio(workers=1))
        found = connection.execute(
            "select path, status, error, decoded_seconds from raw.audio_files"
        ).fetchall()
    return {path: tuple(row) for path, *row in found}


def test_each_file_has_a_row(rows: dict[str, object]) -> None:
    assert set(rows) == set(FILES)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.field_report("R01", "R02", "R05")
def test_the_row_is_right(
    rows: dict[str, tuple[str, str | None, float | None]], name: str
) -> None:
    _, status, reason, seconds = FILES[name]
    assert rows[name][0] == status
    assert (rows[name][1] or "").startswith(reason or "")
    assert (rows[name][1] is None) == (reason is None)
    if seconds is None:
        assert rows[name][2] is None
    else:
        # A decoder may keep what encoders pad: up to two frames of 2,048 samples.
        assert rows[name][2] == pytest.approx(seconds, abs=0.1 if seconds > 1 else 0)
