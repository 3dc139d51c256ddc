from pathlib import Path

import numpy as np
import soundfile

from train.tagger import Tagger
from train.tagger.predict import find, predict
from train.tagger.report import outcome


def _write(file: Path, seconds: float = 1.5) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(file.name))
    soundfile.write(file, rng.uniform(-0.3, 0.3, int(16_000 * seconds)), 16_000)
    return file


def test_folders_are_searched_and_named_files_taken_as_they_are(
    tmp_path: Path,
) -> None:
    b = _write(tmp_path / "songs" / "b.wav")
    a = _write(tmp_path / "songs" / "deep" / "a.FLAC")
    (tmp_path / "songs" / "cover.jpg").touch()
    named = tmp_path / "no_suffix"
    assert find([named, tmp_path / "songs", b]) == [named, b, a]


def test_bad_files_are_lines_in_the_result(band_run: tuple, tmp_path: Path) -> None:
    # R54: results in the order of the input, errors among them.
    good = [_write(tmp_path / f"{number}.wav") for number in range(3)]
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"\0" * 100)
    empty = tmp_path / "empty.mp3"
    empty.touch()
    files = [good[0], broken, good[1], tmp_path / "absent.mp3", empty, good[2]]
    tagger = Tagger.load(band_run[0].folder)
    outcomes = list(predict(tagger, files))
    assert [found.path for found in outcomes] == files
    failed = [found.error is not None for found in outcomes]
    assert failed == [False, True, False, True, True, False]
    for found in outcomes:
        lines = outcome(found, None, 0.0).splitlines()
        assert str(found.path) in lines[0]
        assert len(lines) == (4 if found.error is None else 1)
    assert "No such file" in str(outcomes[3].error)
    assert outcomes[3].to_dict(None, 0.0).keys() == {"path", "error"}
    assert outcomes[0].to_dict(2, 0.0)["tags"].keys() <= {"rock", "jazz", "pop"}
