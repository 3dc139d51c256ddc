# ruff: noqa: RUF001 (look-alike characters are the point)
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import text


@pytest.mark.parametrize(
    ("raw", "expected", "repair"),
    [
        (b"Rock", "Rock", None),
        ("Sigur Rós".encode(), "Sigur Rós", None),
        (b"", "", None),
        (b"padded\0\0\0", "padded", None),
        (b"Don\x19t", "Don\u2019t", text.CUT_PUNCTUATION),
        (b"a \x13 b", "a \u2013 b", text.CUT_PUNCTUATION),
        (b"\x1cHello\x1d", "\u201cHello\u201d", text.CUT_PUNCTUATION),
        (b"\x1e", "\u201e", text.CUT_PUNCTUATION),
        (b"two\nlines", "two lines", text.CONTROL_CHARACTERS),
        (b"bell\x07\x7f", "bell", text.CONTROL_CHARACTERS),
        (b"Caf\xe9 noir", "Café noir", text.NOT_UTF8),
        ("a\u00a0b".encode(), "a\u00a0b", None),
    ],
)
def test_clean(raw: bytes, expected: str, repair: str | None) -> None:
    repairs: Counter[str] = Counter()
    assert text.clean(raw, repairs) == expected
    assert +repairs == Counter([repair] if repair else [])


@pytest.mark.parametrize(
    ("whole", "kept"), [("Rós", "R"), ("日本語", "日本"), ("♥", "")]
)
def test_character_cut_by_the_field_is_removed(whole: str, kept: str) -> None:
    repairs: Counter[str] = Counter()
    raw = whole.encode()[: len(kept.encode()) + 1]
    assert text.clean(raw, repairs, width=len(raw)) == kept
    assert repairs == {text.CUT_CHARACTER: 1}


def test_two_damages_are_counted_apart() -> None:
    repairs: Counter[str] = Counter()
    assert text.clean(b"It\x19s caf\xe9", repairs) == "It\u2019s café"
    assert repairs[text.CUT_PUNCTUATION] == repairs[text.NOT_UTF8] == 1


@given(st.binary(max_size=60))
def test_clean_takes_any_bytes(raw: bytes) -> None:
    cleaned = text.clean(raw, Counter())
    assert not set(cleaned) & {chr(code) for code in (*range(32), 0x7F)}
    assert text.clean(cleaned.encode(), Counter()) == cleaned


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("Rock", "rock"),
        ("ＲＯＣＫ", "rock"),
        ("cafe\u0301", "café"),
        ("CAFÉ", "café"),
        ("İstanbul", "istanbul"),
        ("Straße", "strasse"),
        ("русский РОК", "русский рок"),
        ("日本語ロック", "日本語ロック"),
        ("rock\u00a0", "rock "),
        ("rock\u200b", "rock\u200b"),
        ("♥", "♥"),
        ("R&B", "r&b"),
    ],
)
def test_tag_nfkc(tag: str, expected: str) -> None:
    assert text.tag_nfkc(tag) == expected


@given(st.text(max_size=30))
def test_tag_nfkc_is_the_documented_formula(tag: str) -> None:
    def nfkc(value: str) -> str:
        return unicodedata.normalize("NFKC", value)

    assert text.tag_nfkc(tag) == nfkc(nfkc(tag).casefold()).replace("i\u0307", "i")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"Caf\xe9", "Caf\\xe9"),
        ("a\0b\n", "a\\x00b\\n"),
        ("Rós", "Rós"),
        (1980, "1980"),
        ("x" * 5000, "x" * 1000),
        (None, "None"),
    ],
)
def test_escaped(content: object, expected: str) -> None:
    assert text.escaped(content) == expected
