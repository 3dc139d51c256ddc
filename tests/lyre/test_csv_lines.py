import csv
import io
import random

from lyre.csv_lines import csv_lines


def test_any_text_is_read_back_as_it_was() -> None:
    rng = random.Random(1)
    rows = [
        ["".join(rng.choices("a,\"\r\n'; é", k=rng.randrange(5))) for _ in range(3)]
        for _ in range(500)
    ]
    text = "".join(csv_lines(rows))
    assert list(csv.reader(io.StringIO(text, newline=""))) == rows


def test_lines_end_with_a_line_feed() -> None:
    assert list(csv_lines([("a", 1, None), ("b\rc", "d\ne", 0.5)])) == [
        "a,1,\n",
        '"b\rc","d\ne",0.5\n',
    ]
