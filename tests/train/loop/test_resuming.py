"""A run that was stopped goes on as if it never had been."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lyre.lock import LockError, locked
from train import bundle, config, runs
from train.data.tracks import open_split
from train.errors import TrainError
from train.fit import fit, resume

_ROOT = Path(__file__).resolve().parents[3]
SmallConfig = Callable[..., config.Config]


def _quiet(_line: str) -> None:
    """Say nothing."""


def _weights(folder: Path) -> np.ndarray:
    model, _ = bundle.load(folder / runs.LAST)
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


@pytest.mark.field_report("R34")
def test_two_epochs_and_two_more_are_four(
    band_export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    # With dropout, averages, accumulation and a schedule of plateau.
    sets = (
        *("optimizer.use_ema=true", "optimizer.gradient_accumulation_steps=3"),
        *("schedule.name=plateau", "schedule.patience=1", "schedule.factor=0.5"),
        "training.steps_per_epoch=3",
    )
    whole = fit(
        band_export,
        small_config(*sets, "training.epochs=4"),
        all_runs=tmp_path,
        name="whole",
        say=_quiet,
    )
    half = fit(
        band_export, small_config(*sets), all_runs=tmp_path, name="half", say=_quiet
    )
    done = resume(half.folder, ["training.epochs=4"], say=_quiet)
    assert [epoch.epoch for epoch in done.history] == [1, 2, 3, 4]
    assert done.best_epoch == whole.best_epoch
    for one, other in zip(whole.history, done.history, strict=True):
        assert one.loss == other.loss
        assert one.learning_rate == other.learning_rate
        assert one.val_roc_auc == other.val_roc_auc
    assert (_weights(whole.folder) == _weights(done.folder)).all()
    assert config.load(done.folder / runs.CONFIG).training.epochs == 4


def test_what_would_make_another_run_cannot_change(band_run: tuple) -> None:
    with pytest.raises(TrainError, match=r"training\.batch_size cannot change"):
        resume(band_run[0].folder, ["training.batch_size=7"], say=_quiet)


def test_one_process_at_a_time_trains_a_run(
    band_run: tuple, band_export: Path, small_config: Callable, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(band_run[0].folder, folder)
    files = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    chosen = small_config("training.epochs=1")
    with locked(folder):
        with pytest.raises(LockError, match=f"{folder}: another process is at work"):
            resume(folder, ["training.epochs=9"], say=_quiet)
        with pytest.raises(LockError, match="wait until it has ended"):
            fit(
                *(band_export, chosen),
                all_runs=tmp_path,
                name="run",
                replace=True,
                say=_quiet,
            )
    assert files == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_run_that_went_on_under_another_configuration_is_refused(
    band_run: tuple, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(band_run[0].folder, folder)

    def longer(line: str) -> None:
        # Between reading the configuration and taking the run.
        if "parameters" in line:
            chosen = config.load(folder / runs.CONFIG, ["training.epochs=20"])
            runs.write_config(folder, config.to_toml(chosen))

    with pytest.raises(TrainError, match="went on meanwhile"):
        resume(folder, say=longer)
    assert config.load(folder / runs.CONFIG).training.epochs == 20


def test_a_changed_export_is_refused(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    small_config: SmallConfig,
    tmp_path: Path,
) -> None:
    clips = {"train": make_band_clips(8, 1)}
    folder = make_export(tmp_path / "export", clips, mel_features)
    chosen = small_config("validation.enabled=false", "training.epochs=1")
    done = fit(folder, chosen, all_runs=tmp_path, name="run", say=_quiet)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    with pytest.raises(TrainError, match="the export has changed"):
        resume(done.folder, say=_quiet)


def test_a_changed_list_of_tracks_is_refused(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    small_config: SmallConfig,
    tmp_path: Path,
) -> None:
    clips = {"train": make_band_clips(8, 1)}
    folder = make_export(tmp_path / "export", clips, mel_features)
    listed = tmp_path / "out.txt"
    listed.write_text("no-such-track\n")
    chosen = small_config(
        "validation.enabled=false", "training.epochs=1", f"tracks.exclude={listed}"
    )
    done = fit(folder, chosen, all_runs=tmp_path, name="run", say=_quiet)
    resume(done.folder, ["training.epochs=2"], say=_quiet)
    listed.write_text("another-track\n")
    with pytest.raises(TrainError, match="list of tracks is missing or has changed"):
        resume(done.folder, ["training.epochs=3"], say=_quiet)


def test_a_run_goes_on_from_another_folder(
    band_export: Path,
    band_run: tuple,
    small_config: SmallConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    shutil.copytree(band_run[0].folder, first / "source")
    (first / "out.txt").write_text("TRTRAIN0001\n")
    monkeypatch.chdir(first)
    sizes = ("model.dense_units=32", "model.dropout=0.1", "training.epochs=1")
    chosen = small_config(*sizes, "init.model=source", "tracks.exclude=out.txt")
    done = fit(band_export, chosen, all_runs=tmp_path, name="run", say=_quiet)
    monkeypatch.chdir(second)
    lines: list[str] = []
    resume(done.folder, ["training.epochs=2"], say=lines.append)
    assert "resumed at epoch 2" in lines


@pytest.mark.parametrize("name", ["a/b", "..", ".", "", "/tmp/elsewhere", "a/"])
def test_a_run_lies_right_in_the_folder_of_runs(
    name: str, band_export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    with pytest.raises(TrainError, match=r"is no name of a run \(expected one without"):
        fit(band_export, small_config(), all_runs=tmp_path, name=name, say=_quiet)


@pytest.mark.parametrize("what", ["run", "export", "list"])
def test_a_path_that_is_no_text_is_told_before_the_first_epoch(
    what: str, band_export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    odd, export, chosen = tmp_path / "caf\udce9", band_export, small_config()
    if what == "export":
        export = Path(shutil.copytree(band_export, odd))
    if what == "list":
        tracks = chosen.tracks.model_copy(update={"exclude": str(odd)})
        chosen = chosen.model_copy(update={"tracks": tracks})
    name = odd.name if what == "run" else "run"
    with pytest.raises(TrainError, match="the path is not UTF-8"):
        fit(export, chosen, all_runs=tmp_path, name=name, say=_quiet)
    assert not (tmp_path / name).exists()
    if what == "export":
        with pytest.raises(TrainError, match="the path is not UTF-8"):
            open_split(export, "test")


def test_a_damaged_state_is_told(band_run: tuple, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(band_run[0].folder, folder)
    state = folder / runs.STATE
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(TrainError, match="the state of the run cannot be read"):
        resume(folder, ["training.epochs=9"], say=_quiet)


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["keras", "custom"])
def test_killed_run_ends_with_the_weights_of_one_that_was_not(
    loop: str, band_export: Path, tmp_path: Path
) -> None:
    shutil.copytree(band_export, tmp_path / "exports" / "bands")
    (tmp_path / "lyre.toml").write_text('data_dir = "."\n')
    sets = (
        *(
            "model.name=pons-logmel",
            "schedule.name=constant",
            "model.filters=2",
            "model.backend_filters=16",
            "model.dense_units=16",
        ),
        *("input.window_seconds=1", "training.epochs=40", "training.batch_size=3"),
        *("schedule.name=one-cycle", "optimizer.use_ema=true"),
        *("training.checkpoint_minutes=0.001", f"training.loop={loop}"),
    )
    options = [part for each in sets for part in ("--set", each)]
    _train(tmp_path, "fit", "bands", "--name", "whole", *options)
    killed = tmp_path / "runs" / "killed"
    command = ["fit", "bands", "--name", "killed", *options]
    middles = 0
    # 14 steps are an epoch: the first kill is in the first epoch.
    for checkpoints in (5, 20, 25):
        _train(tmp_path, *command, kill_in=killed, after=checkpoints)
        with np.load(killed / runs.STATE) as stored:
            position = json.loads(str(stored["standing"]))["position"]
        middles += position["step"] > 0
        command = ["fit", "--resume", "killed"]
    _train(tmp_path, *command)
    assert middles, "it was never killed within an epoch"
    whole = tmp_path / "runs" / "whole"
    assert (_weights(whole) == _weights(killed)).all()
    one, other = (
        json.loads((folder / runs.HISTORY).read_text()) for folder in (whole, killed)
    )
    timed = {"seconds", "clips_per_second"}
    assert [{k: v for k, v in each.items() if k not in timed} for each in one] == [
        {k: v for k, v in each.items() if k not in timed} for each in other
    ]


def _train(
    house: Path, *arguments: str, kill_in: Path | None = None, after: int = 0
) -> None:
    """Run a command; kill it some checkpoints after it began."""
    environment = {"LYRE_CONFIG": str(house / "lyre.toml"), "PATH": ""}
    with subprocess.Popen(
        [sys.executable, "-m", "train", *arguments],
        cwd=_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        if kill_in is None:
            said, _ = process.communicate(timeout=300)
            assert process.returncode == 0, said
            return
        state, seen = kill_in / runs.STATE, set()
        before = state.stat().st_mtime_ns if state.exists() else 0
        while process.poll() is None and len(seen) < after:
            if state.exists() and state.stat().st_mtime_ns > before:
                seen.add(state.stat().st_mtime_ns)
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
