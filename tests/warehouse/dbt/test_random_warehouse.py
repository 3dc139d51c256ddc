"""What holds on any warehouse, on one drawn at random: a few runs of dbt, many cases.

About 900 songs of which each has its own mixture of faults: NULL in every column that
may hold it, ids shared by several songs, listed and equal clips, lists that overlap,
odd weights. The second run reads the same rows in another order.
"""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.tables import create_raw_tables
from ingest.text import tag_nfkc
from warehouse.database import open_to_write

pytestmark = pytest.mark.slow

_SONGS = 900
_RAW_TAGS = (
    *("rock", "Rock", "ROCK", "hip hop", "Hip-Hop", "hiphop", "r&b", "rnb", "R and B"),
    *(
        "jazz",
        "pop",
        "seen live",
        "female vocalists",
        "Female Vocalist",
        "80s",
        "1980s",
    ),
    *("awesome", "日本語ロック", "!!!", "no vocals", "vocals", "Artist 3", "Title 7"),
)
_WEIGHTS = (0.0, 1.0, 50.0, 100.0)
_STATUSES = ("ok",) * 40 + ("partial", "empty", "unreadable", "crashed", "listed")
_LEVELS = (-12.0,) * 12 + (-70.0, -200.0)
_SIZES = (300_000,) * 12 + (0, 200_000)
_SECONDS = (30.0,) * 12 + (14.0, 29.5)

Rows = dict[str, list[dict[str, Any]]]


def _track(number: int) -> str:
    return f"TR{number:016}"


def _draw(seed: int) -> Rows:
    rng = random.Random(seed)
    tables: Rows = defaultdict(list)
    for number in range(_SONGS):
        _draw_song(tables, number, rng)
    for place, tag in enumerate(_RAW_TAGS, 1):
        row = {"tag_rowid": 7 * place, "tag": tag, "tag_nfkc": tag_nfkc(tag)}
        tables["lastfm_tags"].append(row)
    for group in range(1, 60):
        members = rng.sample(range(_SONGS + 20), rng.randint(1, 5))
        for position, number in enumerate(members, 1):
            tables["msd_duplicates"].append(
                {
                    "group_number": group,
                    "group_label": rng.choice([None, f"group {group}"]),
                    "position": position,
                    "track_id": _track(number),
                }
            )
    for line, number in enumerate(rng.sample(range(_SONGS + 20), 40), 1):
        tables["msd_mismatches"].append(
            {
                "line_number": line,
                "song_id": "SO0000000000000000",
                "track_id": _track(number),
                "song_artist": rng.choice([None, "Someone", f"artist {number % 40}"]),
                "song_title": rng.choice([None, "Something", f"title {number}"]),
                "track_artist": f"Artist {number % 40}",
                "track_title": f"Title {number}",
                "line": "ERROR: ...",
            }
        )
    for number in range(60):
        key = {"source": "mine", "track_id": f"own {number}"}
        path = rng.choice([None, f"mine/{number}.mp3", f"mine/{number // 2}.mp3"])
        artist = rng.choice([None, "Own artist", f"Artist {number % 40}"])
        tables["dataset_tracks"].append(
            {**key, "artist_name": artist, "path": path, "split": None}
        )
        for tag in rng.sample(_RAW_TAGS, rng.randint(0, 3)):
            tables["dataset_tags"].append(
                {
                    **key,
                    "tag": tag,
                    "tag_nfkc": tag_nfkc(tag),
                    "weight": rng.choice([None, *_WEIGHTS]),
                }
            )
        if (
            path
            and rng.random() < 0.9
            and not any(clip["path"] == path for clip in tables["audio_files"])
        ):
            _draw_clip(tables, path, rng)
    return tables


def _draw_song(tables: Rows, number: int, rng: random.Random) -> None:
    artist = rng.randrange(40)
    name = rng.choice([f"Artist {artist}", f"artist {artist} ", f"ARTIST {artist}!"])
    digital = rng.choice([None, *[number] * 10, number - number % 3])
    tables["msd_songs"].append(
        {
            "track_id": _track(number),
            "track_7digitalid": digital,
            "artist_id": rng.choice([None, f"AR{artist}", f"AR{artist}"]),
            "artist_name": rng.choice([None, name, name, name]),
            "title": rng.choice([None, f"Title {number // 2}", f"Title {number}"]),
            "duration": rng.choice([None, 200.0, 200.0 + number % 5]),
            "year": rng.choice([None, 1987, 2004]),
        }
    )
    if rng.random() < 0.8:
        tid = 3 * number + 1
        tables["lastfm_tids"].append({"tid_rowid": tid, "tid": _track(number)})
        for place in rng.sample(range(len(_RAW_TAGS)), rng.randint(0, 6)):
            tables["lastfm_tid_tag"].append(
                {
                    "tid_rowid": tid,
                    "tag_rowid": 7 * (place + 1),
                    "val": rng.choice(_WEIGHTS),
                }
            )
    if rng.random() < 0.1:
        tables["lastfm_tracks"].append(
            {
                "track_id": _track(number),
                "artist_name": rng.choice([None, "Quux", name]),
                "title": rng.choice([None, "Unknown", f"Title {number}"]),
            }
        )
    if rng.random() < 0.9:
        _draw_clip(tables, f"{number}.clip.mp3", rng)


def _draw_clip(tables: Rows, path: str, rng: random.Random) -> None:
    status = rng.choice(_STATUSES)
    sound = rng.choice([path] * 9 + [f"same {rng.randrange(15)}"])
    measured = status in ("ok", "partial")
    seconds = rng.choice(_SECONDS) if measured else None
    tables["audio_files"].append(
        {
            "path": path,
            "dataset": "mine" if path.startswith("mine/") else None,
            "size_bytes": rng.choice(_SIZES),
            "content_sha256": rng.choice([sound, path]),
            "sound_sha256": sound if measured else None,
            "header_seconds": rng.choice([None, 30.0]),
            "decoded_seconds": seconds,
            "loudest_frame_db": rng.choice(_LEVELS) if measured else None,
            "bit_rate": rng.choice([None, 64_000]),
            "status": status,
            "error": None if status == "ok" else "bad",
        }
    )
    if not measured:
        return
    start = 0.0
    for number in range(1, rng.choice([1, 1, 1, 2, 4])):
        start += rng.uniform(0.1, 4)
        end = start + rng.choice([0.2, 0.2, 0.2, 0.9, 1.1])
        if seconds is None or end > seconds:
            return
        tables["audio_silences"].append(
            {
                "path": path,
                "threshold_db": 60.0,
                "interval_number": number,
                "start_seconds": start,
                "end_seconds": end,
            }
        )
        start = end


def _write(path: Path, tables: Rows, order: random.Random | None) -> None:
    with open_to_write(path) as connection:
        create_raw_tables(connection)
        for table, rows in tables.items():
            connection.execute(f"delete from raw.{table}")
            shuffled = list(rows)
            if order is not None:
                order.shuffle(shuffled)
            columns = list(rows[0])
            marks = ", ".join("?" for _ in columns)
            connection.executemany(
                f"insert into raw.{table} ({', '.join(columns)}) values ({marks})",
                [[row[column] for column in columns] for row in shuffled],
            )


def _state(project: Any) -> dict[str, tuple[Any, ...]]:
    """Return the number of rows and a checksum of each mart and verdict."""
    names = project.rows(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('cleaning', 'marts') and table_type = 'BASE TABLE' "
        "and table_name <> 'builds'"
    )
    return {
        name: project.rows(
            f"select count(*), md5(string_agg(line, '' order by line)) "
            f"from (select {name.partition('.')[2]}::varchar as line from {name})"
        )[0]
        for (name,) in names
    }


@pytest.fixture(scope="module")
def drawn() -> Rows:
    return _draw(seed=1)


@pytest.fixture(scope="module")
def random_project(
    raw_project: Any, drawn: Rows, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Return the warehouse after `dbt run` with one thread."""
    folder = tmp_path_factory.mktemp("random")
    project = type(raw_project)(folder, raw_project.target)
    _write(project.warehouse, drawn, None)
    done = project.dbt("run", "--threads", "1")
    assert done.returncode == 0, done.stdout
    return project


def test_every_test_of_the_models_passes(random_project: Any) -> None:
    done = random_project.dbt("test", "--exclude", "test_type:unit")
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("version", [1, 2])
def test_a_track_is_kept_or_explained_once(random_project: Any, version: int) -> None:
    kept = random_project.rows(
        f"select source, track_id from marts.training_set_v{version}"
    )
    out = random_project.rows(
        f"select distinct source, track_id from marts.excluded_tracks_v{version}"
    )
    known = random_project.rows("select source, track_id from marts.tracks")
    assert sorted(kept + out) == sorted(known)
    assert len(known) == len(set(known)) == _SONGS + 60
    assert 20 < len(kept) < len(known)


@pytest.mark.parametrize("version", [1, 2])
def test_the_funnel_adds_up(random_project: Any, version: int) -> None:
    rows = random_project.rows(
        "select rule, n_excluded, n_left "
        f"from marts.cleaning_funnel_v{version} order by rule_order"
    )
    first = random_project.rows(
        f"select min_by(rule, rule_order) from marts.excluded_tracks_v{version} "
        "group by source, track_id"
    )
    counted = Counter(rule for (rule,) in first)
    left = _SONGS + 60
    for rule, excluded, n_left in rows:
        left -= excluded
        assert n_left == left, rule
        assert excluded == counted[rule]
    ((kept,),) = random_project.rows(
        f"select count(*) from marts.training_set_v{version}"
    )
    assert left == kept


@pytest.mark.field_report("R10")
def test_duplicates_form_groups_of_which_one_stays(
    random_project: Any, drawn: Rows
) -> None:
    rows = random_project.rows(
        "select source, track_id, group_id, best_track_id, n_members, "
        "has_tag_conflict from marts.duplicate_groups"
    )
    group_of = {(source, track): group for source, track, group, *_ in rows}
    assert len(group_of) == len(rows), "a track is in two groups"
    members = defaultdict(list)
    for source, track, group, best, size, conflict in rows:
        members[group].append((source, track, best, size, conflict))
    for group, found in members.items():
        assert len(found) > 1, group
        assert {size for *_, size, _ in found} == {len(found)}
        assert len({best for _, _, best, _, _ in found}) == 1
        assert len({conflict for *_, conflict in found}) == 1
        assert sum(track == best for _, track, best, _, _ in found) == 1
    out = set(
        random_project.rows("select source, track_id from cleaning.file_verdicts")
    )
    _check_relation(_listed(drawn, out), group_of)
    _check_relation(_equal_sounds(random_project, out), group_of)
    kept = random_project.rows("select source, track_id from marts.training_set_v2")
    groups = [group_of[key] for key in kept if key in group_of]
    assert len(groups) == len(set(groups))


def _check_relation(pairs: Iterator[tuple[Any, Any]], group_of: dict[Any, Any]) -> None:
    """Whatever is related lies in one group: so groups are closed."""
    checked = 0
    for one, other in pairs:
        assert group_of[one] == group_of[other]
        checked += 1
    assert checked > 10


def _listed(drawn: Rows, out: set[Any]) -> Iterator[tuple[Any, Any]]:
    songs = {("msd", row["track_id"]) for row in drawn["msd_songs"]}
    groups = defaultdict(list)
    for row in drawn["msd_duplicates"]:
        if ("msd", row["track_id"]) in songs - out:
            groups[row["group_number"]].append(("msd", row["track_id"]))
    for found in groups.values():
        yield from itertools.pairwise(found)


def _equal_sounds(project: Any, out: set[Any]) -> Iterator[tuple[Any, Any]]:
    sounds = defaultdict(list)
    for source, track, sound in project.rows(
        "select source, track_id, sound_sha256 from marts.tracks "
        "where sound_sha256 is not null"
    ):
        if (source, track) not in out:
            sounds[sound].append((source, track))
    for found in sounds.values():
        yield from itertools.pairwise(found)


@pytest.mark.field_report("R11")
def test_no_artist_is_in_two_splits(random_project: Any) -> None:
    rows = random_project.rows(
        "select artist_key, source, track_id, split from marts.splits"
    )
    splits = defaultdict(set)
    for artist, _, _, split in rows:
        splits[artist].add(split)
    assert len(rows) > len(splits) > 0
    assert all(len(found) == 1 for found in splits.values())
    keys = [(source, track) for _, source, track, _ in rows]
    assert len(keys) == len(set(keys))
    names = random_project.rows(
        "select artist_name, split from marts.tracks inner join marts.splits "
        "using (source, track_id) "
        "where source = 'msd' and artist_id is null and artist_name is not null"
    )
    of_name = defaultdict(set)
    for name, split in names:
        of_name[name.strip(" !").lower()].add(split)
    assert len(names) > len(of_name) > 0
    assert all(len(found) == 1 for found in of_name.values())


@pytest.mark.field_report("R16", "R22")
def test_a_tag_counts_once_with_its_largest_weight(
    random_project: Any, drawn: Rows
) -> None:
    clean = dict(
        random_project.rows("select tag, clean_tag from cleaning.tag_verdicts_v2")
    )
    given: dict[tuple[str, str], list[float]] = defaultdict(list)
    tracks = {row["tid_rowid"]: row["tid"] for row in drawn["lastfm_tids"]}
    tags = {row["tag_rowid"]: row["tag"] for row in drawn["lastfm_tags"]}
    for pair in drawn["lastfm_tid_tag"]:
        tag = clean[tags[pair["tag_rowid"]]]
        if tag is not None and pair["val"] > 0:
            given[tracks[pair["tid_rowid"]], tag].append(pair["val"])
    rows = random_project.rows(
        "select track_id, tag, weight, n_pairs from marts.track_tags_v2 "
        "where source = 'msd'"
    )
    found = {(track, tag): (weight, pairs) for track, tag, weight, pairs in rows}
    assert len(found) == len(rows)
    for key, (weight, pairs) in found.items():
        assert weight == max(given[key]) > 0
        assert pairs == len(given[key])
    assert sum(pairs > 1 for _, pairs in found.values()) > 20


def test_labels_are_ascending_places_of_the_vocabulary(random_project: Any) -> None:
    for version in (1, 2):
        vocabulary = random_project.rows(
            f"select tag from marts.training_vocabulary_v{version} order by position"
        )
        places = {tag: place for place, (tag,) in enumerate(vocabulary)}
        for (labels,) in random_project.rows(
            f"select labels from marts.training_set_v{version}"
        ):
            found = [places[label] for label in labels]
            assert found == sorted(set(found))


@pytest.mark.field_report("R50", "R51")
def test_order_threads_and_another_run_change_nothing(
    random_project: Any, drawn: Rows
) -> None:
    before = _state(random_project)
    splits = dict(random_project.rows("select track_id, split from marts.splits"))
    _write(random_project.warehouse, drawn, random.Random(2))
    done = random_project.dbt("run", "--threads", "8")
    assert done.returncode == 0, done.stdout
    assert _state(random_project) == before
    with duckdb.connect(str(random_project.warehouse)) as connection:
        connection.execute(
            "insert into raw.msd_songs (track_id, artist_id) values (?, 'ARNEW')",
            [_track(_SONGS + 500)],
        )
    done = random_project.dbt("run", "--select", "+splits")
    assert done.returncode == 0, done.stdout
    after = dict(random_project.rows("select track_id, split from marts.splits"))
    assert after.pop(_track(_SONGS + 500))
    assert after == splits


@pytest.mark.field_report("R52")
def test_an_empty_warehouse_gives_empty_marts(raw_project: Any, tmp_path: Path) -> None:
    project = type(raw_project)(tmp_path, raw_project.target)
    with open_to_write(project.warehouse) as connection:
        create_raw_tables(connection)
    done = project.dbt("run")
    assert done.returncode == 0, done.stdout
    for name in ("tracks", "training_set", "excluded_tracks", "splits", "track_tags"):
        assert project.rows(f"select count(*) from marts.{name}") == [(0,)]
