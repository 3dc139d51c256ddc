"""The one sentence that a user reads."""

import pickle

from lyre.errors import LyreError, brief, said, visible


def test_the_parts_make_one_sentence() -> None:
    error = LyreError(
        "3 columns", where="a.txt, line 2", expected="4 columns", remedy="mend it"
    )
    assert str(error) == "a.txt, line 2: 3 columns (expected 4 columns); mend it"
    assert str(LyreError("no space left")) == "no space left"


def test_an_error_crosses_process_boundaries_whole() -> None:
    class_and_text = LyreError("empty", where="b.mp3", remedy="leave it out")
    assert str(pickle.loads(pickle.dumps(class_and_text))) == str(class_and_text)


def test_line_breaks_of_names_and_libraries_do_not_break_the_sentence() -> None:
    error = LyreError("Invalid H5 file\n\n  Expected: x", where="a\rb.mp3")
    assert str(error) == "a b.mp3: Invalid H5 file Expected: x"


def test_long_values_are_quoted_in_short() -> None:
    assert brief(["rock"]) == "['rock']"
    assert len(brief("a" * 10_000)) == 200
    assert brief(10**5000).startswith("a int of very many digits")


def test_what_a_library_said_is_its_first_line_or_its_name() -> None:
    assert said(ValueError("one\ntwo")) == "one"
    assert said(KeyError()) == "KeyError"
    assert said(ValueError("\n")) == "ValueError"


def test_names_and_tags_give_a_terminal_no_orders() -> None:
    title, turned = "\x1b]0;title\x07.mp3", "a\u202eb"
    assert visible(title) == "\\x1b]0;title\\x07.mp3"
    assert visible(turned) == "a\\u202eb"
    assert visible("日本語 é\t|\n\x9b") == "日本語 é\t|\n\\x9b"
    assert str(LyreError("empty", where=title)) == "\\x1b]0;title\\x07.mp3: empty"
