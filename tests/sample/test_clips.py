from pathlib import Path

import librosa
import mutagen.mp3
import numpy as np
import pytest
import soundfile

from sample.clips import Clip, clip_path, design, write_all
from sample.music import Piece

_PIECE = Piece(0, 1, 2, "rock", frozenset({"rock", "male vocalist", "90s"}))


def _write(folder: Path, damage: str, rate: int = 22050, channels: int = 1) -> Path:
    clip = Clip(clip_path(123456), _PIECE, damage, rate, channels)
    ((path, size),) = write_all([clip], folder, 1)
    assert (folder / path).stat().st_size == size
    return folder / path


def _decode(path: Path) -> tuple[np.ndarray, int]:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return samples.mean(axis=1), rate


def _sound(path: Path) -> np.ndarray:
    samples, rate = _decode(path)
    return librosa.effects.split(samples, top_db=60) / rate


def test_path_is_that_of_7digital() -> None:
    assert clip_path(6010476) == "6/0/6010476.clip.mp3"


@pytest.mark.parametrize(
    ("rate", "channels"), [(22050, 1), (22050, 2), (44100, 1), (44100, 2)]
)
def test_whole_clip(tmp_path: Path, rate: int, channels: int) -> None:
    path = _write(tmp_path, "", rate, channels)
    info = mutagen.mp3.MP3(path).info
    assert info.bitrate == 64_000
    assert (info.sample_rate, info.channels) == (rate, channels)
    assert info.length == pytest.approx(30.0, abs=0.01)
    samples, _ = _decode(path)
    assert len(samples) == 30 * rate
    assert len(_sound(path)) == 1
    # The rule on small files keeps what is larger than this.
    assert path.stat().st_size > 200_000


def test_formats_are_mixed() -> None:
    chosen = [design(number, _PIECE) for number in range(1_000, 3_000)]
    shares = {
        kind: sum((clip.rate, clip.channels) == kind for clip in chosen) / 2_000
        for kind in [(22050, 1), (22050, 2), (44100, 1), (44100, 2)]
    }
    assert shares[22050, 1] > 0.8
    assert all(share > 0 for share in shares.values())


def test_truncated_clip_promises_more_than_it_has(tmp_path: Path) -> None:
    path = _write(tmp_path, "truncated")
    samples, rate = _decode(path)
    assert mutagen.mp3.MP3(path).info.length == pytest.approx(30.0, abs=0.1)
    assert len(samples) / rate == pytest.approx(15.0, abs=0.2)


@pytest.mark.parametrize("damage", ["zero_bytes", "html_page", "id3_only"])
def test_false_files_are_no_audio(tmp_path: Path, damage: str) -> None:
    path = _write(tmp_path, damage)
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(path)
    assert path.stat().st_size < 1_000


def test_silent_clip_holds_zeros_only(tmp_path: Path) -> None:
    samples, rate = _decode(_write(tmp_path, "silent"))
    assert len(samples) == 30 * rate
    assert not samples.any()


def test_long_silence(tmp_path: Path) -> None:
    sound = _sound(_write(tmp_path, "long_silence"))
    gaps = sound[1:, 0] - sound[:-1, 1]
    assert len(gaps) == 1
    assert 1.0 < gaps[0] < 3.0


def test_much_silence(tmp_path: Path) -> None:
    sound = _sound(_write(tmp_path, "much_silence"))
    gaps = sound[1:, 0] - sound[:-1, 1]
    assert gaps.max() < 1.0
    assert gaps.sum() > 3.0


def test_little_sound(tmp_path: Path) -> None:
    sound = _sound(_write(tmp_path, "little_sound"))
    assert len(sound) == 1
    assert sound[0, 1] - sound[0, 0] < 15.0


def test_short_clip_is_a_small_file(tmp_path: Path) -> None:
    path = _write(tmp_path, "short_clip")
    samples, rate = _decode(path)
    assert len(samples) / rate == pytest.approx(5.0, abs=0.01)
    assert path.stat().st_size < 200_000


@pytest.mark.slow
def test_workers_change_no_byte(tmp_path: Path) -> None:
    clips = [design(number, _PIECE) for number in range(2_000, 2_004)]
    alone = dict(write_all(clips, tmp_path / "alone", 1))
    together = dict(write_all(clips, tmp_path / "together", 2))
    assert alone == together
    for path in alone:
        one, two = tmp_path / "alone" / path, tmp_path / "together" / path
        assert one.read_bytes() == two.read_bytes()
