"""What libsndfile cannot open is decoded by FFmpeg, at the stream's own rate."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

import audio
from audio.decode import Decoder, decode, read_info
from audio.errors import AudioError
from audio.measure import measure

Encode = Callable[..., bytes]

RATE = 44100


def sine(seconds: float = 3.0, hz: float = 441.0) -> npt.NDArray[np.float64]:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture(scope="session")
def stereo() -> npt.NDArray[np.float64]:
    return np.stack([0.5 * sine(), 0.25 * sine(hz=882)], 1)


def decode_all(clip: bytes | Path, **options: int) -> npt.NDArray[np.float32]:
    return np.concatenate(list(decode(clip, **options)))


@pytest.mark.parametrize(
    ("kind", "codec", "container", "frame"),
    [
        ("ipod", "aac", "mov", 1024),
        ("mp4", "aac", "mov", 1024),
        ("adts", "aac", "aac", 1024),
        ("asf", "wmav2", "asf", 2048),
        ("matroska", "aac", "matroska", 1024),
        ("matroska", "libmp3lame", "matroska", 1152),
        ("avi", "mp2", "avi", 1152),
    ],
)
def test_lossy_formats(
    encode_with_ffmpeg: Encode,
    stereo: npt.NDArray[np.float64],
    kind: str,
    codec: str,
    container: str,
    frame: int,
) -> None:
    clip = encode_with_ffmpeg(stereo, RATE, kind, codec)
    header = read_info(clip)
    assert (header.decoder, header.container) == ("ffmpeg", container)
    assert (header.sample_rate, header.channels) == (RATE, 2)
    samples = decode_all(clip)
    # Encoders fill (or drop) the first and the last frame; few files say how far.
    assert abs(len(samples) - len(stereo)) <= 3 * frame
    spectrum = np.abs(np.fft.rfft(samples[RATE : 2 * RATE], axis=0)) / (RATE / 2)
    assert spectrum.argmax(axis=0).tolist() == [441, 882]
    assert spectrum.max(axis=0) == pytest.approx([0.5, 0.25], rel=0.1)
    assert measure(clip).status == "ok"


@pytest.mark.parametrize(
    ("kind", "codec", "steps"),
    [
        ("ipod", "alac", 2**15),
        ("wv", "wavpack", 2**7),
        ("tta", "tta", 2**7),
        ("matroska", "pcm_u8", 2**7),
        ("matroska", "pcm_s24le", 2**23),
        ("matroska", "pcm_f32le", 2**30),
    ],
)
def test_lossless_formats_give_the_samples_that_went_in(
    encode_with_ffmpeg: Encode,
    stereo: npt.NDArray[np.float64],
    kind: str,
    codec: str,
    steps: int,
) -> None:
    samples = decode_all(encode_with_ffmpeg(stereo, RATE, kind, codec))
    assert samples.shape == stereo.shape
    np.testing.assert_allclose(samples, stereo, rtol=0, atol=1.01 / steps + 1e-7)


def test_mono_and_the_block_size(encode_with_ffmpeg: Encode) -> None:
    clip = encode_with_ffmpeg(0.5 * sine()[:, None], RATE, "ipod", "aac")
    whole = decode_all(clip)
    assert whole.shape[1] == 1
    for block_frames in (999, 100_000):
        assert np.array_equal(decode_all(clip, block_frames=block_frames), whole)


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "libmp3lame"), ("ipod", "aac")])
@pytest.mark.field_report("R05")
def test_a_name_changes_nothing(
    encode_with_ffmpeg: Encode,
    stereo: npt.NDArray[np.float64],
    tmp_path: Path,
    kind: str,
    codec: str,
) -> None:
    """MP4 named .mp3."""
    clip = encode_with_ffmpeg(stereo, RATE, kind, codec)
    path = tmp_path / "clip.mp3"
    path.write_bytes(clip)
    assert np.array_equal(decode_all(path), decode_all(clip))
    assert len(audio.load(path, 16000)) == pytest.approx(3 * 16000, abs=1000)
    found = measure(path)
    assert (found.status, found.decoder, found.container) == ("ok", "ffmpeg", "mov")
    assert found.header_seconds == pytest.approx(3.0, abs=0.05)


def test_half_a_file_whose_index_comes_first_is_partial(
    encode_with_ffmpeg: Encode, stereo: npt.NDArray[np.float64]
) -> None:
    clip = encode_with_ffmpeg(stereo, RATE, "asf", "wmav2")
    found = measure(clip[: len(clip) // 2])
    assert found.status == "partial"
    assert found.error is not None
    assert "s can be decoded" in found.error
    assert 1.0 < (found.decoded_seconds or 0) < 2.0


def test_half_a_file_whose_index_comes_last_is_unreadable(
    encode_with_ffmpeg: Encode, stereo: npt.NDArray[np.float64]
) -> None:
    clip = encode_with_ffmpeg(stereo, RATE, "ipod", "aac")
    with pytest.raises(AudioError, match=r"MP4 \(M4A\) without a sample"):
        read_info(clip[: len(clip) // 2])


def test_packets_that_cannot_be_decoded_are_told(encode_with_ffmpeg: Encode) -> None:
    noise = np.random.default_rng(0).standard_normal((3 * RATE, 1)) * 0.1
    clip = bytearray(encode_with_ffmpeg(noise, RATE, "ipod", "aac"))
    middle = clip.index(b"mdat") + 10_000
    clip[middle : middle + 5000] = np.random.default_rng(1).bytes(5000)
    found = measure(bytes(clip))
    assert found.status == "partial"
    assert found.error is not None
    assert " packets undecodable; " in found.error


def test_pictures_without_sound_are_told() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), "rgb24")
        container.mux([*stream.encode(picture), *stream.encode(None)])
    found = measure(buffer.getvalue())
    assert (found.status, found.container) == ("unreadable", "MP4")
    assert found.error == "MP4 without a sample that can be decoded"


def test_ffmpeg_is_imported_only_when_it_is_needed() -> None:
    code = "import sys, audio.measure; print('av' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_what_libsndfile_reads_stays_with_it(encode: Encode) -> None:
    for kind in ("MP3", "OGG", "FLAC", "WAV"):
        with Decoder(encode(sine(), RATE, kind)) as decoder:
            assert decoder.header.decoder == "libsndfile"


def test_an_unknown_codec_is_told(
    encode_with_ffmpeg: Encode, stereo: npt.NDArray[np.float64]
) -> None:
    clip = encode_with_ffmpeg(stereo, RATE, "ipod", "aac")
    # The codec stands in the name of the entry, and in the descriptor inside it.
    clip = clip.replace(b"mp4a", b"zzzz").replace(b"esds", b"zzzz")
    with pytest.raises(AudioError, match="without a sample that can be decoded"):
        decode_all(clip)
    assert measure(clip).status == "unreadable"
