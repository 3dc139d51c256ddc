import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

from train.__main__ import app


@pytest.fixture
def house(
    band_export: Path,
    band_run: tuple,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return a data folder with an export, a run and two songs."""
    shutil.copytree(band_export, tmp_path / "data" / "exports" / "bands")
    shutil.copytree(band_run[0].folder, tmp_path / "data" / "runs" / "first")
    rng = np.random.default_rng(0)
    (tmp_path / "songs").mkdir()
    for name in ("a", "b"):
        samples = rng.uniform(-0.3, 0.3, 24_000)
        soundfile.write(tmp_path / "songs" / f"{name}.wav", samples, 16_000)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LYRE_CONFIG", raising=False)
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.usefixtures("house")
def test_predict_prints_a_table_a_file() -> None:
    done = _run("predict", "first", "songs", "--top", "2")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("songs/a.wav: 1.5 s, 16 windows")
    assert lines[3].startswith("songs/b.wav: ")
    assert len(lines) == 6


@pytest.mark.usefixtures("house")
def test_the_model_can_be_named_apart_from_the_paths() -> None:
    expected = _run("predict", "first", "songs")
    done = _run("predict", "--model", "first", "songs")
    assert done.exit_code == 0
    assert done.stdout == expected.stdout


def test_predict_as_json_with_a_bad_file(house: Path) -> None:
    (house / "songs" / "c.mp3").write_text("<html>")
    done = _run("predict", "first", "songs", "--json", "--windows", "2")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [entry["path"] for entry in found] == [
        f"songs/{name}" for name in ("a.wav", "b.wav", "c.mp3")
    ]
    assert found[0]["windows"] == 2
    assert set(found[0]["tags"]) == {"rock", "jazz", "pop"}
    assert found[2].keys() == {"path", "error"}


def test_predict_of_bad_files_alone_did_nothing(house: Path) -> None:
    assert _run("predict", "first", "absent.mp3").exit_code == 2
    (house / "none").mkdir()
    assert _run("predict", "first", "none").exit_code == 2


def test_evaluate_as_json(house: Path) -> None:
    export = str(house / "data" / "exports" / "bands")
    done = _run("evaluate", "first", "--export", export, "--windows", "2", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["roc_auc"] > 0.7
    assert (house / "data" / "runs" / "first" / "metrics.json").is_file()


@pytest.mark.usefixtures("house")
def test_evaluate_prints_tables() -> None:
    done = _run("evaluate", "first", "--export", "bands", "--split", "validation")
    assert done.exit_code == 0
    for part in ("validation split", "macro", "micro", "rock"):
        assert part in done.stdout


def test_fit_takes_name_and_overrides(house: Path) -> None:
    sets = ("model.filters=2", "model.backend_filters=8", "model.dense_units=8")
    sets += ("input.window_seconds=1", "training.epochs=1")
    options = [part for each in sets for part in ("--set", each)]
    done = _run("fit", "--name", "second", *options)
    assert done.exit_code == 0, done.output
    assert "next: python -m train evaluate data/runs/second" in done.stdout
    assert (house / "data" / "runs" / "second" / "best.keras").is_file()


@pytest.mark.usefixtures("house")
def test_without_a_command_the_newest_export_is_fitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from train import fit as fitting
    from train.config import Config

    seen = {}

    def note(export: Path, config: Config, **_options: object) -> fitting.Fitted:
        seen[export] = config
        return fitting.Fitted(Path("run"), [], None, interrupted=False)

    monkeypatch.setattr(fitting, "fit", note)
    assert _run().exit_code == 0
    assert seen == {Path("data/exports/bands"): Config()}


def test_config_prints_what_was_set() -> None:
    done = _run("config", "--set", "training.epochs=3")
    assert done.exit_code == 0
    assert "epochs = 3" in done.stdout


def test_models_lists_parameters() -> None:
    done = _run("models", "--json")
    found = {entry["name"]: entry["parameters"] for entry in json.loads(done.stdout)}
    assert found["pons-logmel"] == 5_931_198


def test_fit_takes_lists_and_a_fraction(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train import fit as fitting
    from train.config import Config

    seen: list[Config] = []

    def note(_export: Path, config: Config, **_options: object) -> fitting.Fitted:
        seen.append(config)
        return fitting.Fitted(Path("run"), [], None, interrupted=False)

    monkeypatch.setattr(fitting, "fit", note)
    done = _run(
        *("fit", "--tracks", "ids.txt", "--exclude-tracks", "not.txt"),
        *("--fraction", "0.5"),
    )
    assert done.exit_code == 0, done.output
    tracks = seen[0].tracks
    # The run's folder keeps paths that hold wherever it is resumed from.
    assert tracks.keep == str(house / "ids.txt")
    assert tracks.exclude == str(house / "not.txt")
    assert tracks.fraction == 0.5
