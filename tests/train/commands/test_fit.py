import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from train import config, runs
from train.__main__ import app
from train.errors import TrainError

_SMALL = (
    *(
        "model.name=pons-logmel",
        "model.filters=2",
        "model.backend_filters=8",
        "model.dense_units=8",
    ),
    *("input.window_seconds=1", "training.batch_size=4", "training.epochs=1"),
)


def _fit(*arguments: str) -> object:
    return CliRunner().invoke(app, ["fit", *arguments])


def _sets(*overrides: str) -> list[str]:
    return [part for each in overrides for part in ("--set", each)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data" / "runs"


def test_short_options_are_keys_and_a_profile_is_written(
    here: Path, band_export: Path
) -> None:
    options = ("--steps-per-epoch", "6", "--no-shuffle", "--no-validation")
    done = _fit(
        *(str(band_export), "--name", "run", "--devices", "cpu", "--profile"),
        *options,
        *_sets(*_SMALL),
    )
    assert done.exit_code == 0, done.output
    found = config.load(here / "run" / runs.CONFIG)
    assert found.training.steps_per_epoch == 6
    assert found.training.devices == "cpu"
    assert not found.input.shuffle
    assert not found.validation.enabled
    assert list((here / "run" / "tensorboard").rglob("*.xplane.pb"))
    (epoch,) = json.loads((here / "run" / runs.HISTORY).read_text())
    assert epoch["val_roc_auc"] is None


@pytest.mark.parametrize(("epochs", "is_made"), [(2, True), (1, False)])
def test_a_profile_may_wait_for_the_second_epoch(
    epochs: int, is_made: bool, here: Path, band_export: Path
) -> None:
    # It begins after three steps.
    done = _fit(
        *(str(band_export), "--name", "run", "--profile", "--no-validation"),
        *("--steps-per-epoch", "3"),
        *_sets(*_SMALL, f"training.epochs={epochs}"),
    )
    assert done.exit_code == 0, done.output
    profiles = list((here / "run" / "tensorboard").rglob("*.xplane.pb"))
    assert (len(profiles) == 1) == is_made
    assert ("no profile was made" in done.stdout) != is_made


def test_resume_for_one_more_epoch(here: Path, band_export: Path) -> None:
    assert _fit(str(band_export), "--name", "run", *_sets(*_SMALL)).exit_code == 0
    done = _fit("--resume", "run", *_sets("training.epochs=2"))
    assert done.exit_code == 0, done.output
    assert "resumed at epoch 2" in done.stdout
    assert len(json.loads((here / "run" / runs.HISTORY).read_text())) == 2
    again = _fit("--resume", "run")
    assert "2 epochs done, all of them" in again.stdout
    refused = _fit("--resume", "run", *_sets("training.epochs=1"))
    assert "the run has 2 epochs already" in str(refused.exception)
    assert config.load(here / "run" / runs.CONFIG).training.epochs == 2


def test_resume_takes_everything_else_from_the_run(
    here: Path, band_export: Path
) -> None:
    done = _fit(str(band_export), "--resume", "run")
    assert isinstance(done.exception, TrainError)
    assert "leave the others out" in str(done.exception)
    assert not here.exists()


@pytest.mark.field_report("R26")
def test_steps_that_the_data_lack_are_told(here: Path, band_export: Path) -> None:
    # 40 tracks at batch 4 are 10 batches.
    done = _fit(str(band_export), "--steps-per-epoch", "11", *_sets(*_SMALL))
    assert isinstance(done.exception, TrainError)
    assert "an epoch has 10 batches" in str(done.exception)
    assert not here.exists()
