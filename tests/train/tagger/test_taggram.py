from pathlib import Path

import numpy as np
import pytest

from train.tagger import taggram
from train.tagger.tagging import Tagging


@pytest.fixture
def tagging() -> Tagging:
    scores = np.array([[0.2, 0.9], [0.4, 0.7]], np.float32)
    return Tagging(
        tags=("rock", "jazz"),
        scores=scores.mean(axis=0),
        windows=scores,
        starts=np.array([0, 1], np.float32),
        seconds=2.0,
        window_seconds=1.0,
        notes=(),
    )


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize(
    "name", ["x" * 250, "\u3042" * 83], ids=["latin", "three bytes a letter"]
)
def test_a_name_may_be_as_long_as_a_file_system_takes(
    tagging: Tagging, tmp_path: Path, name: str
) -> None:
    first, second = (taggram.write(tagging, tmp_path, name) for _ in range(2))
    assert len({*first, *second}) == 4
    for path in (*first, *second):
        assert path.is_file()
        assert path.name.startswith(name[:60])
    with np.load(second[1]) as stored:
        np.testing.assert_array_equal(stored["scores"], tagging.windows)


def test_a_name_that_is_no_text_is_drawn_too(tagging: Tagging, tmp_path: Path) -> None:
    image, array = taggram.write(tagging, tmp_path, "caf\udce9")
    assert (image.name, array.name) == (r"caf\xe9.png", r"caf\xe9.npz")
    assert image.is_file()
    assert array.is_file()
