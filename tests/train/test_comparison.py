import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from train import comparison, config, curves, runs
from train.__main__ import app
from train.errors import TrainError

# Macro figures of three epochs, and per tag of the evaluation.
_HISTORY = [(0.9, 0.6, 0.3), (0.7, 0.8, 0.5), (0.6, 0.7, 0.6)]


def _make(
    folder: Path,
    export: Path,
    overrides: list[str],
    *,
    areas: dict[str, float | None] | None = None,
    started: str = "2026-01-01",
) -> None:
    folder.mkdir(parents=True)
    text = config.to_toml(config.load(None, overrides))
    (folder / runs.CONFIG).write_text(text)
    described = runs.describe(export, "training_set.v2", seed=3)
    content = described.model_dump(mode="json")
    content["started_at"] = f"{started}T12:00:00Z"
    runs.write_json(folder / runs.RUN, content)
    history = [
        {"epoch": epoch, "loss": loss, "val_roc_auc": roc, "val_pr_auc": pr}
        for epoch, (loss, roc, pr) in enumerate(_HISTORY, start=1)
    ]
    runs.write_json(folder / runs.HISTORY, history)
    if areas:
        tags = [
            {"tag": tag, "positives": 2, "roc_auc": area, "pr_auc": 0.5}
            for tag, area in areas.items()
        ]
        measured = {"split": "test", "roc_auc": 0.75, "pr_auc": 0.5, "tags": tags}
        runs.write_json(folder / runs.METRICS, measured)


@pytest.fixture
def all_runs(
    band_export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a folder of two runs that were evaluated and one that was not."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "runs"
    _make(
        folder / "second",
        band_export,
        ["training.epochs=3", "optimizer.name=sgd"],
        areas={"jazz": 0.9, "rock": 0.5, "folk": 0.4},
        started="2026-01-02",
    )
    _make(
        folder / "first",
        band_export,
        ["training.epochs=3"],
        areas={"rock": 0.75, "jazz": 0.8, "soul": None},
    )
    _make(
        folder / "third",
        band_export,
        ["training.epochs=3", "model.filters=4", "validation.monitor=pr_auc"],
        started="2026-01-03",
    )
    return folder


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_runs_come_by_time_with_their_best_epoch(all_runs: Path) -> None:
    found = comparison.summarise_all(all_runs)
    assert [run.name for run in found] == ["first", "second", "third"]
    # By ROC-AUC the second epoch is the best, by PR-AUC the third.
    assert [run.best and run.best["epoch"] for run in found] == [2, 2, 3]


def test_only_differing_keys_are_shown(all_runs: Path) -> None:
    found = comparison.differences(comparison.summarise_all(all_runs))
    assert found == {
        "model.filters": [16, 16, 4],
        "optimizer.name": ["adam", "sgd", "adam"],
        "validation.monitor": ["roc_auc", "roc_auc", "pr_auc"],
    }


def test_tags_of_all_evaluated_runs_are_compared(all_runs: Path) -> None:
    found = comparison.per_tag(comparison.summarise_all(all_runs), "roc_auc")
    assert found == {"rock": [0.75, 0.5, None], "jazz": [0.8, 0.9, None]}


def test_damaged_run_is_listed_with_its_fault(all_runs: Path) -> None:
    (all_runs / "second" / runs.CONFIG).write_text("[training\n")
    found = comparison.summarise_all(all_runs)
    assert [run.name for run in found] == ["first", "third", "second"]
    assert found[2].problem is not None
    assert "not valid TOML" in found[2].problem
    assert "optimizer.name" not in comparison.differences(found)
    done = _run("runs")
    assert done.exit_code == 0
    assert "unreadable" in done.stdout


def test_a_number_beyond_all_floats_is_never_the_best(all_runs: Path) -> None:
    file = all_runs / "second" / runs.HISTORY
    history = json.loads(file.read_text())
    file.write_text(json.dumps([{**history[0], "val_roc_auc": 10**400}, *history[1:]]))
    second = {run.name: run for run in comparison.summarise_all(all_runs)}["second"]
    assert second.problem is None
    assert second.best is not None
    # The largest of _HISTORY.
    assert second.best["epoch"] == 2


@pytest.mark.usefixtures("all_runs")
def test_runs_as_a_table_and_as_json() -> None:
    lines = _run("runs").stdout.splitlines()
    assert lines[2].split()[0] == "second"
    assert "0.8000 / 0.5000" in lines[2]
    assert [line.split() for line in lines[4:]] == [
        [],
        ["first", "second", "third"],
        ["model.filters", "16", "16", "4"],
        ["optimizer.name", "adam", "sgd", "adam"],
        ["validation.monitor", "roc_auc", "roc_auc", "pr_auc"],
    ]
    found = json.loads(_run("runs", "--json").stdout)
    assert [run["name"] for run in found["runs"]] == ["first", "second", "third"]
    assert found["runs"][0]["evaluated"]["roc_auc"] == 0.75
    assert found["runs"][2]["evaluated"] is None
    assert found["differences"]["optimizer.name"] == ["adam", "sgd", "adam"]


def test_settings_of_many_runs_go_down(all_runs: Path, band_export: Path) -> None:
    _make(all_runs / "fourth", band_export, ["training.epochs=3"], started="2026-01-04")
    lines = _run("runs").stdout.splitlines()
    assert [line.split() for line in lines[6:9]] == [
        ["model.filters", "optimizer.name", "validation.monitor"],
        ["first", "16", "adam", "roc_auc"],
        ["second", "16", "sgd", "roc_auc"],
    ]


@pytest.mark.usefixtures("all_runs")
def test_runs_of_one_configuration_have_no_settings_to_show() -> None:
    lines = _run("compare", "first", "first").stdout.splitlines()
    assert lines[3] == ""
    assert lines[4].startswith("ROC-AUC")


def test_no_runs_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no runs in" in _run("runs").stdout


def test_compare_prints_and_draws(all_runs: Path, tmp_path: Path) -> None:
    picture = tmp_path / "comparison.png"
    done = _run("compare", "first", str(all_runs / "second"), "--out", str(picture))
    assert done.exit_code == 0, done.output
    rock = next(line for line in done.stdout.splitlines() if line.startswith("rock"))
    assert rock.split() == ["rock", "0.7500", "0.5000", "-0.2500"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_gains_come_by_size_without_the_undefined(all_runs: Path) -> None:
    found = comparison.summarise_all(all_runs)[:2]
    gains = curves._gains(found)
    assert list(gains) == ["jazz", "rock"]
    assert gains["jazz"] == [pytest.approx(0.1)]
    assert gains["rock"] == [-0.25]
    assert curves._gains(found[:1]) == {}


def test_names_that_look_like_formulas_are_drawn(
    band_export: Path, tmp_path: Path
) -> None:
    areas = {"$_$": 0.75, "$\\frac$": 0.5, "rock": 0.8}
    for name in ("$^$", "$\\sqrt$"):
        _make(tmp_path / name, band_export, ["training.epochs=3"], areas=areas)
    curves.draw(comparison.summarise_all(tmp_path), tmp_path / "drawn.png")
    assert (tmp_path / "drawn.png").is_file()


@pytest.mark.usefixtures("all_runs")
def test_compare_without_evaluations_draws_curves_alone(tmp_path: Path) -> None:
    picture = tmp_path / "curves.png"
    done = _run("compare", "third", "first", "--out", str(picture))
    assert done.exit_code == 0
    assert "evaluate two of them first" in done.stdout
    assert picture.is_file()


@pytest.mark.usefixtures("all_runs")
def test_compare_as_json() -> None:
    found = json.loads(_run("compare", "first", "second", "--json").stdout)
    assert found["tags"]["roc_auc"]["jazz"] == [0.8, 0.9]


def test_picture_of_an_unknown_kind_is_told(all_runs: Path, tmp_path: Path) -> None:
    found = [comparison.summarise(all_runs / "first")]
    with pytest.raises(TrainError, match=r"curves\.what: no kind of picture"):
        curves.draw(found, tmp_path / "curves.what")
