"""JSON and TOML of any bytes: a value, or one sentence."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from lyre.documents import parse_json, read_json, read_model, read_toml
from lyre.errors import LyreError


class _WrongError(LyreError):
    """Told by these tests."""


class _Song(BaseModel):
    title: str
    year: int


_DAMAGED = [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"\0", b"a" * 10_000]


@pytest.mark.parametrize("content", _DAMAGED)
def test_damage_is_one_sentence_that_names_the_file(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    for read in (
        read_json,
        read_toml,
        lambda file, kind: read_model(file, _Song, kind),
    ):
        if read is read_toml and not content:
            continue  # An empty file is TOML.
        with pytest.raises(_WrongError) as caught:
            read(file, _WrongError)
        assert str(caught.value).startswith(str(file))
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < len(str(file)) + 500


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(_WrongError, match="cannot be read: No such file"):
        read_json(tmp_path / "none.json", _WrongError)
    with pytest.raises(_WrongError, match="cannot be read: Is a directory"):
        read_toml(tmp_path, _WrongError)


def test_a_model_names_the_key_and_quotes_in_short(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(f'{{"title": "Takk", "year": "{"x" * 10_000}"}}')
    with pytest.raises(_WrongError, match=r"a\.json, year: Input should be"):
        read_model(file, _Song, _WrongError)
    file.write_text('{"title": "Takk", "year": 2005}')
    assert read_model(file, _Song, _WrongError) == _Song(title="Takk", year=2005)


def test_a_byte_order_mark_is_no_part_of_toml(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_toml(file, _WrongError) == {"a": 1}


def test_integers_that_no_float_can_be_are_told(tmp_path: Path) -> None:
    """The largest float has 309 digits."""
    assert parse_json(f"[{10**308}]") == [10**308]
    file = tmp_path / "a.json"
    file.write_text(f'{{"loss": -{10**309}}}')
    with pytest.raises(_WrongError, match=r"the number -10000.* is too large"):
        read_json(file, _WrongError)


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_a_value_error(content: bytes) -> None:
    with suppress(ValueError):
        parse_json(content)
