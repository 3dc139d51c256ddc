"""Files and folders that appear whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lyre.errors import LyreError
from lyre.whole import whole, whole_folder, write_whole


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


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a pipe"])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    """As of /dev/null: the superuser may rename a file over it."""
    place = tmp_path / "place"
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        os.mkfifo(tmp_path / "pipe")
        place.symlink_to("pipe")
    before = place.lstat()
    with pytest.raises(LyreError, match="cannot be replaced by a file"):
        write_whole(place, b"new")
    assert place.lstat() == before


def test_a_link_stays_and_what_it_points_at_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "rows.csv").write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to("disk/rows.csv")
    write_whole(link, b"new")
    (tmp_path / "folder").symlink_to("disk")
    assert link.is_symlink()
    assert (tmp_path / "disk" / "rows.csv").read_bytes() == b"new"
    with whole_folder(tmp_path / "folder") as beside:
        (beside / "a").write_text("a")
    assert (tmp_path / "folder").is_symlink()
    assert [each.name for each in (tmp_path / "disk").iterdir()] == ["a"]
    assert {each.name for each in tmp_path.iterdir()} == {"disk", "folder", "link.csv"}


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


@pytest.mark.parametrize("durable", [True, False])
def test_contents_are_written_whole(tmp_path: Path, durable: bool) -> None:
    file = tmp_path / "run.json"
    file.write_text("old")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f".run.{ended.pid}.part.json").write_text("half")
    assert write_whole(file, b"new", durable=durable) == file
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path: Path, there: bool) -> None:
    place = tmp_path / "set.v2"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    halves = [
        tmp_path / f".set.{ended.pid}.part.v2",
        tmp_path / f".set.{ended.pid}.part.old.v2",
    ]
    for folder in (*halves, *([place] if there else [])):
        folder.mkdir()
        (folder / "old").write_text("")
    with whole_folder(place) as beside:
        (beside / "new").write_text("")
        assert place.exists() == there
    assert [path.name for path in place.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [place]


def test_an_error_leaves_the_folder_that_was_there(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(ValueError, match="half"):
        _fail_half_way_in(place)
    assert list(tmp_path.rglob("*")) == [place]


def _fail_half_way_in(folder: Path) -> None:
    with whole_folder(folder) as beside:
        (beside / "new").write_text("")
        raise ValueError("half")


def test_a_folder_that_appears_meanwhile_gives_way(tmp_path: Path) -> None:
    place = tmp_path / "place"
    with whole_folder(place) as beside:
        (beside / "new").write_text("")
        # As another process does that ends at the same time.
        place.mkdir()
        (place / "other").write_text("")
    assert [path.name for path in place.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [place]


_WRITER = """
import sys
from pathlib import Path
from lyre.errors import LyreError
from lyre.whole import whole_folder
for _ in range(100):
    with whole_folder(Path(sys.argv[1])) as beside:
        for part in "abc":
            (beside / part).write_text(sys.argv[2])
"""


def test_two_who_write_a_folder_at_once_never_mix(tmp_path: Path) -> None:
    place = tmp_path / "place"
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(place), name])
        for name in ("one", "two")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert {path.name for path in place.iterdir()} == set("abc")
    assert len({path.read_text() for path in place.iterdir()}) == 1
    assert list(tmp_path.iterdir()) == [place]
