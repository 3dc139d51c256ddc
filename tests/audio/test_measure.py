"""Every number by hand, every file a row."""

import csv
import hashlib
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import signal

from audio.measure import Measurement, measure

Encode = Callable[..., bytes]

RATE = 44100
_ROOT = Path(__file__).resolve().parents[2]


def sine(seconds: float = 3.0, hz: float = 441.0) -> npt.NDArray[np.float64]:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def float_wav(encode: Encode, samples: npt.NDArray[np.float64]) -> Measurement:
    return measure(encode(samples, RATE, "WAV", subtype="FLOAT"))


def test_a_sine(encode: Encode) -> None:
    found = float_wav(encode, 0.5 * sine())
    assert found.status == "ok"
    assert found.error is None
    assert (found.container, found.codec) == ("wav", "float")
    assert (found.sample_rate, found.channels) == (RATE, 1)
    assert found.decoded_samples == 3 * RATE
    assert found.decoded_seconds == found.header_seconds == 3.0
    assert found.bit_rate == RATE * 32
    assert found.peak == pytest.approx(0.5, abs=1e-6)
    assert found.rms == pytest.approx(0.5 / np.sqrt(2), rel=1e-5)
    assert found.loudest_frame_db == pytest.approx(-9.03, abs=0.05)
    assert found.dc_offset == pytest.approx(0.0, abs=1e-6)
    assert found.clipped_share == 0.0
    assert found.channel_correlation is None
    assert found.silences == ()


def test_offset_and_level_add_up_over_the_channels(encode: Encode) -> None:
    found = float_wav(encode, np.stack([0.5 * sine() + 0.1, -0.3 * sine()], 1))
    assert found.dc_offset == pytest.approx(0.05, abs=1e-6)
    # Mean square: 0.125 + 0.01 on the left, 0.045 on the right.
    assert found.rms == pytest.approx(np.sqrt((0.135 + 0.045) / 2), rel=1e-5)
    assert found.peak == pytest.approx(0.6, abs=1e-5)


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        (sine(), 1.0),
        (0.001 * sine(), 1.0),
        (-sine(), -1.0),
        (-sine() + 0.5, -1.0),
        (np.cos(2 * np.pi * 441 * np.arange(3 * RATE) / RATE), 0.0),
        ((sine() + sine(hz=882)) / np.sqrt(2), np.sqrt(0.5)),
        (np.zeros(3 * RATE), None),
    ],
)
def test_correlation_of_the_channels(
    encode: Encode, right: npt.NDArray[np.float64], expected: float | None
) -> None:
    found = float_wav(encode, np.stack([sine(), right], 1)).channel_correlation
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-4))


def test_stereo_of_opposite_phase_vanishes_in_mono(encode: Encode) -> None:
    found = float_wav(encode, np.stack([sine(), -sine()], 1))
    assert found.loudest_frame_db == -200.0
    assert found.rms == pytest.approx(np.sqrt(0.5), rel=1e-5)


def test_share_of_clipped_samples(encode: Encode) -> None:
    samples = np.zeros((RATE, 2))
    samples[:100, 0] = 1.0
    samples[:50, 1] = -1.5
    samples[50:100, 1] = 0.999
    found = float_wav(encode, samples)
    assert found.clipped_share == 150 / (2 * RATE)
    assert found.peak == 1.5
    # The largest and the smallest value of 16 bits both count.
    pcm = np.tile(np.array([32767, -32768, 32766, 0], np.int16), 1000)
    assert measure(encode(pcm, RATE, "WAV")).clipped_share == 0.5


@pytest.mark.parametrize("cut_off", [3000, 8000, 16000])
@pytest.mark.parametrize("level", [0.1, 0.003])
def test_bandwidth_of_filtered_noise(
    encode: Encode, cut_off: int, level: float
) -> None:
    white = np.random.default_rng(0).standard_normal(10 * RATE)
    low_pass = signal.firwin(2001, cut_off, fs=RATE, window=("kaiser", 12.0))
    samples = np.convolve(white, low_pass, "same") * level
    found = measure(encode(samples, RATE, "WAV", subtype="PCM_24")).bandwidth_hz
    assert found == pytest.approx(cut_off, abs=200)


def test_bandwidth_of_full_band_noise_and_of_silence(encode: Encode) -> None:
    white = np.random.default_rng(0).standard_normal(RATE) * 0.1
    full = float_wav(encode, white).bandwidth_hz
    assert full is not None
    assert full >= RATE / 2 - RATE / 2048
    assert float_wav(encode, np.zeros(RATE)).bandwidth_hz is None
    # The noise of 16 bits is no content.
    tone = encode(0.5 * sine(hz=1000), RATE, "WAV", subtype="PCM_16")
    found = measure(tone).bandwidth_hz
    assert found is not None
    assert 1000 < found < 2000


def test_equal_sound_has_an_equal_hash_whatever_it_is_packed_in(
    encode: Encode,
) -> None:
    random = np.random.default_rng(0)
    pcm = random.integers(-20_000, 20_000, (RATE, 2)).astype(np.int16)
    wav, flac = measure(encode(pcm, RATE, "WAV")), measure(encode(pcm, RATE, "FLAC"))
    assert wav.sound_sha256 == flac.sound_sha256
    assert wav.content_sha256 != flac.content_sha256
    mono, doubled = pcm[:, :1], pcm[:, [0, 0]]
    assert (
        measure(encode(mono, RATE, "WAV")).sound_sha256
        == measure(encode(doubled, RATE, "WAV")).sound_sha256
    )


def test_other_sound_has_another_hash(encode: Encode) -> None:
    sound = 0.5 * sine()
    clips = [
        np.stack([sound, -sound], 1),
        np.stack([-sound, sound], 1),
        np.stack([sound, sound], 1),
        np.zeros((3 * RATE, 2)),
    ]
    assert len({float_wav(encode, clip).sound_sha256 for clip in clips}) == 4
    slow = encode(clips[0], 22050, "WAV", subtype="FLOAT")
    fast = encode(clips[0], RATE, "WAV", subtype="FLOAT")
    assert measure(slow).sound_sha256 != measure(fast).sound_sha256


def test_tags_change_the_content_but_not_the_sound(encode: Encode) -> None:
    clip = encode(0.5 * sine(), RATE, "MP3")
    tagged = clip + b"TAG" + b"another title".ljust(125)
    assert measure(clip).sound_sha256 == measure(tagged).sound_sha256
    assert measure(clip).content_sha256 == hashlib.sha256(clip).hexdigest()
    assert measure(tagged).content_sha256 == hashlib.sha256(tagged).hexdigest()


def test_silences_at_each_threshold(encode: Encode) -> None:
    samples = 0.5 * sine(4.0)
    samples[RATE : 2 * RATE] *= 1e-2  # 40 dB down
    samples[3 * RATE :] = 0.0
    clip = encode(samples, RATE, "WAV", subtype="FLOAT")
    found = measure(clip, [30.0, 60.0]).silences
    spans = [(s.threshold_db, s.number) for s in found]
    assert spans == [(30.0, 1), (30.0, 2), (60.0, 1)]
    assert found[0].start_seconds == pytest.approx(1.0, abs=0.05)
    assert found[0].end_seconds == pytest.approx(2.0, abs=0.05)
    assert found[1].end_seconds == found[2].end_seconds == 4.0


def test_files_without_sound_get_a_row_too(tmp_path: Path) -> None:
    page = measure(b"<html><title>404 Not Found</title></html>")
    assert (page.status, page.error) == ("unreadable", "not audio but HTML")
    assert page.container == "HTML"
    assert page.content_sha256 is not None
    assert page.header_seconds is None
    buffer = io.BytesIO()
    np.savez(buffer, array=np.zeros(100), sr=22050)
    archive = measure(buffer.getvalue())
    assert archive.error == "not audio but a zip archive (such as .npz)"
    assert measure(b"").status == "empty"
    gone = measure(tmp_path / "gone.mp3")
    assert gone.status == "unreadable"
    assert gone.error == "cannot be opened: No such file or directory"


def test_samples_that_are_no_numbers_make_a_clip_partial(encode: Encode) -> None:
    samples = 0.5 * sine()
    samples[1000] = np.nan
    found = float_wav(encode, samples)
    assert found.status == "partial"
    assert found.error == "no finite number in 1 sample"
    assert found.peak == pytest.approx(0.5, abs=1e-6)


def test_a_single_sample(encode: Encode) -> None:
    found = float_wav(encode, np.array([0.5]))
    assert (found.status, found.decoded_samples, found.peak) == ("ok", 1, 0.5)


def test_every_real_clip_gets_the_row_that_audio_csv_says(real: Path) -> None:
    with (real / "audio.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        name, samples = row["file"], int(row["ffmpeg_mono_samples"])
        found = measure(real / name)
        header = found.header_seconds
        told = "" if header is None else f"{header:.3f}"
        assert told == row["header_seconds"], name
        assert abs((found.decoded_samples or 0) - samples) <= 1152, name
        assert (found.status in ("ok", "partial")) == (samples > 0), name
        assert (found.status == "empty") == (row["bytes"] == "0"), name


@pytest.mark.slow
def test_ten_hours_take_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    frames = 10 * 3600 * 8000
    header = (
        b"RIFF" + (36 + frames).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\1\0\1\0"
        b"\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data" + frames.to_bytes(4, "little")
    )
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + frames)
    code = (
        "import sys\n"
        "from audio.measure import measure\n"
        "from benchmarks.process import peak_bytes\n"
        "print(measure(sys.argv[1]).decoded_seconds)\n"
        "print(peak_bytes())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, peak = done.stdout.split()
    assert float(seconds) == 36000.0
    assert int(peak) < 400 * 2**20


@pytest.mark.slow
@pytest.mark.field_report("R09")
def test_memory_stays_flat_over_many_clips(encode: Encode, tmp_path: Path) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (3 * RATE, 2))
    for kind in ("MP3", "FLAC", "OGG"):
        (tmp_path / kind).write_bytes(encode(sound, RATE, kind))
    (tmp_path / "bad").write_bytes(b"ID3")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from audio.measure import measure\n"
        "from benchmarks.process import peak_bytes\n"
        "clips = sorted(Path(sys.argv[1]).iterdir())\n"
        "for times in (200, 400):\n"
        "    for _ in range(times):\n"
        "        for clip in clips: measure(clip)\n"
        "    print(peak_bytes())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    first, last = map(int, done.stdout.split())
    assert last < 1.1 * first
