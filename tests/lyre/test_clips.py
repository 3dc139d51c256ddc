"""One tree of paths over several folders."""

from pathlib import Path

import pytest

from lyre.clips import clip_file


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
