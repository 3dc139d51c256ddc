import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.errors import ExportError
from export.part import Part


def test_a_part_is_read():
    assert Part.parse("0-24/100") == Part(0, 24, 100)
    assert Part.parse("3/8") == Part(3, 3, 8)


@pytest.mark.parametrize("text", ["", "1", "8/8", "5-3/8", "0-8/8", "-1/4", "a/b"])
def test_other_texts_are_refused(text):
    with pytest.raises(ExportError, match="0-24/100"):
        Part.parse(text)


@given(n_items=st.integers(0, 300), of=st.integers(1, 120), data=st.data())
def test_every_item_is_in_one_part(n_items, of, data):
    cut = data.draw(st.integers(0, of))
    ranges = [(0, cut - 1), (cut, of - 1)]
    parts = [Part(*each, of) for each in ranges if each[0] <= each[1]]
    items = list(range(n_items))
    assert [item for part in parts for item in part.of_items(items)] == items


def test_parts_are_near_equal():
    sizes = [len(Part(number, number, 7).of_items(range(100))) for number in range(7)]
    assert set(sizes) == {14, 15}
