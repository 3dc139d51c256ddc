"""One tree of paths over several folders."""

from pathlib import Path

import pytest

from lyre.clips import clip_file
from lyre.errors import LyreError


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("1/2/12.clip.mp3", "/audio/1/2/12.clip.mp3"),
        ("fma/000/000002.mp3", "/data/fma/000/000002.mp3"),
        ("fma", "/audio/fma"),
        ("other/fma/1.mp3", "/audio/other/fma/1.mp3"),
    ],
)
def test_the_first_folder_tells_whose_clip_it_is(path: str, file: str) -> None:
    datasets = {"fma": Path("/data/fma")}
    assert clip_file(Path("/audio"), datasets, path) == Path(file)


@pytest.mark.parametrize(
    "path",
    [
        "../secret.wav",
        "1/../../secret.wav",
        "/etc/passwd",
        "out.wav",
        "folder/secret.wav",
        "own/../secret.wav",
        "own//etc/passwd",
        "own/out.wav",
        "1.wav\0.mp3",
    ],
)
def test_no_path_leaves_its_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.wav").write_text("")
    for name in ("audio", "own"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "out.wav").symlink_to(tmp_path / "secret.wav")
        (tmp_path / name / "folder").symlink_to(tmp_path)
    with pytest.raises(LyreError, match="outside of the folder of clips"):
        clip_file(tmp_path / "audio", {"own": tmp_path / "own"}, path)


def test_links_inside_the_folder_and_of_it_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.wav").write_text("")
    (tmp_path / "real" / "b.wav").symlink_to("a.wav")
    (tmp_path / "audio").symlink_to("real")
    assert clip_file(tmp_path / "audio", {}, "b.wav").read_text() == ""
