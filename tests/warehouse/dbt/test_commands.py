"""What dbt's commands do here: build, drop what is stale, explain what is missing."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.field_report("R22", "R50", "R52")
def test_dbt_build_passes_all_its_tests(project: Any) -> None:
    """Keys are unique and not NULL after the second run, too, and unit tests hold."""
    done = project.dbt("build")
    assert done.returncode == 0, done.stdout
    assert re.search(r"PASS=\d+ WARN=0 ERROR=0 SKIP=0", done.stdout)


# What a row of a table may not say, and the test that sees it.
STRANGERS = {
    "splits": ("'msd', 'TRNOBODY', 'AR', 'train'", "splits,test_name:belongs_to"),
    "excluded_tracks_v2": (
        "'msd', 'TRNOBODY', 1, 'no_such_rule', 2, 'x'",
        "excluded_tracks,test_name:belongs_to",
    ),
    "clips_to_decode": ("'nowhere.mp3'", "clips_to_decode,test_name:refers_to"),
    "tag_implications_v1": (
        "'rock', 'zydeco', 1, 1, 1, 0.9",
        "tags_of_a_recipe_are_its_own",
    ),
    "tag_implications_v2": (
        "'rock', 'jazz', 1, 1, 1, 1.1",
        "tag_implications,test_name:within_range",
    ),
}


@pytest.mark.parametrize("table", STRANGERS)
def test_a_row_about_nothing_stops_the_build(
    project: Any, tmp_path: Path, table: str
) -> None:
    row, selected = STRANGERS[table]
    own = type(project)(tmp_path, project.target)
    shutil.copy(project.warehouse, own.warehouse)
    words = ("test", "--select", selected)
    assert own.dbt(*words).returncode == 0
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute(f"insert into marts.{table} values ({row})")
    assert own.dbt(*words).returncode == 1


def _as_table(view: str) -> str:
    """Return SQL that puts what a view shows into a table in its place."""
    schema, name = view.split(".")
    return (
        f"create table {schema}.shown as from {view}; drop view {view}; "
        f"alter table {schema}.shown rename to {name};"
    )


_OTHER_SPLIT = "if(split = 'train', 'test', 'train') as split"
# A test, and what it must not let pass.
FAULTS = {
    "artists_stay_in_one_split": (
        "insert into marts.splits "
        f"select * replace ('TRNOBODY' as track_id, {_OTHER_SPLIT}) "
        "from marts.splits limit 1"
    ),
    "equal_sound_stays_in_one_split recordings_stay_once funnel_adds_up": (
        "insert into marts.training_set_v2 "
        f"select training_set.* replace (other.track_id as track_id, {_OTHER_SPLIT}) "
        "from marts.training_set_v2 as training_set "
        "join marts.tracks as one using (source, track_id) "
        "join marts.tracks as other on one.sound_sha256 = other.sound_sha256 "
        "and one.track_id != other.track_id limit 1"
    ),
    "other_recordings_are_out": (
        "insert into marts.training_set_v2 "
        "select training_set.* replace (differing.track_id as track_id) "
        "from marts.training_set_v2 as training_set, "
        "cleaning.differing_names as differing "
        "where artist_similarity < 0.4 and title_similarity < 0.4 limit 1"
    ),
    "clean_tags_keep_scripts_apart": (
        f"{_as_table('cleaning.clean_tags_v2')} "
        "update cleaning.clean_tags_v2 set tag = 'рок' where is_kept"
    ),
    "tag_links_stay_in_one_clean_tag": (
        f"{_as_table('cleaning.tag_links_v1')} "
        "insert into cleaning.tag_links_v1 by name "
        "select 'msd' as source, 'rock' as target, 'jazz' as tag"
    ),
    "vocabulary_names_are_known": "select 1",
    "clean_silence,test_name:verdict_is_explained": (
        f"{_as_table('cleaning.clean_silence_v2')} "
        "update cleaning.clean_silence_v2 set evidence = null"
    ),
    "tracks,test_name:primary_key": (
        "insert into marts.tracks from marts.tracks limit 1"
    ),
}


@pytest.mark.field_report("R11", "R50")
def test_every_check_of_the_build_can_fail(project: Any, tmp_path: Path) -> None:
    """In one run, since dbt takes long to begin; those of lists are in test_seeds."""
    own = type(project)(tmp_path, tmp_path / "target")
    shutil.copytree(project.target, own.target)
    shutil.copy(project.warehouse, own.warehouse)
    with duckdb.connect(str(own.warehouse)) as connection:
        for statement in FAULTS.values():
            connection.execute(statement)
    names = [name for each in FAULTS for name in each.split()]
    done = own.dbt(
        "test",
        *("--select", *names),
        dbt_vars="{min_positives_per_split: 0, vocabulary_with: [zzz]}",
    )
    results = json.loads((own.target / "run_results.json").read_text())["results"]
    passed = {
        result["unique_id"].split(".")[2]
        for result in results
        if result["status"] == "pass"
    }
    # Of the other version of clean_silence.
    assert {name for name in passed if "clean_silence_v1" not in name} == set()
    assert len(results) > len(names)
    assert 'vocabulary_with: no kept track has a clean tag "zzz"' in done.stdout
    assert '"rock" and "jazz" are linked, but became' in done.stdout


def test_a_tag_that_a_split_lacks_stops_the_build_by_name(project: Any) -> None:
    done = project.dbt(
        "test",
        *("--select", "training_set.v2,test_name:every_tag_in_every_split"),
        dbt_vars="{min_positives_per_split: 100}",
    )
    assert done.returncode == 1
    assert "tag rock has " in done.stdout


def test_an_exception_from_a_leak_is_no_leak(project: Any, tmp_path: Path) -> None:
    own = type(project)(tmp_path, project.target)
    shutil.copy(project.warehouse, own.warehouse)
    words = ("test", "--select", "equal_sound_stays_in_one_split")
    one, other = (
        own.rows(
            f"select min(track_id) from marts.training_set where split {sign} 'train'"
        )[0][0]
        for sign in ("=", "!=")
    )
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute(
            "update marts.tracks set sound_sha256 = 'equal' where track_id in (?, ?)",
            [one, other],
        )
    assert own.dbt(*words).returncode == 1
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute(
            "insert into seeds.track_exceptions values "
            "('msd', ?, 'leak_across_splits', 'a sine')",
            [other],
        )
    done = own.dbt(*words)
    assert done.returncode == 0, done.stdout


def test_a_quote_is_a_letter_and_null_an_empty_list(
    project: Any, tmp_path: Path, track_of: Callable[[str], str]
) -> None:
    own = type(project)(tmp_path, project.target)
    shutil.copy(project.warehouse, own.warehouse)
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute(
            "insert into raw.published_splits (split_scheme, track_id, split) "
            "values ('Lee''s', ?, 'test')",
            [track_of("Z")],
        )
    own_vars = {
        "split_by": "Lee's",
        "split_seed": "it's",
        "duplicate_seed_v1": "it's",
        "vocabulary_with": ["o'possum"],
    } | dict.fromkeys(
        (
            "duplicate_reasons",
            "tag_never_names",
            "vocabulary_without",
            "vocabulary_merge",
            "vocabulary_without_categories",
        )
    )
    done = own.dbt("run", dbt_vars=json.dumps({"vocabulary_size": 1} | own_vars))
    assert done.returncode == 0, done.stdout
    assert own.rows("select track_id from marts.training_set") == [(track_of("Z"),)]
    assert own.rows(
        "select distinct evidence from marts.excluded_tracks "
        "where rule = 'not_in_split_scheme'"
    ) == [("not in the split Lee's",)]
    done = own.dbt(
        *("test", "--select", "vocabulary_names_are_known"),
        dbt_vars=json.dumps(
            {"vocabulary_with": ["o'possum"], "vocabulary_without": ["Rock", "rock"]}
        ),
    )
    assert done.returncode == 1
    told = re.sub(r"\s+", " ", done.stdout)
    assert 'vocabulary_with: no kept track has a clean tag "o\'possum"' in told
    assert 'vocabulary_without: no clean tag is called "Rock"' in told
    assert '"rock"' not in told


def test_a_threshold_that_was_not_measured_stops_the_build(project: Any) -> None:
    words = ("test", "--select", "silence_threshold_was_measured")
    done = project.dbt(*words, dbt_vars="{silence_threshold_db: 50}")
    assert done.returncode == 1
    assert "silence_threshold_db is 50, and clips were measured at 40.0;" in done.stdout
    assert project.dbt(*words, dbt_vars="{silence_threshold_db: 40}").returncode == 0


@pytest.mark.parametrize("split_by", ["clas", "[artist, clas]"])
def test_an_unknown_split_stops_the_build_by_name(project: Any, split_by: str) -> None:
    done = project.dbt(
        *("test", "--select", "split_schemes_are_known"),
        dbt_vars=f"{{split_by: {split_by}}}",
    )
    assert done.returncode == 1
    assert 'no list or data set splits tracks by "clas"; expected artist' in done.stdout


# Vars that no run takes, and what dbt says of them.
REFUSED = [
    ("{split_by: clas}", "split_by is 'clas'; expected one of: artist, track"),
    ("{split_by: [clas]}", "split_by is 'clas'; expected one of: "),
    (
        "{vocabulary_preset: papers}",
        "vocabulary_preset is 'papers'; expected one of: papers50, urop2019_50",
    ),
    (
        "{vocabulary_without_categories: [places]}",
        "vocabulary_without_categories is 'places'; expected one of: given, ",
    ),
    (
        "{duplicate_reasons: [listed, name_]}",
        "duplicate_reasons lists 'name_'; expected: listed, content, sound, ",
    ),
    (
        "{exclude_untagged_v1: maybe}",
        "exclude_untagged_v1 is 'maybe'; expected one of: True, False",
    ),
    (
        "{max_clipped_share: 1e-3}",
        "max_clipped_share is '1e-3'; expected a number, such as 15 or 0.25",
    ),
    ("{vocabulary_with: rock}", "vocabulary_with is 'rock'; expected a list, such"),
    (
        "{vocabulary_merge: [chill, chillout]}",
        "vocabulary_merge is '['chill', 'chillout']'; expected a list of lists",
    ),
    (
        "{vocabulary_merge: [[rock, jazz], []]}",
        "vocabulary_merge is '[['rock', 'jazz'], []]'; expected a list of lists",
    ),
    (
        "{split_shares: {train: 80, test: 20}}",
        "'test': 20}'; expected three numbers: train, validation and test",
    ),
    (
        "{vocabulary_size: true}",
        "vocabulary_size is 'True'; expected a number, such",
    ),
    ("{vocabulary_size: 2.5}", "vocabulary_size is '2.5'; expected a whole number"),
    (
        "{implication_min_share: 70}",
        "implication_min_share is '70'; expected a number from 0 to 1",
    ),
    (
        "{max_missing_seconds: .inf}",
        "max_missing_seconds is 'inf'; expected a number of at least 0",
    ),
    (
        "{silence_floor_db: 60}",
        "silence_floor_db is '60'; expected a number of at most 0",
    ),
    ("{split_by: null}", "split_by is 'None'; expected artist, track, a scheme"),
    ("{split_seed: null}", "split_seed is 'None'; expected a text"),
    (
        "{vocabulary_sise: 20}",
        "there is no var vocabulary_sise; dbt_project.yml lists them all",
    ),
    (
        "{silence_threshold_db: 50}",
        "silence_threshold_db is 50, and clips were measured at 40.0, 60.0 alone; ",
    ),
]


@pytest.fixture(scope="module")
def runs_of_refused(project: Any) -> dict[str, tuple[bool, str]]:
    dbt_vars = [each for each, _ in REFUSED]
    done: dict[str, tuple[bool, str]] = project.dbt_for_each(
        [*dbt_vars, "{}"], "run", "--select", "splits"
    )
    # What stops the others is their vars.
    assert done["{}"] == (True, "")
    return done


@pytest.mark.parametrize(("dbt_vars", "told"), REFUSED)
def test_an_unknown_word_in_a_var_stops_a_run(
    runs_of_refused: dict[str, tuple[bool, str]], dbt_vars: str, told: str
) -> None:
    succeeded, errors = runs_of_refused[dbt_vars]
    assert not succeeded
    assert told in re.sub(r"\s+", " ", errors)
    assert "Traceback" not in errors


def test_every_var_is_checked() -> None:
    written = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    checks = (ROOT / "warehouse" / "macros" / "check_vars.sql").read_text()
    assert len(written) > 50
    assert {name for name in written if f'"{name}"' not in checks} == set()


def test_what_no_model_makes_any_more_is_dropped(project: Any) -> None:
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("create table marts.renamed_model as select 1 as n")
        connection.execute("create view staging.old_view as select 1 as n")
    done = project.dbt("run", "--select", "stg_msd__songs")
    assert done.returncode == 0, done.stdout
    expected = expected_relations(project.nodes("model", "seed"))
    assert relations(project) == expected | {"marts.builds"}


def relations(project: Any) -> set[str]:
    found = project.rows(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('staging', 'cleaning', 'marts', 'seeds')"
    )
    return {name for (name,) in found}


def expected_relations(nodes: list[dict[str, Any]]) -> set[str]:
    names = set()
    for node in nodes:
        names.add(f"{node['schema']}.{node['alias']}")
        if node.get("version") and node["version"] == node["latest_version"]:
            names.add(f"{node['schema']}.{node['name']}")
    return names


class TestWithoutData:
    @pytest.mark.parametrize("command", ["run", "build"])
    def test_no_file(self, tmp_path: Path, project: Any, command: str) -> None:
        done = type(project)(tmp_path, project.target).dbt(command)
        assert done.returncode == 2
        assert "run python -m ingest all first" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr

    def test_no_raw_tables(self, tmp_path: Path, project: Any) -> None:
        duckdb.connect(str(tmp_path / "lyre.duckdb")).close()
        done = type(project)(tmp_path, project.target).dbt("run")
        assert done.returncode == 2
        assert "no raw tables in" in done.stdout

    @pytest.mark.field_report("R43")
    def test_open_elsewhere(self, project: Any) -> None:
        with duckdb.connect(str(project.warehouse), read_only=True):
            done = project.dbt("run")
        assert done.returncode == 2
        assert "the warehouse is open in another program" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.field_report("R48")
def test_the_memory_limit_reaches_dbt(project: Any, tmp_path: Path) -> None:
    config = tmp_path / "lyre.toml"
    show = ("show", "--inline", "select current_setting('memory_limit') as memory")
    config.write_text('memory_limit = "1GB"\n')
    assert "953.6 MiB" in project.dbt(*show, config=config).stdout
    config.write_text('memory_limit = "much"\n')
    done = project.dbt(*show, config=config)
    assert done.returncode == 2
    assert "memory_limit: String should match" in done.stdout


def test_the_docs_are_one_page(project: Any) -> None:
    """What `make docs` copies: every model, its description and what it is made of."""
    page = project.target / "static_index.html"
    page.unlink(missing_ok=True)
    done = project.dbt("docs", "generate", "--static")
    assert done.returncode == 0, done.stdout
    text = page.read_text(encoding="utf-8")
    for node in project.nodes("model"):
        assert f'"{node["unique_id"]}"' in text
    assert "The final table: the tracks that are kept" in text
    assert '"parent_map"' in text


_AGGREGATE = """
    select count(*) as n_tracks, sum(len(tags)) as n_tags from (
        select track, list(tag order by weight, tag) as tags
        from (
            select i // 8 as track, 'some tag ' || hash(i) % 1000 as tag,
                hash(i + 1) % 101 as weight
            from range(1000000) as numbers (i)
        )
        group by track
    )
"""
# Needs some 100 MB.
_DISTINCT = """
    select count(*) as n_words from (
        select distinct md5(i::text) as word from range(1500000) as numbers (i)
    )
"""


@pytest.mark.field_report("R48")
def test_a_million_pairs_are_listed_by_track_in_256_mb(
    project: Any, tmp_path: Path
) -> None:
    config = tmp_path / "lyre.toml"
    config.write_text('memory_limit = "256MB"\n')
    done = project.dbt("show", "--inline", _AGGREGATE, config=config)
    assert done.returncode == 0, done.stdout
    assert re.search(r"125,?000.*1,?000,?000", done.stdout), done.stdout


@pytest.mark.field_report("R48")
def test_what_memory_cannot_hold_goes_to_the_folder_that_is_named(
    project: Any, tmp_path: Path
) -> None:
    config = tmp_path / "lyre.toml"
    spill = tmp_path / "it's here"
    limit = 'memory_limit = "80MB"\n'
    # Where it cannot go to the disk, it cannot be done: the folder is a file.
    (tmp_path / "file").touch()
    config.write_text(f'{limit}temp_dir = "file"\n')
    done = project.dbt("show", "--inline", _DISTINCT, config=config)
    assert done.returncode != 0
    config.write_text(f'{limit}temp_dir = "it\'s here"\n')
    done = project.dbt("show", "--inline", _DISTINCT, config=config)
    assert done.returncode == 0, done.stdout
    assert re.search(r"1,?500,?000", done.stdout), done.stdout
    assert not spill.exists() or not list(spill.iterdir())


@pytest.mark.field_report("R48")
def test_too_little_memory_is_told_with_advice(project: Any, tmp_path: Path) -> None:
    config = tmp_path / "lyre.toml"
    config.write_text('memory_limit = "40MB"\n')
    done = project.dbt("show", "--inline", _AGGREGATE, config=config)
    assert done.returncode != 0
    assert "Increasing the memory limit" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
