"""The fuzzer itself: what it makes is a function of a number, and faults are seen."""

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pytest

from fuzz import cases, formats, mutation
from fuzz.harness import Report, _watch
from fuzz.readers import READERS
from fuzz.readers.reader import Reader
from lyre.errors import LyreError


def _never(_folder: Path) -> list[Path]:
    return []


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    path = tmp_path / "seed.json"
    path.write_text('{"a": [1, "x", null], "b": {"c": 0.5}}')
    return path


def test_equal_numbers_make_equal_cases(seed: Path, tmp_path: Path) -> None:
    made = []
    for turn in ("one", "two"):
        folder = tmp_path / turn
        folder.mkdir()
        cases.make(READERS["lastfm-json"], [seed], 7, folder)
        made.append((folder / seed.name).read_bytes())
    assert made[0] == made[1] != seed.read_bytes()


@pytest.mark.parametrize("mutate", [mutation.binary, mutation.text, formats.json_text])
def test_any_content_can_be_damaged(mutate: mutation.Mutate) -> None:
    for number in range(200):
        for content in (b"", b"a", b'{"a": 1}\n' * 100):
            assert isinstance(mutate(content, Random(number)), bytes)


def _refuse(_path: Path) -> None:
    raise LyreError("no good", where="x")


def _two_lines(_path: Path) -> None:
    raise LyreError("a" * 5_000)


def _wrong(_path: Path) -> None:
    raise KeyError("a")


@pytest.mark.parametrize(
    ("read", "ending"),
    [(len, "fault"), (str, "read"), (_refuse, "refused"), (_two_lines, "fault")],
)
def test_what_a_case_ended_in(read, ending: str, seed: Path, tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    reader = Reader("x", _never, read)
    assert cases.run(reader, [seed], 1, tmp_path / "case").ending == ending


def _die(_name: str, numbers: list[int], _folder: str, told: Connection) -> None:
    told.send(numbers[0])
    os.abort()


def _hang(_name: str, numbers: list[int], _folder: str, told: Connection) -> None:
    told.send(numbers[0])
    told.send(cases.Result(numbers[0], "read", "", 0.0))
    told.send(numbers[1])
    time.sleep(600)


@pytest.mark.parametrize(
    ("name", "work", "said", "died"),
    [
        ("lastfm-db", _die, "ended with code -6", 0),
        ("clips", _die, None, 1),
        ("tfrecord", _hang, "no end within", 0),
    ],
)
def test_a_crash_and_a_hang_are_told(
    name: str, work, said: str | None, died: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "work", work)
    monkeypatch.setitem(
        READERS, name, Reader(name, _never, str, may_die=name == "clips", seconds=1.0)
    )
    report = Report(name)
    _watch(name, [3, 4, 5], "", report, time.monotonic() + 100)
    assert report.died == died
    assert [fault.number for fault in report.faults] == (
        [] if died else [3 + (work is _hang)]
    )
    if said is not None:
        assert said in report.faults[0].told
