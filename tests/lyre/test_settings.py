"""``lyre.toml``: defaults, paths, overrides and the sentences for mistakes."""

import re
import tomllib
from pathlib import Path

import pytest

from lyre.settings import Settings, SettingsError, load

_PROJECT_FILE = Path(__file__).resolve().parents[2] / "lyre.toml"
_TABLES = ("sources", "audio", "spark")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(folder: Path, text: str) -> Path:
    file = folder / "lyre.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_the_defaults_hold() -> None:
    settings = load()
    assert settings.warehouse == Path("data/lyre.duckdb")
    assert settings.source(settings.sources.audio) == Path("data/sources/audio")
    assert settings.audio.silence_thresholds_db == [60.0]


def test_the_project_file_shows_defaults() -> None:
    shown = tomllib.loads(_PROJECT_FILE.read_text(encoding="utf-8"))
    assert shown.keys() == {"data_dir", *_TABLES}
    defaults = Settings()
    for table in _TABLES:
        for key, value in shown[table].items():
            default = getattr(getattr(defaults, table), key)
            assert Settings(**{table: {key: value}}).model_dump()[table][key] == default


def test_the_project_file_names_every_key() -> None:
    """Each as `key = value` or as a table, shown or behind a `#`."""
    lines = _PROJECT_FILE.read_text(encoding="utf-8").splitlines()
    found = [re.match(r"(?:# )?(?:(\w+) = |\[([\w.]+)\])", line) for line in lines]
    named = {part for each in found if each for part in (each[1] or each[2]).split(".")}
    keys = list(Settings.model_fields)
    for table in _TABLES:
        keys += Settings.model_fields[table].annotation.model_fields  # type: ignore[union-attr]
    assert [key for key in keys if key not in named] == []


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    file = _write(folder, 'data_dir = "d"\n[sources]\nroot = "s"\nlastfm = "x.db"')
    settings = load(file)
    assert settings.warehouse == folder / "d" / "lyre.duckdb"
    assert settings.source(settings.sources.lastfm) == folder / "s" / "x.db"


def test_every_path_of_the_file_may_start_at_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    file = tmp_path / "lyre.toml"
    file.write_text(
        'runs_dir = "~/runs"\n[sources]\nroot = "~"\nmsd = ["~/a.h5", "b.h5"]\n'
        'audio = "~/clips"\n[sources.datasets.fma]\nformat = "fma"\npaths = ["~/fma"]'
    )
    found = load(file)
    assert found.runs == Path("/home/ada/runs")
    assert found.source(found.sources.audio) == Path("/home/ada/clips")
    assert [*map(found.source, found.sources.msd)] == [
        Path("/home/ada/a.h5"),
        Path("/home/ada/b.h5"),
    ]
    assert found.sources.datasets["fma"].paths == [Path("/home/ada/fma")]


def test_a_file_without_data_dir_keeps_data_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    assert load(_write(folder, "")).data_dir == folder / "data"


def test_variables_override_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, 'data_dir = "d"\n[audio]\nworkers = 3\nbatch_files = 7')
    monkeypatch.setenv("LYRE_DATA_DIR", "/elsewhere")
    monkeypatch.setenv("LYRE_AUDIO__WORKERS", "5")
    settings = load()
    assert settings.data_dir == Path("/elsewhere")
    assert (settings.audio.workers, settings.audio.batch_files) == (5, 7)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('dta_dir = "x"', "dta_dir: no such key; the nearest valid one is 'data_dir'"),
        ('[sources]\naudoi = "x"', "sources.audoi: no such key; the nearest"),
        ("[audio]\nworkers = -1", "audio.workers: Input should be greater"),
        (
            "[audio]\nsilence_thresholds_db = [60, nan]",
            "audio.silence_thresholds_db.1: ",
        ),
        ("[audio]\nsilence_thresholds_db = [inf]", "should be a finite number"),
        ("[audio]\nsilence_thresholds_db = [-60]", "should be greater than 0"),
        ("[audio]\ntimeout_seconds = nan", "audio.timeout_seconds: Input should be"),
        ("[sources]\nmsd = []", "sources.msd: List should have at least 1 item"),
        ("data_dir =", "not valid TOML"),
        ("data_dir = " + "[" * 100_000, "not valid TOML"),
        ('[sources]\nmsd = ["a\\u0000b"]', "a text holds NUL"),
        ('data_dir = "~nobody-of-this-name/x"', "data_dir: Could not determine home"),
        (
            '[sources.splits.mine]\ntrain = "~nobody-of-this-name/x"',
            "sources.splits.mine.train: Could not determine home",
        ),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    _write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value).removesuffix("\n")


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("LYRE_DATADIR", "x", "nearest valid one is 'LYRE_DATA_DIR'"),
        ("LYRE_SOURCES__AUDI", "x", "nearest valid one is 'audio'"),
        ("LYRE_SOURCES__MSD", "x", "not valid JSON"),
    ],
)
def test_a_wrong_variable_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=sentence):
        load()


def test_a_named_file_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LYRE_CONFIG", "nowhere.toml")
    with pytest.raises(SettingsError, match="no such configuration file"):
        load()
