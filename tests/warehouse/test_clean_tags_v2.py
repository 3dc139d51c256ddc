"""v2 on the spellings of bug reports, and on the tag lists of other data sets."""

import csv
import random
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.text import tag_nfkc

_SEEDS = [
    "tag_categories",
    "tag_structure_labels",
    "tag_synonyms",
    "tag_vocabulary",
    "tags_never_merged",
]

# The labels of the 2019 project, most frequent first.
_TAGS_OF_2019 = """
rock, female vocalist, pop, alternative, male vocalist, indie, electronic, 00s, rnb,
dance, hip-hop, instrumental, chillout, alternative rock, jazz, metal, classic rock,
indie rock, rap, soul, mellow, 90s, electronica, 80s, folk, chill, funk, blues, punk,
hard rock, pop rock, 70s, ambient, experimental, 60s, easy listening, rock n roll,
country, electro, punk rock, indie pop, heavy metal, classic, progressive rock, house,
ballad, psychedelic, synthpop, trance, trip-hop
"""


@pytest.fixture
def spellings(tag_tables: Any) -> Any:
    """Return tables with the project's own seeds and the keys made from them."""
    for name in _SEEDS:
        tag_tables.load_seed(name)
    _build_keys(tag_tables)
    return tag_tables


def _build_keys(tables: Any) -> None:
    tables.connection.execute(
        "alter table lyre.seeds.tag_categories alter is_kept type boolean"
    )
    tables.build("tag_spellings")


def _verdicts(tables: Any, tags: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Raw tag to clean tag, category and rule."""
    tables.fill(
        "staging.stg_datasets__track_tags",
        "source text, tag text, tag_nfkc text, category text",
        [],
    )
    tables.fill(
        "staging.stg_lastfm__tags",
        "source varchar, tag_rowid bigint, tag varchar, tag_nfkc varchar",
        [("msd", i, tag, tag_nfkc(tag)) for i, tag in enumerate(tags)],
    )
    tables.build("clean_tags_v2")
    rows = tables.rows(
        "select tag, clean_tag, category, rule, is_kept "
        "from lyre.cleaning.clean_tags_v2"
    )
    assert all((clean is not None) == kept for _, clean, _, _, kept in rows)
    assert all(rule is not None for *_, rule, _ in rows)
    return {tag: verdict for tag, *verdict, _ in rows}


_SAME: dict[str, list[str]] = {
    "hip hop": ["Hip-Hop", "hip hop", "HIPHOP", "hip_hop", "Hip Hop Music"],
    "rnb": ["R&B", "rnb", "R and B", "r n b", "r'n'b", "R & B", "rhythm and blues"],
    "drum and bass": [
        "drum & bass",
        "drum n bass",
        "drum 'n' bass",
        "dnb",
        "Drum+Bass",
    ],
    "rock n roll": ["Rock'n'Roll", "rock & roll", "rock and roll", "rock n' roll"],
    "80s": ["80s", "80's", "1980s", "1980's", "Eighties", "Decade: 80s", "80S"],
    "60s": ["sixties", "1960s", "60's"],
    "female vocalists": [
        *(
            "female vocalist",
            "female vocalists",
            "Female Vocal",
            "female voice",
            "woman",
        ),
        *("femaleVocal", "female-vocals", "female singers"),
    ],
    "male vocalists": ["male vocalist", "male vocalists", "man", "maleVoice"],
    "vocals": ["vocal", "vocals", "instrument---voice"],
    "no vocals": ["no vocals", "no vocal", "no voice", "noVocals", "noVoice"],
    "rock": [
        *(
            "rock",
            "Rock",
            "rock\u00a0",
            "rock\u200b",
            "\ufeffrock",
            "\N{FULLWIDTH LATIN SMALL LETTER R}OCK",
            "r o c k",
        ),
        *(
            "rocks",
            "rock music",
            "genre---rock",
            "Genre: Rock",
            "style = ROCK",
            "genre: rock\n",
            "rock!",
        ),
    ],
    "indie": ["İndie", "indie", "INDIE"],
    "québécois": ["québécois", unicodedata.normalize("NFD", "Québécois")],
    "calm": ["mood/theme---calm", "Mood: calm", "calm"],
    "heavy metal": ["Heavy Metal", "heavymetal", "traditional metal"],
    "progressive rock": ["prog rock", "Progressive-Rock", "progrock"],
    "live": ["live", "Live"],
    "beautiful": ["beautiful", "Beautiful songs"],
    "fun": ["fun", "Spaß", "SPASS"],
    "protest song": ["protest song", "Protest Songs"],
    "ccm": ["CCM", "Contemporary Christian Music"],
}


@pytest.mark.parametrize("clean_tag", _SAME)
@pytest.mark.field_report("R16", "R18", "R21")
def test_spellings_of_one_tag_meet(spellings: Any, clean_tag: str) -> None:
    verdicts = _verdicts(spellings, _SAME[clean_tag])
    assert {tag: verdict[0] for tag, verdict in verdicts.items()} == dict.fromkeys(
        _SAME[clean_tag], clean_tag
    )


@pytest.mark.field_report("R15")
def test_other_scripts_stay_apart_and_unmapped(spellings: Any) -> None:
    tags = [
        "русский рок",
        "日本語ロック",
        "한국",
        "русский рок 80s",
        "r\N{CYRILLIC SMALL LETTER O}ck",
        "हिन्दी",
    ]
    verdicts = _verdicts(spellings, [*tags, "!!!", "♥", "♥\ufe0f", "", "  ", "\u200b"])
    for tag in tags:
        assert verdicts.pop(tag) == [None, None, "not_in_vocabulary"]
    assert set(map(tuple, verdicts.values())) == {(None, None, "no_letters")}
    keys = spellings.rows("select evidence from lyre.cleaning.clean_tags_v2")
    assert len({key for key in keys if "is not listed" in key[0]}) == len(tags)


@pytest.mark.field_report("R21")
def test_marks_belong_to_their_letters(spellings: Any) -> None:
    for form in ("NFC", "NFD"):
        spellings.fill(
            "seeds.tag_synonyms",
            "spelling varchar, clean_tag varchar, comment varchar",
            [(unicodedata.normalize(form, "Café"), "lounge", "")],
        )
        spellings.build("tag_spellings")
        tags = ["café", unicodedata.normalize("NFD", "café"), "cafe", "caf"]
        verdicts = _verdicts(spellings, tags)
        assert [verdicts[tag][0] for tag in tags] == ["lounge", "lounge", None, None]


@pytest.mark.parametrize(
    ("tag", "rule"),
    [
        ("seen live", "rejected_personal"),
        ("My Favorites", "rejected_opinion"),
        ("favourites", "rejected_opinion"),
        ("awesome", "rejected_opinion"),
        ("heard on Pandora", "rejected_personal"),
        ("under two minutes", "rejected_junk"),
        ("2016", "rejected_year"),
        ("1920", "rejected_year"),
        ("4", "rejected_number"),
        ("0070", "rejected_number"),
        ("1e5", "not_in_vocabulary"),
        ("true", "not_in_vocabulary"),
        ("blue", "not_in_vocabulary"),
        ("bas", "not_in_vocabulary"),
        ("Weezer", "not_in_vocabulary"),
        ("artist: rock", "not_in_vocabulary"),
    ],
)
@pytest.mark.field_report("R19")
def test_what_is_no_tag_of_the_music_is_dropped(
    spellings: Any, tag: str, rule: str
) -> None:
    clean_tag, _, found = _verdicts(spellings, [tag])[tag]
    assert (clean_tag, found) == (None, rule)


def test_how_a_tag_was_mapped(spellings: Any) -> None:
    tags = ["rock", "Rock", "ro-ck", "guitars", "sad songs", "dnb", "genre: dnb"]
    rules = [verdict[2] for verdict in _verdicts(spellings, tags).values()]
    expected = ["canonical"] * 2 + ["compact_key", "plural", "suffix", "synonym"]
    assert sorted(rules) == sorted([*expected, "structured"])


def test_the_evidence_says_what_a_rejected_tag_is(spellings: Any) -> None:
    _verdicts(spellings, ["Rock", "awesome", "favorites", "♥"])
    rows = spellings.rows("select tag, evidence from lyre.cleaning.clean_tags_v2")
    assert dict(rows) == {
        "Rock": "in the vocabulary",
        "awesome": "in the vocabulary, as opinion",
        "favorites": "as 'favourites'",
        "♥": "no letter and no digit",
    }


def _random_tags(seed: int) -> list[str]:
    """Put known spellings, marks, signs, numbers and scripts together at random."""
    rng = random.Random(seed)
    words = [spelling for group in _SAME.values() for spelling in group]
    words += [
        "日本語",
        "рок",
        "♥",
        "!!!",
        "80",
        "'s",
        "&",
        "n",
        "of",
        "my",
        "no",
        "the",
    ]
    words += ["\u0301", "\u200b", "\u00a0", "ß", "İ", "ﬁ", "---", ":", "_", "a" * 300]
    return [
        rng.choice(["", " ", "-", "  "]).join(rng.choices(words, k=rng.randint(1, 3)))
        for _ in range(3_000)
    ]


def test_clean_tags_of_any_text_are_clean(spellings: Any) -> None:
    tags = list(dict.fromkeys(_random_tags(0)))
    verdicts = _verdicts(spellings, tags)
    assert len(verdicts) == len(tags)
    clean = {verdict[0] for verdict in verdicts.values()} - {None}
    assert len(clean) > 10
    assert all(each == each.strip() != "" for each in clean)
    # A clean tag stays what it is.
    again = _verdicts(spellings, sorted(clean))
    assert {tag: verdict[0] for tag, verdict in again.items()} == {
        tag: tag for tag in clean
    }


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda tag: f" {tag}\u200b ",
        lambda tag: unicodedata.normalize("NFD", tag),
        lambda tag: unicodedata.normalize("NFC", tag),
    ],
)
def test_what_is_not_to_be_seen_changes_no_verdict(
    spellings: Any, change: Callable[[str], str]
) -> None:
    # Upper case of some letters is another text, as SS of ß.
    tags = [
        tag
        for tag in dict.fromkeys(_random_tags(1)[:500])
        if change is not str.upper or tag.upper().casefold() == tag.casefold()
    ]
    verdicts = _verdicts(spellings, tags)
    changed = _verdicts(spellings, dict.fromkeys(change(tag) for tag in tags))
    for tag in tags:
        assert changed[change(tag)][0] == verdicts[tag][0], tag


# ---------- the vocabulary


def test_vocabulary_is_large_and_free_of_contradictions(spellings: Any) -> None:
    assert spellings.rows(spellings.sql["tag_spellings_agree"]) == []
    assert spellings.rows(spellings.sql["tags_are_never_merged"]) == []
    ((n_kept, n_odd),) = spellings.rows(
        "select count(*) filter (is_kept), "
        "count(*) filter (clean_tag != trim(lower(nfc_normalize(clean_tag)))) "
        "from lyre.seeds.tag_vocabulary inner join lyre.seeds.tag_categories "
        "using (category)"
    )
    ((n_synonyms,),) = spellings.rows("select count(*) from lyre.seeds.tag_synonyms")
    assert n_kept >= 300
    assert n_synonyms >= 400
    assert n_odd == 0


@pytest.mark.field_report("R18")
def test_pairs_of_the_bug_reports_never_merge(spellings: Any) -> None:
    tags = ["trance", "trap", "rap", "house", "acid house", "vocals", "no vocals"]
    tags += ["instrumental", "female vocalists", "male vocalists"]
    verdicts = _verdicts(spellings, tags)
    assert [verdicts[tag][0] for tag in tags] == tags
    spellings.connection.execute(
        "insert into lyre.seeds.tags_never_merged "
        "values ('dnb', 'drum & bass', ''), ('trance', 'Tran-ce', '')"
    )
    with pytest.raises(duckdb.Error) as error:
        spellings.rows(spellings.sql["tags_are_never_merged"])
    assert '"dnb" and "drum & bass" both become "drum and bass"' in str(error.value)
    assert '"trance" and "Tran-ce" have the same key' in str(error.value)


def test_contradicting_rows_are_both_named(spellings: Any) -> None:
    spellings.connection.execute(
        "insert into lyre.seeds.tag_synonyms "
        "values ('Tran-ce', 'trap', ''), ('D & B', 'dubstep', ''), ('♥', 'rock', '')"
    )
    with pytest.raises(duckdb.Error) as error:
        spellings.rows(spellings.sql["tag_spellings_agree"])
    message = str(error.value)
    assert 'tag_vocabulary "trance" (trance) contradicts' in message
    assert 'tag_synonyms "Tran-ce" (trap)' in message
    assert '"D & B" (dubstep)' in message
    assert 'tag_synonyms "♥" (rock) has no letter and no digit' in message


# ---------- tag lists of other data sets


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _unknown(tables: Any, tags: list[str]) -> list[str]:
    verdicts = _verdicts(tables, dict.fromkeys(tags))
    return [tag for tag, verdict in verdicts.items() if verdict[1] is None]


def test_tags_of_the_2019_project_are_kept(spellings: Any) -> None:
    tags = [" ".join(tag.split()) for tag in _TAGS_OF_2019.split(",")]
    verdicts = _verdicts(spellings, tags)
    assert len(tags) == 50
    assert len({verdict[0] for verdict in verdicts.values()} - {None}) == 50


def test_tags_of_the_papers_are_kept(spellings: Any, real: Path) -> None:
    tags = _lines(real / "splits" / "lee_50_tags.txt")
    verdicts = _verdicts(spellings, tags)
    clean_tags = [verdicts[tag][0] for tag in tags]
    assert None not in clean_tags
    # The list has both `female vocalists` and `female vocalist`.
    assert len(set(clean_tags)) == 49


def test_a_spelling_is_what_case_folding_leaves(spellings: Any) -> None:
    """Another is the key of no tag, as ``spaß`` is not."""
    listed = spellings.rows(
        "select lower(nfc_normalize(spelling)) from lyre.seeds.tag_synonyms union "
        "select clean_tag from lyre.seeds.tag_vocabulary union "
        "select label from lyre.seeds.tag_structure_labels"
    )
    assert [text for (text,) in listed if tag_nfkc(text) != text] == []


def test_tags_of_jamendo_and_magnatagatune_are_known(
    spellings: Any, real: Path
) -> None:
    tags = _lines(real / "jamendo" / "top50.txt")
    tags += _lines(real / "jamendo" / "moodtheme.txt")
    tags += _lines(real / "mtat" / "top50_tags.txt")
    assert _unknown(spellings, tags) == []


# ---------- the seeds, through dbt

_ODD_TEXTS = ["0070", "1e5", "1980", "true", "null", "none", "nan", "n/a", "NA", "00s"]
_ODD_TEXTS += ["2016-01-01", 'the "best"', "a,b", " x ", "-", "'"]


@pytest.mark.parametrize(
    "command", ["seed", pytest.param("run", marks=pytest.mark.slow)]
)
@pytest.mark.field_report("R47")
def test_seeds_keep_texts_as_written(
    copy_dbt_project: Callable[[Path], Any], tmp_path: Path, command: str
) -> None:
    project = copy_dbt_project(tmp_path)
    path = project.seeds / "tags" / "tags_v1_rejected.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [
                ["tag", "comment"],
                *([text, text] for text in _ODD_TEXTS),
                ["no comment", ""],
            ]
        )
    selection = {"seed": "tags_v1_rejected tags_v1_added", "run": "+tag_pool"}[command]
    done = project.dbt(command, "--select", *selection.split())
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        rows = connection.execute("from seeds.tags_v1_rejected").fetchall()
        types = connection.execute(
            "select distinct data_type from duckdb_columns() "
            "where schema_name = 'seeds' and table_name like 'tags_v1%'"
        ).fetchall()
    assert rows == [
        *((text, text) for text in _ODD_TEXTS),
        ("no comment", None),
    ]
    assert types == [("VARCHAR",)]
