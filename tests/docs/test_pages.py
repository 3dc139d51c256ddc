"""The pages: every command runs, every link leads somewhere.

The commands of docs/from-urop2019.md and of the pages without tests of their own run
one after another on a small sample, as a reader would run them.
"""

import csv
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from ingest.track_metadata import COLUMNS
from sample.plan import draw
from warehouse.query import ask

# Inside Keras; no code of ours can answer it.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

_ROOT = Path(__file__).resolve().parents[2]
_DBT = _ROOT / ".venv" / "bin" / "dbt"
_PAGES = ["README.md", "CHANGELOG.md"] + [
    str(path.relative_to(_ROOT)) for path in sorted((_ROOT / "docs").rglob("*.md"))
]

# `make bench` runs these at small sizes.
_BENCHMARKS = "benchmarks/README.md"

# Pages whose commands have tests of their own.
_RUN_BY = {
    "README.md": "tests/test_demo.py",
    "docs/sources.md": "tests/ingest/test_sources_page.py",
    "docs/tagging.md": "tests/train/test_main.py",
}
_MADE_WITH = re.findall(
    r"^DEMO_VARS := (.+)$", (_ROOT / "Makefile").read_text(encoding="utf-8"), re.M
)[0]
# Commands that no test runs as they stand, and why.
_NOT_RUN = {
    "export LYRE_CONFIG=data/demo/lyre.toml": "the tests set it",
    "source .venv/bin/activate": "the tests run in an environment",
    "make setup": "it fetches packages; `make test` begins with it",
    "make pretrained": "it fetches a package; `make test-all` begins with it",
    "pre-commit install": "it would change the checkout; tests/test_repository.py",
    "python -m ingest audio --engine spark": "tests/ingest/test_engines.py",
    "python -m export tfrecord --engine spark": "tests/export/test_stage.py",
    "dbt run --target spark": "tests/warehouse/dbt/test_spark.py",
    "python -m benchmarks.scale --core-hour 0.03 --cores 32": "test_scale.py",
    "python -m train": "test_without_a_command_the_newest_export_is_fitted",
    "dbt build --vars '{min_positives_per_split: 0}'": "tests/test_collections.py",
    f"dbt run --vars '{_MADE_WITH}'": "`make demo` builds with them",
}
# The main keys of the project of 2019, at its values but for the number of tags.
_OLD_CONFIGURATION = {
    "model": {"n_dense_units": 500, "n_filters": 16},
    "model-training": {
        "optimizer": {"name": "Adam", "learning_rate": 0.001},
        "batch_size": 64,
        "iterations": 2026,
        "early_stop_patience": None,
        "window_length": 15,
        "window_random": True,
    },
    "tags": {"top": 5, "with": None, "without": None, "merge": None},
    "tfrecords": {"n_mels": 96, "n_tags": 155, "sample_rate": 16000},
}
# These need the published weights: tests/train/pretrained has them.
_PUBLISHED = "musicnn"

# Questions with no answer: of lists that are empty, of repairs that are off, of tags
# that the small sample has not.
_WITHOUT_ROWS = {
    "from marts.label_changes_v1",
    "from marts.tag_equivalents_v1",
    "select * from seeds.tags_v1_added",
}

# As in the demo: the sample is small, so counts and the vocabulary shrink with it.
_DEMO_VARS = {
    "tag_target_min_count": 10,
    "tag_pool_min_count": 2,
    "vocabulary_size": 8,
    "min_positives_per_split": 0,
    "split_shares": {"train": 60, "validation": 20, "test": 20},
}
# What makes training short; the page's own words stand before it.
_SHORTER = {
    "fit": "--set training.epochs=1 --set input.window_seconds=3"
    " --set model.name=pons-logmel"
    " --set model.filters=1 --set model.dense_units=4 --set model.backend_filters=4",
    "evaluate": "--bootstrap 10 --windows 2",
    "range-test": "--steps 10 --from 0.001 --set input.window_seconds=3"
    " --set model.name=pons-logmel"
    " --set model.filters=1 --set model.dense_units=4 --set model.backend_filters=4"
    " --set training.batch_size=4",
    "bench-input": "--clips 32 --set input.window_seconds=3"
    " --set model.name=pons-logmel --set model.filters=1"
    " --set model.dense_units=4 --set model.backend_filters=4",
}


def _text(page: str) -> str:
    return (_ROOT / page).read_text(encoding="utf-8")


def _in_tables() -> list[str]:
    """Return the last cell of every row of the page on 2019."""
    found = []
    for line in _text("docs/from-urop2019.md").splitlines():
        if line.startswith("| ") and not line.startswith("| 2019 |"):
            cell = re.search(r"\| `([^`]+)` \|$", line)
            assert cell, f"a row without a command: {line}"
            found.append(cell[1])
    return list(dict.fromkeys(found))


def _in_fences(page: str) -> list[str]:
    """Return the commands of a page, without comments and redirections."""
    blocks = re.findall(r"^```sh\n(.*?)^```", _text(page), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    words = [line.partition("  #")[0].partition(" > ")[0].strip() for line in lines]
    return [line for line in words if line]


def _to_run() -> list[str]:
    pages = [page for page in _PAGES if page not in _RUN_BY]
    commands = [*_in_tables(), *(each for page in pages for each in _in_fences(page))]
    return [
        command
        for command in dict.fromkeys(commands)
        if command not in _NOT_RUN and _PUBLISHED not in command
    ]


def _vars(command: str) -> dict[str, object]:
    words = shlex.split(command)
    assert words[:2] == ["dbt", "run"]
    found = yaml.safe_load(words[3]) if len(words) > 2 else {}
    assert isinstance(found, dict)
    return found


_DBT_COMMANDS = [command for command in _in_tables() if command.startswith("dbt ")]
# A database that is clean already takes the place of the raw one, so it comes last.
_CLEANED_BEFORE = "python -m ingest lastfm data/demo/clean_lastfm.db"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose data/demo has a warehouse, an export and a run."""
    place = tmp_path_factory.mktemp("urop2019")
    demo = place / "data" / "demo"
    demo.mkdir(parents=True)
    (demo / "lyre.toml").write_text('data_dir = "."\n')
    sources = demo / "sources"
    for words in (
        ("sample", "--tracks", "80", "--out", str(sources)),
        ("ingest", "all"),
    ):
        _program(place, sys.executable, "-m", *words)
    _dbt(place, {})
    _write_further_files(place)
    with pytest.MonkeyPatch.context() as patch:
        _stand_in(place, patch)
        _run("export", "tfrecord", "--out", "data/demo/exports/v2")
        _run("export", "tfrecord")
        _run("train", "fit", "--name", "first", *_SHORTER["fit"].split())
    return place


def _program(place: Path, *command: str) -> None:
    done = subprocess.run(
        command,
        cwd=_ROOT,
        env=os.environ
        | {
            "LYRE_CONFIG": str(place / "data" / "demo" / "lyre.toml"),
            "DBT_TARGET_PATH": str(place / "target"),
            "DBT_LOG_PATH": str(place / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def _dbt(place: Path, dbt_vars: dict[str, object]) -> None:
    words = ["--vars", yaml.safe_dump({**_DEMO_VARS, **dbt_vars})]
    _program(place, str(_DBT), "--quiet", "run", *words)


def _write_further_files(place: Path) -> None:
    """Write what the demo lacks: other forms of the sources, a song, settings."""
    sources = place / "data" / "demo" / "sources"
    (sources / "lastfm_csv").mkdir()
    with sqlite3.connect(sources / "lastfm_tags.db") as database:
        for table in ("tids", "tags", "tid_tag"):
            rows = database.execute(f"select rowid, * from {table} order by rowid")
            with (sources / "lastfm_csv" / f"{table}.csv").open("w") as file:
                writer = csv.writer(file)
                writer.writerow(["", *(name for name, *_ in rows.description[1:])])
                writer.writerows(rows)
    database.close()
    with sqlite3.connect(sources / "track_metadata.db") as database:
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        database.execute(f"create table songs ({columns})")
        database.execute("insert into songs (track_id) values (?)", ["TR" + "A" * 16])
    database.close()
    clip = max((sources / "audio").rglob("*.mp3"), key=lambda path: path.stat().st_size)
    (place / "albums").mkdir()
    for name in ("song.mp3", "albums/song.mp3"):
        shutil.copy(clip, place / name)
    (place / "run.toml").write_text("[training]\nbatch_size = 16\n")
    (place / "old.json").write_text(json.dumps(_OLD_CONFIGURATION))


def _stand_in(place: Path, patch: pytest.MonkeyPatch) -> None:
    """Stand in the folder as a reader stands in the repository."""
    patch.chdir(place)
    patch.setenv("LYRE_CONFIG", "data/demo/lyre.toml")


def _run(program: str, *words: str) -> None:
    """Run a command, which must say something and write the file that it names."""
    app = import_module(f"{program}.__main__").app
    done = CliRunner().invoke(app, words)
    # 1: of several clips, some could not be read; they are planted in the sample.
    allowed = (0, 1) if words[0] in ("audio", "predict") else (0,)
    assert done.exit_code in allowed, (words, done.output, done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.output.strip() or "--out" in words, words
    if "--out" in words:
        out = Path(words[words.index("--out") + 1])
        files = [out] if out.is_file() else list(out.rglob("*.*"))
        assert sum(file.stat().st_size for file in files) > 0, out


@pytest.fixture
def do(house: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that runs a command of the page in the folder."""
    _stand_in(house, monkeypatch)
    recorded = np.random.default_rng(0).uniform(-0.3, 0.3, 16_000).astype(np.float32)
    monkeypatch.setattr(
        "train.tagger.microphone.record", lambda _seconds: (recorded, 16_000)
    )

    def run(command: str) -> None:
        if command.split()[0] in ("from", "select"):
            with ask(house / "data" / "demo" / "lyre.duckdb", command) as answer:
                rows = list(answer.rows)
            empty = all(value is None for row in rows for value in row)
            assert empty == (command in _WITHOUT_ROWS)
            return
        parts = shlex.split(command)
        while "=" in parts[0]:
            monkeypatch.setenv(*parts.pop(0).split("="))
        python, dash, program, *words = parts
        assert (python, dash) == ("python", "-m")
        # A run that goes on keeps the sizes that it began with.
        short = program == "train" and "--resume" not in words
        quick = _SHORTER.get(words[0], "") if short else ""
        if words[0] == "fit" and command not in _in_tables():
            # Pages use the same names, each for its own reader.
            quick += " --replace"
        _run(program, *words, *quick.split())

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [each for each in _to_run() if each not in [*_DBT_COMMANDS, _CLEANED_BEFORE]],
)
@pytest.mark.field_report("R56")
def test_a_command_of_the_pages_runs(command: str, do: Callable[[str], None]) -> None:
    do(command)


@pytest.mark.slow
def test_all_vars_of_the_page_on_2019_are_taken(house: Path) -> None:
    """In one run, since each takes some ten seconds; the next test has the others."""
    together: dict[str, object] = {}
    for command in _DBT_COMMANDS:
        if "tags_are_clean_v1" not in command:
            assert not together.keys() & _vars(command).keys()
            together |= _vars(command)
    assert len(together) > 10
    # dbt takes a var that no model reads without a word.
    assert together.keys() <= yaml.safe_load(_text("dbt_project.yml"))["vars"].keys()
    _dbt(house, together)
    demo = house / "data" / "demo"
    with (demo / "sources" / "ground_truth" / "faults.csv").open() as file:
        alone = [
            row["track_id"]
            for row in csv.DictReader(file)
            if row["kind"] == "lone_survivor"
        ]
    with ask(
        demo / "lyre.duckdb",
        "select track_id, rule from marts.excluded_tracks_v1 where rule = 'duplicate'",
    ) as answer:
        assert {track for track, _ in answer.rows} >= set(alone) > set()


@pytest.mark.slow
def test_a_clean_database_is_taken_as_it_is(
    house: Path, do: Callable[[str], None]
) -> None:
    do(_CLEANED_BEFORE)
    (command,) = (each for each in _DBT_COMMANDS if "tags_are_clean_v1" in each)
    _dbt(house, _vars(command))
    with ask(
        house / "data" / "demo" / "lyre.duckdb",
        "select count(*), count(*) filter (tag = clean_tag) "
        "from cleaning.clean_tags_v1",
    ) as answer:
        ((tags, as_given),) = answer.rows
    assert tags == as_given > 0


@pytest.mark.parametrize("page", _RUN_BY)
def test_a_page_with_tests_of_its_own_is_read_by_them(page: str) -> None:
    assert Path(page).name in _text(_RUN_BY[page])
    assert _in_fences(page)


def test_a_benchmark_has_the_options_that_its_page_gives_it() -> None:
    found = 0
    for command in _in_fences(_BENCHMARKS):
        words = shlex.split(command)
        if len(words) < 3 or not words[2].startswith("benchmarks."):
            continue
        source = _text(f"{words[2].replace('.', '/')}.py")
        for word in words[3:]:
            if word.startswith("--"):
                # Of argparse, or the parameter that typer makes one of.
                name = word.removeprefix("--").removeprefix("no-").replace("-", "_")
                assert f'"{word}"' in source or f"    {name}: " in source, command
                found += 1
    assert found > 10


def test_what_no_test_runs_still_stands_in_a_page() -> None:
    shown = {command for page in _PAGES for command in _in_fences(page)}
    assert shown >= _NOT_RUN.keys()


@pytest.mark.parametrize("page", [*_PAGES, _BENCHMARKS])
def test_commands_stand_in_fences_that_say_so(page: str) -> None:
    """Else the tests above would not see them."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```", _text(page), re.MULTILINE | re.DOTALL)
    for language, block in fences:
        is_command = re.match(r"(python -m|make|dbt|pip|pre-commit) ", block)
        assert not is_command or language == "sh", block


@pytest.mark.parametrize("page", ["README.md", "docs/scale.md"])
def test_dbt_runs_before_the_clips_that_it_finds_worth_it(page: str) -> None:
    """The tests above would not miss it: their warehouse has been built already."""
    commands = _in_fences(page)
    listed, pending = (
        commands.index(f"python -m ingest audio --{option}")
        for option in ("list-only", "pending")
    )
    assert "dbt run" in commands[listed:pending]


def _anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", [*_PAGES, _BENCHMARKS])
def test_links_lead_somewhere(page: str) -> None:
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", _text(page), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        path = (_ROOT / page).parent / target if target else _ROOT / page
        assert path.exists(), f"{page}: {link}"
        assert not anchor or anchor in _anchors(path.read_text()), f"{page}: {link}"


@pytest.mark.parametrize("page", ["docs/from-urop2019.md", "docs/queries.md"])
def test_ids_are_those_of_tagged_songs_of_the_demo(page: str) -> None:
    size = re.search(r"^DEMO_TRACKS \?= (\d+)$", _text("Makefile"), re.MULTILINE)
    assert size
    # That of `make demo`, and that of the tests above.
    for songs in (int(size[1]), 80):
        plan = draw(songs, seed=0)
        tagged = {bytes(track).decode() for track in plan.track_id[plan.tagged]}
        named = set(re.findall(r"\bTR[A-Z0-9]{16}\b", _text(page)))
        assert named
        assert named <= tagged


def test_every_rule_and_threshold_is_explained() -> None:
    pages = "".join(_text(page) for page in _PAGES)
    with (_ROOT / "warehouse/seeds/cleaning_rules.csv").open() as file:
        rules = {row["rule"] for row in csv.DictReader(file)}
    project = yaml.safe_load(_text("dbt_project.yml"))
    for name in rules | project["vars"].keys():
        assert re.search(rf"`{name}\b", pages), name


def test_every_page_is_reached_from_the_readme() -> None:
    reached = {"README.md"}
    waiting = ["README.md"]
    while waiting:
        page = waiting.pop()
        for link in re.findall(r"\]\(([^)\s#]+\.md)", _text(page)):
            path = (_ROOT / page).parent / link
            name = str(path.resolve().relative_to(_ROOT))
            if name not in reached and path.exists():
                reached.add(name)
                waiting.append(name)
    assert reached >= set(_PAGES)
