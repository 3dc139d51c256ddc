"""The functions that dbt makes, and the examples of docs/queries.md."""

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.errors import WarehouseError
from warehouse.query import ask

PAGE = Path(__file__).resolve().parents[3] / "docs" / "queries.md"


def examples() -> list[str]:
    blocks = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.mark.parametrize("sql", examples())
def test_the_examples_run(project: Any, sql: str) -> None:
    with ask(project.warehouse, sql) as answer:
        assert answer.columns
        list(answer.rows)


def test_every_function_is_described_and_in_the_page(project: Any) -> None:
    functions = project.rows(
        "select function_name, comment from duckdb_functions() "
        "where schema_name = 'marts'"
    )
    shown = Counter(re.findall(r"marts\.(\w+)\(", " ".join(examples())))
    assert {name for name, _ in functions} == set(shown)
    assert all(comment for _, comment in functions)


@pytest.fixture(scope="module")
def values(project: Any) -> Callable[[str], list[Any]]:
    """Return a function that gives the first column of a query."""
    return lambda sql: [row[0] for row in project.rows(sql)]


def test_ids(values: Any, track_of: Callable[[str], str]) -> None:
    a1 = track_of("A1")
    assert values(f"select marts.sevendigital_id_of('{a1}')") == [31]
    assert values("select marts.sevendigital_id_of('nobody')") == [None]
    assert values(
        "select track_id from marts.tracks_of_sevendigital_id(1) order by all"
    ) == [track_of("A"), track_of("B")]
    number = values(f"select marts.lastfm_number_of('{a1}')")[0]
    assert values(f"select marts.track_of_lastfm_number({number})") == [a1]
    number = values("select marts.tag_number_of('rock')")[0]
    assert values(f"select marts.tag_of_number({number})") == ["rock"]


@pytest.mark.parametrize("by", ["'{}'", "31", "'31'"])
def test_attributes(
    project: Any, values: Any, track_of: Callable[[str], str], by: str
) -> None:
    name = by.format(track_of("A1"))
    assert project.rows(f"from marts.attribute_of({name}, 'title')") == [
        ("msd", track_of("A1"), "Title A1")
    ]
    assert values(f"select year from marts.attributes_of({name})") == [1987]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("from marts.attribute_of(31, 'titel')", "marts.tracks has no column titel"),
        ("from marts.tracks_with('rock', recipe := 3)", "recipe is 1 or 2, not 3"),
        ("select marts.share_given('rock', 'jazz', 0)", "recipe is 1 or 2, not 0"),
    ],
)
def test_what_there_is_not_is_told(project: Any, sql: str, told: str) -> None:
    with (
        pytest.raises(WarehouseError, match=told),
        ask(project.warehouse, sql) as answer,
    ):
        list(answer.rows)


def test_a_raw_tag_of_two_sources_is_counted_once(project: Any, tmp_path: Path) -> None:
    """The columns name no source, so that two rows could not be told apart."""
    own = type(project)(tmp_path, project.target)
    shutil.copy(project.warehouse, own.warehouse)
    counted = "select n_pairs from marts.raw_popularity() where tag = 'jazz'"
    assert own.rows(counted) == [(2,)]
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute(
            "insert into raw.dataset_tags (source, track_id, tag, tag_nfkc)"
            " values ('mine', 'a', 'jazz', 'jazz')"
        )
    assert own.rows(counted) == [(3,)]
    candidates = own.rows("select tag, n_pairs from marts.tag_candidates('jazz')")
    assert candidates == [("jazz", 3)]


def test_raw_tags(project: Any, values: Any, track_of: Callable[[str], str]) -> None:
    a2 = track_of("A2")
    assert project.rows(f"from marts.raw_tags_of('{a2}')") == [
        ("rock", 100),
        ("jazz", 50),
    ]
    raw_jazz = "from marts.tracks_with_raw('jazz'{})"
    assert project.rows(raw_jazz.format("")) == [
        ("msd", a2, 50),
        ("msd", track_of("RARE"), 100),
    ]
    assert len(project.rows(raw_jazz.format(", min_weight := 50"))) == 1
    assert values("select tag from marts.raw_popularity()") == [
        "rock",
        "jazz",
        "xyzzy plugh",
    ]
    assert project.rows("select tag, n_pairs from marts.raw_popularity(2)")[1] == (
        "jazz",
        2,
    )
    n_pairs = values("select count(*) from raw.lastfm_tid_tag")
    assert values("select count(*) from marts.raw_pairs()") == n_pairs
    assert values("select tag from marts.raw_pairs(0) where weight = 0") == []
    assert values("select tag from marts.tags_unmapped(min_count := 1)") == [
        "xyzzy plugh"
    ]
    assert project.rows("from marts.tag_candidates('PLU')") == [
        ("xyzzy plugh", 1, 1, 1)
    ]
    assert project.rows("from marts.tag_candidates('lugh')") == []


def test_clean_tags(project: Any, values: Any, track_of: Callable[[str], str]) -> None:
    a2, zero = track_of("A2"), track_of("WEIGHT0")
    assert project.rows(f"from marts.tags_of('{a2}')") == [
        ("rock", 100, 1),
        ("jazz", 50, 1),
    ]
    assert values(f"from marts.tags_of('{zero}')") == []
    assert values(f"from marts.tags_of('{zero}', recipe := 1)") == ["rock"]
    both = f"select tag from marts.tags_of_tracks(['{a2}', '{track_of('RARE')}'])"
    assert values(both) == ["rock", "jazz", "jazz"]
    assert values("select marts.clean_tag_of('xyzzy plugh')") == [None]
    assert values("select marts.clean_tag_of('jazz')") == ["jazz"]
    assert values("select tag from marts.spellings_of('jazz')") == ["jazz"]
    at_least = project.rows("from marts.tracks_with_at_least(2)")
    assert at_least == [("msd", a2, 2)]
    assert at_least[0] in project.rows("from marts.tag_counts()")


def test_tracks_by_tags(
    project: Any, values: Any, track_of: Callable[[str], str]
) -> None:
    a2, rare = track_of("A2"), track_of("RARE")
    tracks = "select track_id from marts.{}"
    assert values(tracks.format("tracks_with('jazz')")) == [a2, rare]
    assert values(tracks.format("tracks_with('jazz', min_weight := 50)")) == [rare]
    with_all = "tracks_with_all_without({})"
    both = tracks.format(with_all.format("['rock', 'jazz', 'jazz']"))
    assert values(both) == [a2]
    only = tracks.format(with_all.format("['jazz'], ['rock']"))
    assert values(only) == [rare]
    n_rock = len(values(tracks.format("tracks_with('rock')")))
    assert len(values(tracks.format("tracks_with_any(['rock', 'jazz'])"))) == n_rock + 1
    assert len(values("from marts.pairs_above(99)")) == n_rock + 1
    assert project.rows("select tag, n_tracks, rank from marts.popularity()") == [
        ("rock", n_rock, 1),
        ("jazz", 2, 2),
    ]


def test_counts_and_shares(project: Any, values: Any) -> None:
    n_rock = values("select count(*) from marts.tracks_with('rock')")[0]
    assert values("select marts.count_with_all_without(['rock', 'jazz'])") == [1]
    assert values("select marts.count_with_all_without(['rock'], ['jazz'])") == [
        n_rock - 1
    ]
    assert values("select marts.count_with_any(['rock', 'jazz'])") == [n_rock + 1]
    assert values("select marts.share_given('rock', 'jazz')") == [0.5]
    assert values("select marts.share_given('jazz', 'rock')") == [
        pytest.approx(1 / n_rock)
    ]
    assert values("select marts.share_any_given(['rock', 'pop'], 'jazz')") == [0.5]
    assert values("select marts.share_given('rock', 'polka')") == [None]
    assert project.rows("from marts.triples_of('rock')") == []


@pytest.fixture
def own(project: Any, tmp_path: Path) -> Any:
    """Return a copy of the warehouse, to add rows to."""
    copy = type(project)(tmp_path, project.target)
    shutil.copy(project.warehouse, copy.warehouse)
    return copy


def test_further_lists(own: Any, track_of: Callable[[str], str]) -> None:
    a1, a2, z = track_of("A1"), track_of("A2"), track_of("Z")
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute(
            "insert into raw.lastfm_similars "
            "(track_id, position, similar_track_id, score) values "
            f"('{a1}', 2, 'TRELSEWHERE', 0.5), ('{a1}', 1, '{z}', 0.9), "
            f"('{z}', 1, '{a1}', 0.8)"
        )
        connection.execute(
            "insert into raw.msd_cliques "
            "(clique_number, position, track_id, artist_id, clique_title) values "
            f"(1, 1, '{a2}', 'AR2', 'A work'), (1, 2, '{a1}', 'AR1', 'A work'), "
            f"(2, 1, '{z}', 'ARZ', 'Another')"
        )
        connection.execute(
            "insert into raw.msd_artist_terms "
            "(track_id, position, term, frequency, weight) values "
            f"('{a1}', 1, 'blues', 0.9, 0.2), ('{a1}', 2, 'rock', 0.1, 0.7), "
            f"('{z}', 1, 'polka', 1, 1)"
        )
    assert own.rows(f"from marts.similar_tracks_of('{a1}')") == [
        (z, "Artist Z", "Title Z", 0.9),
        ("TRELSEWHERE", None, None, 0.5),
    ]
    assert own.rows(f"from marts.versions_of('{a1}')") == [(a2, "AR2", "A work")]
    assert own.rows(f"from marts.versions_of('{z}')") == []
    assert own.rows(f"from marts.artist_terms_of('{a1}')") == [
        ("rock", 0.7, 0.1),
        ("blues", 0.2, 0.9),
    ]


def test_triples(own: Any) -> None:
    """T1 to T3 have polka with ska and waltz, T4 with ska alone."""
    tags = {"T1": "polka ska waltz", "T2": "polka ska waltz", "T3": "polka waltz ska"}
    rows = [
        f"('msd', '{track}', '{tag}', 1, 1)"
        for track, words in (tags | {"T4": "polka ska", "T5": "ska waltz dub"}).items()
        for tag in words.split()
    ]
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute(f"insert into marts.track_tags_v2 values {', '.join(rows)}")
    assert own.rows("from marts.triples_of('polka')") == [("ska", "waltz", 3)]
    assert own.rows("from marts.triples_of('ska')") == [
        ("polka", "waltz", 3),
        ("dub", "waltz", 1),
    ]
