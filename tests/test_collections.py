"""The chain on people's own music and on other data sets, without the MSD and with it.

A small collection of real music is described by a CSV file; MTG-Jamendo's list is the
real one, of which one clip is there under another track's name; MagnaTagATune and FMA
have a real clip each and a list of one line.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).resolve().parents[1]

# path, tags, artist, title, split
_MINE = [
    ("ambient/vibe.ogg", "electronic;Lo-Fi Beats", "Kevin MacLeod", "Vibe", "train"),
    ("choice.ogg", "drum and bass;electronic", "Admiral Bob", "Choice", "validation"),
    ("blues.mp3", "genre---Blues", "Muddy  WATERS", "Country Blues", "test"),
    ("song.mp3", "rock;Lo-Fi Beats", "Somebody", "Song", "train"),
    ("trumpet.ogg", "jazz", "Sorohanro", "Solo", "train"),
    ("lost.mp3", "rock", "Nobody", "Lost", "train"),
]
_CLIPS = {
    "ambient/vibe.ogg": "Kevin_MacLeod_-_Vibe_Ace.ogg",
    "choice.ogg": "admiralbob77_-_Choice_-_Drum-bass.ogg",
    "blues.mp3": "TRWJAZW128F42760DD_test.mp3",
    "song.mp3": "test-1.mp3",
    "trumpet.ogg": "sorohanro_-_solo-trumpet-06.ogg",
}
_SETTINGS = """
[sources]
root = "."
msd = ["songs"]
lastfm = "lastfm.db"
mismatches = "absent.txt"
duplicates = "absent.txt"
audio = "clips"

[sources.datasets.mine]
format = "plain"
paths = ["mine.csv"]
audio = "music"
"""
_MORE = """
[sources.datasets.jamendo]
format = "jamendo"
paths = ["autotagging-test.tsv"]

[sources.datasets.magnatagatune]
format = "magnatagatune"
paths = ["mtt"]
audio = "mtt"

[sources.datasets.fma]
format = "fma"
paths = ["fma"]
"""
_MTT_CLIP = "joram-moments_of_clarity-08-solipsism-59-88.mp3"
_MTT = f""""clip_id"\t"ambient"\t"no vocals"\t"drums"\t"mp3_path"
"2"\t"1"\t"1"\t"0"\t"f/{_MTT_CLIP}"
"""
_FMA = """,artist,artist,set,track,track,track,track,track,track
,id,name,split,duration,genre_top,genres,genres_all,tags,title
track_id,,,,,,,,,
10,6,Kurt Vile,training,161,Pop,[10],[10],[],Freeway
"""
_VARS = {"split_by": "mine", "min_positives_per_split": 0, "min_file_bytes": 0}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, real: Path) -> Path:
    """Return a folder with a collection of real music and the settings that name it."""
    folder = tmp_path_factory.mktemp("collection")
    for path, name in _CLIPS.items():
        clip = folder / "music" / path
        clip.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(real / "music" / name, clip)
    with (folder / "mine.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "tags", "artist", "title", "split"])
        writer.writerows(_MINE)
    (folder / "lyre.toml").write_text(_SETTINGS)
    return folder


def _run(place: Path, *command: str) -> str:
    own = {
        "LYRE_CONFIG": str(place / "lyre.toml"),
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
    }
    done = subprocess.run(
        command,
        cwd=_ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _python(place: Path, *arguments: str) -> str:
    return _run(place, sys.executable, "-m", *arguments)


def _dbt(place: Path, command: str, **more: object) -> None:
    dbt = str(Path(sys.executable).with_name("dbt"))
    _run(place, dbt, "--quiet", command, "--vars", json.dumps({**_VARS, **more}))


def _rows(place: Path, sql: str) -> list[tuple[object, ...]]:
    warehouse = place / "data" / "lyre.duckdb"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def built(place: Path) -> Iterator[Path]:
    """Return the folder once the collection alone is ingested, cleaned and tested."""
    _python(place, "ingest", "dataset", "plain", str(place / "mine.csv"), "--name=mine")
    _python(place, "ingest", "audio")
    _dbt(place, "build")
    return place


def test_a_collection_alone_is_cleaned(built: Path) -> None:
    kept = _rows(built, "select path, split, labels from marts.training_set order by 1")
    assert [(path, split) for path, split, _ in kept] == [
        ("mine/ambient/vibe.ogg", "train"),
        ("mine/blues.mp3", "test"),
        ("mine/choice.ogg", "validation"),
        ("mine/song.mp3", "train"),
    ]
    labels = {path: set(tags) for path, _, tags in kept if isinstance(tags, list)}
    assert labels["mine/blues.mp3"] == {"blues"}
    assert labels["mine/choice.ogg"] == {"drum and bass", "electronic"}
    # A tag that no vocabulary lists stays as it was given.
    assert labels["mine/song.mp3"] == {"rock", "lo-fi beats"}


def test_every_track_that_is_out_is_explained(built: Path) -> None:
    query = (
        "select track_id, arg_min(rule, rule_order), arg_min(evidence, rule_order) "
        "from marts.excluded_tracks_{} group by 1 order by 1"
    )
    lost, short = _rows(built, query.format("v2"))
    assert lost == ("lost.mp3", "no_audio_file", "no file lost.mp3")
    assert short[:2] == ("trumpet.ogg", "too_short")
    assert {(rule, why) for _, rule, why in _rows(built, query.format("v1"))} == {
        ("other_source", "v1 knows the MSD alone, not mine")
    }
    funnel = _rows(
        built, "select n_left from marts.cleaning_funnel order by rule_order"
    )
    assert (funnel[0], funnel[-1]) == ((6,), (4,))


def test_a_collection_is_exported_learned_and_evaluated_by_source(built: Path) -> None:
    _python(built, "export", "tfrecord", "--verify")
    small = [
        *("--set", "model.name=pons-logmel", "--set", "model.filters=1"),
        *("--set", "model.dense_units=4"),
        *("--set", "model.backend_filters=4", "--set", "training.epochs=1"),
        *("--set", "validation.enabled=false"),
    ]
    _python(built, "train", "fit", "--name", "tiny", *small)
    told = json.loads(_python(built, "train", "evaluate", "tiny", "--json"))
    assert "mine" in json.dumps(told)
    clip = str(built / "music" / "blues.mp3")
    (answer,) = json.loads(_python(built, "train", "predict", "tiny", clip, "--json"))
    assert "lo-fi beats" in answer["tags"]


@pytest.fixture(scope="module")
def together(built: Path, real: Path) -> Path:
    """Return the folder with the MSD and MTG-Jamendo in the same warehouse."""
    shutil.copytree(real / "msd" / "songs", built / "songs")
    shutil.copy(real / "lastfm" / "lastfm_tags_real_tracks.db", built / "lastfm.db")
    shutil.copy(
        real / "jamendo" / "autotagging_moodtheme-test.tsv",
        built / "autotagging-test.tsv",
    )
    # The list says 24/3524.mp3; 7digital's number 3400270 is that of a real song.
    for name, clip in (
        ("test-1.mp3", "jamendo/24/3524.low.mp3"),
        ("Kevin_MacLeod_-_Vibe_Ace.ogg", "3/4/3400270.clip.ogg"),
        (_MTT_CLIP, f"../mtt/f/{_MTT_CLIP}"),
        ("../audio/000010.mp3", "fma/000/000010.mp3"),
    ):
        file = built / "clips" / clip
        file.parent.mkdir(parents=True)
        shutil.copy(real / "music" / name, file)
    (built / "mtt" / "annotations_final.csv").write_text(_MTT)
    (built / "fma").mkdir()
    (built / "fma" / "tracks.csv").write_text(_FMA)
    with (built / "lyre.toml").open("a") as file:
        file.write(_MORE)
    _python(built, "ingest", "all")
    _dbt(built, "run", split_by="artist")
    return built


def test_sources_stand_side_by_side(together: Path) -> None:
    found = _rows(
        together,
        "select source, count(*), count(path) from marts.tracks group by 1 order by 1",
    )
    # 19 real song files, and the real list of Jamendo.
    lines = (together / "autotagging-test.tsv").read_text().splitlines()
    assert found == [
        ("fma", 1, 1),
        ("jamendo", len(lines) - 1, 1),
        ("magnatagatune", 1, 1),
        ("mine", 6, 5),
        ("msd", 19, 1),
    ]
    (clip,) = _rows(
        together,
        "select path from marts.tracks where source = 'msd' and path is not null",
    )
    assert clip == ("3/4/3400270.clip.ogg",)


@pytest.mark.field_report("R10")
def test_equal_sound_of_two_sources_is_kept_once(together: Path) -> None:
    groups = _rows(
        together,
        "select list(source order by source) from marts.duplicate_groups "
        "group by group_id order by 1",
    )
    assert groups == [(["jamendo", "mine"],), (["mine", "msd"],)]
    kept = _rows(
        together,
        "select source, count(*) from marts.training_set group by 1 order by 1",
    )
    assert sum(number for _, number in kept if isinstance(number, int)) == 5
    assert ("magnatagatune", 1) in kept
    # The real clip of FMA lasts two seconds.
    out = _rows(
        together,
        "select arg_min(rule, rule_order) from marts.excluded_tracks "
        "where source = 'fma'",
    )
    assert out == [("too_short",)]


def test_tags_of_each_source_are_clean(together: Path) -> None:
    tags = _rows(
        together,
        "select source, tag from marts.track_tags "
        "where source in ('fma', 'magnatagatune') order by all",
    )
    assert tags == [
        ("fma", "pop"),
        ("magnatagatune", "ambient"),
        ("magnatagatune", "no vocals"),
    ]


def test_v1_is_that_of_the_msd_alone(together: Path) -> None:
    tags = _rows(together, "select distinct source from cleaning.clean_tags_v1")
    assert tags == [("msd",)]
    others = _rows(
        together,
        "select count(*) from cleaning.clean_matches_v1 "
        "where source <> 'msd' and rule is distinct from 'other_source'",
    )
    assert others == [(0,)]


def test_a_folder_of_two_data_sets_is_refused(together: Path) -> None:
    (together / "clips" / "mine").mkdir()
    shutil.copy(together / "music" / "song.mp3", together / "clips" / "mine")
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "audio"],
        cwd=_ROOT,
        env={**os.environ, "LYRE_CONFIG": str(together / "lyre.toml")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "sources.datasets.mine.audio" in done.stderr
