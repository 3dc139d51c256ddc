"""The one sentence that a user reads."""

import pickle

from lyre.errors import LyreError


def test_the_parts_make_one_sentence() -> None:
    error = LyreError(
        "3 columns", where="a.txt, line 2", expected="4 columns", remedy="mend it"
    )
    assert str(error) == "a.txt, line 2: 3 columns (expected 4 columns); mend it"
    assert str(LyreError("no space left")) == "no space left"


def test_an_error_crosses_process_boundaries_whole() -> None:
    class_and_text = LyreError("empty", where="b.mp3", remedy="leave it out")
    assert str(pickle.loads(pickle.dumps(class_and_text))) == str(class_and_text)
