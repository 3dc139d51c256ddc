"""Pictures that can be written are, whole; others are told before the work."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from lyre.errors import LyreError
from train import picture
from train.errors import TrainError


def test_a_picture_appears_whole(tmp_path: Path) -> None:
    file = tmp_path / "rates.PNG"
    picture.save(Figure(figsize=(2, 1)), file)
    assert Image.open(file).size == (220, 110)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none/rates.png", "no such folder"),
        ("rates.wav", "no kind of picture: .wav .*.png"),
        ("rates", "a name without an ending"),
    ],
)
def test_what_cannot_be_written_is_told(
    name: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(TrainError, match=message):
        picture.check(tmp_path / name)


def test_a_folder_in_the_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "rates.png").mkdir()
    with pytest.raises(LyreError, match="cannot be replaced by a file"):
        picture.save(Figure(), tmp_path / "rates.png")
