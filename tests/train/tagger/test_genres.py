"""Genres in the tags of real and of written files; the sound stays as it is."""

import hashlib
import shutil
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.id3 import ID3, TCON, TIT2

import audio
from train.errors import TrainError
from train.tagger import genres


def _noise(seconds: float = 1.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, int(44_100 * seconds))


def _m4a(file: Path) -> Path:
    samples = (_noise() * 32767).astype(np.int16).reshape(1, -1)
    with av.open(str(file), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.rate = 44_100
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return file


@pytest.fixture(params=["mp3", "flac", "ogg", "opus", "m4a", "wav"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / f"song.{request.param}"
    if request.param == "m4a":
        return _m4a(place)
    form = {"opus": "OGG"}.get(request.param)
    rate, subtype = (48_000, "OPUS") if form else (44_100, None)
    soundfile.write(place, _noise(), rate, format=form, subtype=subtype)
    return place


def _sound(file: Path) -> str:
    return hashlib.sha256(audio.load(file, 16_000).tobytes()).hexdigest()


def test_genres_are_added_and_the_sound_is_bit_equal(file: Path) -> None:
    before = _sound(file)
    assert genres.read(file) == []
    assert genres.write(file, ["rock", "90s"]) == ["rock", "90s"]
    assert genres.read(file) == ["rock", "90s"]
    assert genres.write(file, ["ROCK", "日本語ロック"]) == [
        "rock",
        "90s",
        "日本語ロック",
    ]
    assert genres.write(file, ["jazz"], replace=True) == ["jazz"]
    # A reader of its own: mutagen's common view of all kinds.
    if file.suffix != ".wav":
        assert mutagen.File(file, easy=True)["genre"] == ["jazz"]
    assert _sound(file) == before
    assert list(file.parent.iterdir()) == [file]


def test_other_tags_and_the_version_stay(tmp_path: Path) -> None:
    file = tmp_path / "song.mp3"
    soundfile.write(file, _noise(), 44_100)
    tags = ID3()
    tags.add(TIT2(encoding=3, text=["Title"]))
    tags.add(TCON(encoding=3, text=["(17)"]))
    tags.save(file, v2_version=3)
    assert genres.write(file, ["live"]) == ["Rock", "live"]
    assert genres.read(file) == ["Rock", "live"]
    found = ID3(file, translate=False)
    assert found.version[:2] == (2, 3)
    assert str(found["TIT2"]) == "Title"


def test_nothing_new_leaves_the_file_untouched(tmp_path: Path) -> None:
    file = tmp_path / "song.flac"
    soundfile.write(file, _noise(), 44_100)
    genres.write(file, ["rock"])
    before = file.stat()
    assert genres.write(file, ["Rock"]) == ["rock"]
    assert file.stat() == before


def test_real_files_keep_their_sound(real: Path, tmp_path: Path) -> None:
    for place in sorted((real / "music").iterdir()):
        file = Path(shutil.copyfile(place, tmp_path / place.name))
        before = genres.read(file)
        assert genres.write(file, ["made up"]) == [*before, "made up"]
        assert _sound(file) == _sound(place)


def test_odd_real_files_are_changed_whole_or_not_at_all(
    real: Path, tmp_path: Path
) -> None:
    for place in sorted((real / "audio").iterdir()):
        file = Path(shutil.copyfile(place, tmp_path / place.name))
        try:
            genres.write(file, ["made up"])
        except (TrainError, audio.AudioError):
            assert file.read_bytes() == place.read_bytes()
        else:
            assert genres.read(file)[-1] == "made up"
            assert _sound(file) == _sound(place)
        file.unlink()
        assert list(file.parent.iterdir()) == []


def test_other_kinds_are_refused(tmp_path: Path) -> None:
    au = tmp_path / "song.au"
    soundfile.write(au, _noise(), 44_100)
    page = tmp_path / "page.mp3"
    page.write_text("<html>")
    for file, told in ((au, "no kind of file that"), (page, "tags cannot be read")):
        before = file.read_bytes()
        with pytest.raises(TrainError, match=told):
            genres.write(file, ["rock"])
        assert file.read_bytes() == before


def test_a_change_of_the_sound_is_never_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "song.flac"
    soundfile.write(file, _noise(), 44_100)
    before = file.read_bytes()

    def damage(copy: Path, _genres: object) -> None:
        soundfile.write(copy, _noise()[::-1], 44_100)

    monkeypatch.setattr(genres, "_change", damage)
    with pytest.raises(TrainError, match="sound would change"):
        genres.write(file, ["rock"])
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
