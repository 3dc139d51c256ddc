"""Any file: sound, or one error with a reason; damage is told."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from audio import decode as decode_module
from audio.decode import Decoder, decode, read_info
from audio.errors import AudioError
from audio.mpeg import parse_frame
from audio.source import Source

Encode = Callable[..., bytes]
Noise = npt.NDArray[np.float64]

# Streams cut in the middle of a frame, or with a first frame of no sound, of which
# ffmpeg makes one MPEG frame (576 or 1,152 samples) more.
ONE_FRAME_SHORT = {
    "audio/id3v1v2-combined.mp3": 1152,
    "audio/vbr_xing_header_2channel.mp3": 576,
    "audio/vbri.mp3": 1152,
    "audio/xing.mp3": 1152,
}
PARTIAL = {
    "audio/apev2-lyricsv2.mp3",
    "audio/vbr_xing_header_2channel.mp3",
    "audio/vbri.mp3",
}


def decode_all(file: str | Path | bytes, **options: int) -> npt.NDArray[np.float32]:
    return np.concatenate(list(decode(file, **options)))


def damage_of(file: str | Path | bytes | Source) -> tuple[int, str | None]:
    with Decoder(file) as decoder:
        for _ in decoder.blocks():
            pass
        return decoder.frames, decoder.damage


def test_every_real_clip_gives_the_samples_that_ffmpeg_decodes(real: Path) -> None:
    partial = set()
    with (real / "audio.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    for row in rows:
        name, expected = row["file"], int(row["ffmpeg_mono_samples"])
        if expected == 0:
            with pytest.raises(AudioError) as caught:
                damage_of(real / name)
            is_empty = row["bytes"] == "0"
            assert caught.value.reason == ("empty" if is_empty else "unreadable"), name
            continue
        frames, damage = damage_of(real / name)
        assert frames == expected - ONE_FRAME_SHORT.get(name, 0), name
        if damage:
            partial.add(name)
        header = read_info(real / name)
        assert f"{header.seconds:.3f}" == row["header_seconds"], name
        assert header.sample_rate == int(row["header_rate_hz"]), name
        assert header.channels == int(row["header_channels"]), name
    assert partial == PARTIAL


def test_peak_of_real_clips_is_that_of_ffmpeg(real: Path) -> None:
    with (real / "audio.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["header_channels"] == "1"]
    compared = 0
    for row in rows:
        if row["ffmpeg_mono_samples"] != "0":
            peak = np.abs(decode_all(real / row["file"])).max()
            assert peak == pytest.approx(float(row["ffmpeg_peak"]), abs=2e-3), row
            compared += 1
    assert compared > 10


@pytest.mark.parametrize("kind", ["MP3", "OGG", "FLAC", "WAV"])
def test_the_block_size_changes_no_sample(
    encode: Encode, noise: Noise, kind: str
) -> None:
    clip = encode(noise, 44100, kind)
    whole = decode_all(clip)
    for block_frames in (999, 4096, 65536, 100_000, 10**7):
        blocks = list(decode(clip, block_frames))
        assert all(len(block) == block_frames for block in blocks[:-1])
        assert np.array_equal(np.concatenate(blocks), whole)


@pytest.mark.parametrize(
    ("kind", "options"), [("WAV", {"subtype": "PCM_24"}), ("FLAC", {}), ("WAV", {})]
)
def test_lossless_samples_are_exact(
    encode: Encode, noise: Noise, kind: str, options: dict[str, str]
) -> None:
    clip = encode(noise, 44100, kind, **options)
    expected, _ = soundfile.read(io.BytesIO(clip), dtype="float32")
    assert np.array_equal(decode_all(clip), expected)


def test_path_bytes_and_a_file_left_on_the_disk_give_the_same(
    encode: Encode, noise: Noise, tmp_path: Path
) -> None:
    for kind in ("MP3", "FLAC"):
        clip = encode(noise, 44100, kind)
        path = tmp_path / "clip"
        path.write_bytes(clip)
        whole = decode_all(clip)
        assert np.array_equal(decode_all(path), whole)
        with Decoder(Source(path, in_memory_bytes=0)) as decoder:
            blocks = [block.copy() for block in decoder.blocks()]
        assert np.array_equal(np.concatenate(blocks), whole)


@pytest.mark.field_report("R02")
def test_half_an_mp3_is_partial(encode: Encode) -> None:
    noise = np.random.default_rng(0).standard_normal((5 * 44100, 2)) * 0.1
    clip = encode(noise, 44100, "MP3", bitrate_mode="CONSTANT")
    frames, damage = damage_of(clip[: len(clip) // 2])
    assert frames / 44100 == pytest.approx(2.5, abs=0.1)
    assert damage is not None
    assert damage.endswith("of 5.04 s can be decoded")
    assert damage_of(clip) == (5 * 44100, None)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
def test_the_first_half_of_other_formats_is_partial(
    encode: Encode, noise: Noise, kind: str
) -> None:
    clip = encode(noise, 44100, kind)
    frames, damage = damage_of(clip[: len(clip) // 2])
    assert 44100 < frames < 4 * 44100
    assert damage is not None


@pytest.mark.field_report("R03")
def test_vbr_without_a_header_is_decoded_to_its_end(encode: Encode) -> None:
    random = np.random.default_rng(1)
    sound = random.standard_normal(10 * 44100) * 0.1
    options = {"bitrate_mode": "CONSTANT", "subtype": "MPEG_LAYER_III"}
    parts = []
    for level, loudness in ((0.0, 1.0), (0.99, 0.01)):
        part = encode(
            sound * loudness, 44100, "MP3", compression_level=level, **options
        )
        first = parse_frame(part[:4])
        assert first is not None
        parts.append(part[first.size :])  # without the Xing frame
    fast_then_slow = parts[0] + parts[1]
    # 10 s are 441,000 samples, padded by the encoder to 384 or 383 frames of 1,152.
    frames, damage = damage_of(fast_then_slow)
    assert frames == 767 * 1152
    assert damage is None
    # libsndfile alone takes the length from the first bit rate and loses half.
    assert soundfile.info(io.BytesIO(fast_then_slow)).frames < 500_000


def test_garbage_inside_an_mp3_is_told(encode: Encode, noise: Noise) -> None:
    clip = bytearray(encode(noise, 44100, "MP3", bitrate_mode="CONSTANT"))
    middle = len(clip) // 2
    clip[middle : middle + 3000] = bytes(3000)
    frames, damage = damage_of(bytes(clip))
    assert frames > 4 * 44100
    assert damage is not None
    assert "bytes inside without audio" in damage


def test_tags_around_the_sound_are_no_damage(encode: Encode, noise: Noise) -> None:
    clip = encode(noise, 44100, "MP3")
    id3 = b"ID3\x04\x00\x00" + bytes([0, 0, 8, 0]) + bytes(1024)
    ape = b"APETAGEX" + (2000).to_bytes(4, "little") + bytes(52)
    tagged = id3 + clip + ape + b"TAG" + bytes(125)
    assert np.array_equal(decode_all(tagged), decode_all(clip))
    assert damage_of(tagged) == (5 * 44100, None)


def test_a_flac_with_an_id3_tag_before_it(encode: Encode, noise: Noise) -> None:
    clip = encode(noise, 44100, "FLAC")
    id3 = b"ID3\x04\x00\x00" + bytes([0, 0, 8, 0]) + bytes(1024)
    assert np.array_equal(decode_all(id3 + clip), decode_all(clip))


def test_a_wav_that_does_not_know_its_length(encode: Encode, noise: Noise) -> None:
    clip = bytearray(encode(noise, 44100, "WAV"))
    at = clip.index(b"data") + 4
    clip[at : at + 4] = b"\xff\xff\xff\xff"
    assert damage_of(bytes(clip)) == (5 * 44100, None)
    assert read_info(bytes(clip)).seconds is None


def test_samples_that_are_no_numbers_become_zero_and_are_told(encode: Encode) -> None:
    samples = np.full((70_000, 2), 0.25)
    samples[10, 0], samples[69_999, 1], samples[20, 1] = np.nan, np.inf, -np.inf
    clip = encode(samples, 22050, "WAV", subtype="FLOAT")
    decoded = decode_all(clip)
    assert decoded[10].tolist() == [0.0, 0.25]
    assert decoded[69_999].tolist() == [0.25, 0.0]
    assert np.count_nonzero(decoded == 0) == 3
    assert damage_of(clip) == (70_000, "no finite number in 3 samples")


@pytest.mark.parametrize("rate", [8000, 192_000])
@pytest.mark.parametrize("channels", [1, 6])
@pytest.mark.parametrize("frames", [1, 1000])
def test_odd_shapes(encode: Encode, rate: int, channels: int, frames: int) -> None:
    samples = np.linspace(-0.5, 0.5, frames * channels).reshape(frames, channels)
    clip = encode(samples, rate, "WAV", subtype="FLOAT")
    header = read_info(clip)
    assert (header.sample_rate, header.channels) == (rate, channels)
    assert np.array_equal(decode_all(clip), samples.astype(np.float32))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (
            b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
            "not audio but HTML",
        ),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(10), "an ID3 tag without audio"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(500), "MP4 (M4A) without"),
        (b"PK\x03\x04" + bytes(100), "not audio but a zip archive (such as .npz)"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not audio but a PNG picture"),
        (bytes(1000), "not audio but zero bytes only"),
        (b"\x17\x03\x99" * 100, "no audio found"),
    ],
)
def test_what_is_no_audio_is_named(content: bytes, what: str) -> None:
    with pytest.raises(AudioError) as caught:
        read_info(content)
    assert caught.value.reason == "unreadable"
    assert caught.value.what.startswith(what)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.touch()
    with pytest.raises(AudioError) as caught:
        read_info(path)
    assert caught.value.reason == "empty"
    assert str(caught.value) == f"{path}: the file is empty"


def test_samples_before_an_error_of_the_decoder_are_kept(
    encode: Encode, noise: Noise, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = encode(noise, 44100, "WAV")
    whole = decode_all(clip)
    broken_at = 100_000

    class Broken(decode_module._Stream):
        position = 0

        def buffer_read_into(self, buffer: object, dtype: str) -> int:
            self.position += len(buffer)
            if self.position > broken_at:
                raise soundfile.LibsndfileError(3)
            return int(super().buffer_read_into(buffer, dtype))

        def read(self, frames: int, **options: object) -> npt.NDArray[np.float32]:
            self.position += frames
            if self.position > broken_at:
                raise soundfile.LibsndfileError(3)
            samples: npt.NDArray[np.float32] = super().read(frames, **options)
            return samples

    monkeypatch.setattr(decode_module, "_Stream", Broken)
    decoded = decode_all(clip)
    # To within one step of 576 frames.
    assert broken_at - 576 < len(decoded) <= broken_at
    assert np.array_equal(decoded, whole[: len(decoded)])
    _, damage = damage_of(clip)
    assert damage is not None
    assert damage.startswith("the decoder stopped at an error")
