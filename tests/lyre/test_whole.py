"""Files and folders that appear whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lyre.whole import replace_folder, whole


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("old")
    with whole(file) as beside:
        beside.write_text("new")
        assert beside.suffix == ".csv"
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(
    tmp_path: Path, error: type[BaseException]
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("old")
    with pytest.raises(error):
        _fail_half_way(file, error)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def _fail_half_way(file: Path, error: type[BaseException]) -> None:
    with whole(file) as beside:
        beside.write_text("half")
        raise error


def test_what_a_killed_process_left_is_taken_away(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    half = tmp_path / f".rows.{ended.pid}.part.csv"
    others = [
        tmp_path / f".rows.{os.getppid()}.part.csv",
        tmp_path / f".other.{ended.pid}.part.csv",
        tmp_path / ".rows.part.csv",
    ]
    for path in (half, *others):
        path.write_text("half")
    with whole(file) as beside:
        beside.write_text("new")
    assert not half.exists()
    assert all(path.exists() for path in others)


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path: Path, there: bool) -> None:
    place, beside = tmp_path / "place", tmp_path / "beside"
    left = tmp_path / ".place.old"
    for folder in (beside, left, *([place] if there else [])):
        folder.mkdir()
        (folder / folder.name).write_text("")
    replace_folder(place, beside)
    assert [path.name for path in place.iterdir()] == ["beside"]
    assert list(tmp_path.iterdir()) == [place]
