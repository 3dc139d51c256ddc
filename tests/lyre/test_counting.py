import pytest

from lyre.counting import counted


@pytest.mark.parametrize(
    ("number", "noun", "told"),
    [
        (0, "track", "0 tracks"),
        (1, "track", "1 track"),
        (2, "track", "2 tracks"),
        (1_234_567, "row", "1,234,567 rows"),
        (1, "batch", "1 batch"),
        (3, "batch", "3 batches"),
        (2, "epoch", "2 epochs"),
        (1, "readable record", "1 readable record"),
        (4, "readable record", "4 readable records"),
    ],
)
def test_one_is_singular(number: int, noun: str, told: str) -> None:
    assert counted(number, noun) == told
