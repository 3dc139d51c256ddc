"""Names of real tracks in other lists, under the SQL of ``differing_names``."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

_LINE = re.compile(r"ERROR: <\w+ (\w+)> (.+?)  -  (.+?)  !=  (.+?)  -  (.+)")
_OTHER = "artist_similarity < 0.4 and title_similarity < 0.4"

Named = tuple[str, str]
Judge = Callable[[Iterable[tuple[Named, Named]]], int]


@pytest.fixture(scope="module")
def sql(
    copy_dbt_project: Callable[[Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    project = copy_dbt_project(tmp_path_factory.mktemp("names"))
    done = project.dbt("compile", "--select", "differing_names")
    assert done.returncode == 0, done.stdout + done.stderr
    compiled: Path = project.folder / "target" / "compiled"
    file: Path = next(compiled.rglob("differing_names.sql"))
    return file.read_text(encoding="utf-8")


@pytest.fixture
def judge(sql: str) -> Iterator[Judge]:
    """Yield a function that counts the pairs of names that are two recordings."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as lyre; create schema lyre.staging")
        tables = ("stg_msd__songs", "stg_lastfm__songs", "stg_msd__unique_tracks")
        for table in tables:
            connection.execute(
                f"create table lyre.staging.{table} (source varchar,"
                " track_id varchar, artist_name varchar, title varchar)"
            )

        def count(pairs: Iterable[tuple[Named, Named]]) -> int:
            for table, sides in zip(tables, zip(*pairs, strict=True), strict=False):
                rows = [[f"TR{n}", *names] for n, names in enumerate(sides)]
                connection.executemany(
                    f"insert into lyre.staging.{table} values ('msd', ?, ?, ?)", rows
                )
            found = connection.execute(f"select count(*) from ({sql}) where {_OTHER}")
            return int(found.fetchall()[0][0])

        yield count


@pytest.fixture(scope="module")
def names(real: Path) -> list[Named]:
    """Return artist and title of five hundred real tracks."""
    path = real / "msd" / "unique_tracks_first_5000.txt"
    lines = path.read_text(encoding="utf-8").split("\n")[:5000:10]
    return [(line.split("<SEP>")[2], line.split("<SEP>")[3]) for line in lines]


def test_most_listed_mismatches_name_two_recordings(judge: Judge, real: Path) -> None:
    text = (real / "msd" / "sid_mismatches.txt").read_text(encoding="utf-8")
    lines = [_LINE.fullmatch(line) for line in text.split("\n")[:5752:10]]
    pairs = [((line[2], line[3]), (line[4], line[5])) for line in lines if line]
    assert len(pairs) > 500
    assert judge(pairs) > 0.85 * len(pairs)


def test_other_tracks_names_are_other_recordings(
    judge: Judge, names: list[Named]
) -> None:
    pairs = list(zip(names, names[1:] + names[:1], strict=True))
    assert judge(pairs) > 0.95 * len(pairs)


def _cut(name: str) -> str:
    return name[:12]


def _reverse(name: str) -> str:
    return ", ".join(reversed(name.split()))


@pytest.mark.parametrize(
    "manner",
    [
        str.upper,
        "The {}".format,
        "{} feat. Quux Corge".format,
        "{} - 2004 Digital Remaster".format,
        "{} (Live at the Grand Theatre)".format,
        _cut,
        _reverse,
    ],
)
def test_another_manner_is_no_other_recording(
    judge: Judge, names: list[Named], manner: Callable[[str], str]
) -> None:
    pairs = [(named, (manner(named[0]), manner(named[1]))) for named in names]
    assert judge(pairs) == 0
