import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from train import bundle, config, runs
from train.engine import tf
from train.errors import TrainError
from train.fit import Fitted, fit

_ROOT = Path(__file__).resolve().parents[2]
SmallConfig = Callable[..., config.Config]


def test_loss_falls_and_the_tags_are_learned(
    band_run: tuple[Fitted, list[str]],
) -> None:
    history = band_run[0].history
    assert [epoch.epoch for epoch in history] == list(range(1, 9))
    assert history[-1].loss < 0.8 * history[0].loss
    best = max(epoch.val_roc_auc or 0 for epoch in history)
    assert best > 0.8
    assert history[band_run[0].best_epoch - 1].val_roc_auc == best


def test_run_folder_tells_everything(
    band_run: tuple[Fitted, list[str]], band_export: Path
) -> None:
    folder = band_run[0].folder
    assert {path.name for path in folder.iterdir()} == {
        *("config.toml", "run.json", "history.json", "best.keras", "last.keras"),
        *("state.npz", "tensorboard"),
    }
    assert config.load(folder / runs.CONFIG).training.epochs == 8
    run = runs.read(folder)
    assert run.export == band_export
    assert run.manifest_sha256 == runs.manifest_checksum(band_export)
    assert run.seed == 1
    history = json.loads((folder / runs.HISTORY).read_text())
    assert len(history) == 8
    assert bundle.read(folder / runs.BEST).tags == ["rock", "jazz", "pop"]


def test_every_epoch_is_a_line_with_figures_and_time_left(
    band_run: tuple[Fitted, list[str]],
) -> None:
    lines = [line for line in band_run[1] if line.startswith("epoch ")]
    assert len(lines) == 8
    for part in ("loss ", "macro ROC-AUC ", "PR-AUC ", "clips/s", " left"):
        assert part in lines[3]


def test_one_line_says_whether_there_is_a_gpu(
    band_run: tuple[Fitted, list[str]],
) -> None:
    (told,) = [line for line in band_run[1] if "computing on" in line]
    has_none = not tf.config.list_physical_devices("GPU")
    assert told.startswith("no GPU found") == has_none


@pytest.mark.field_report("R07")
def test_silent_clip_leaves_loss_and_weights_finite(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    small_config: SmallConfig,
    tmp_path: Path,
) -> None:
    # Digital silence is the constant -100 dB.
    silent = (np.full((60, 16), -100, np.float16), [0])
    clips = {
        "train": [silent, *make_band_clips(8, 1)],
        "validation": [silent, *make_band_clips(6, 2)],
    }
    folder = make_export(tmp_path / "export", clips, mel_features)
    done = fit(folder, small_config(), all_runs=tmp_path, name="run", say=_quiet)
    assert all(np.isfinite(epoch.loss) for epoch in done.history)
    model, _ = bundle.load(done.folder / runs.LAST)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


@pytest.mark.field_report("R26")
def test_empty_validation_split_stops_before_the_first_epoch(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    small_config: SmallConfig,
    tmp_path: Path,
) -> None:
    folder = make_export(
        tmp_path / "export", {"train": make_band_clips(8, 1)}, mel_features
    )
    with pytest.raises(TrainError, match="the validation split is empty"):
        fit(folder, small_config(), all_runs=tmp_path / "runs", say=_quiet)
    assert not (tmp_path / "runs").exists()
    chosen = small_config("validation.enabled=false", "training.epochs=1")
    done = fit(folder, chosen, all_runs=tmp_path, name="run", say=_quiet)
    assert done.best_epoch is None
    assert runs.model_of(done.folder).name == runs.LAST


def test_validation_that_cannot_be_scored_is_an_error_too(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    small_config: SmallConfig,
    tmp_path: Path,
) -> None:
    clips = {"train": make_band_clips(8, 1), "validation": make_band_clips(1, 2)}
    folder = make_export(tmp_path / "export", clips, mel_features)
    with pytest.raises(TrainError, match="no tag of the validation split"):
        fit(folder, small_config(), all_runs=tmp_path / "runs", say=_quiet)


def test_loss_that_is_not_finite_stops_the_run(
    band_export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    chosen = small_config("optimizer.name=sgd", "optimizer.learning_rate=1e30")
    with pytest.raises(TrainError, match=r"the loss of step \d of epoch 1 is"):
        fit(band_export, chosen, all_runs=tmp_path, name="run", say=_quiet)
    with np.load(tmp_path / "run" / "not_finite.npz") as batch:
        assert batch["features"].shape[1:] == (31, 16)
        assert batch["labels"].shape[1:] == (3,)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["optimizer.name=adamm"], "no optimizer 'adamm'; the nearest .* 'adam'"),
        (["optimizer.name=LossScaleOptimizer"], "no optimizer 'LossScaleOptimizer'"),
        (["optimizer.momentun=0.9"], "Keras' Adam cannot be made: .*momentun"),
        (
            ["optimizer.clipnorm=1", "optimizer.global_clipnorm=1"],
            "Keras' Adam cannot be made: .*clip",
        ),
        (
            ["optimizer.name=ftrl", "schedule.name=one-cycle"],
            "one-cycle brings the learning rate to 0",
        ),
    ],
)
def test_optimizer_that_cannot_be_is_told(
    overrides: list[str],
    message: str,
    band_export: Path,
    small_config: SmallConfig,
    tmp_path: Path,
) -> None:
    with pytest.raises(TrainError, match=message):
        fit(band_export, small_config(*overrides), all_runs=tmp_path, say=_quiet)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("waiting", ["validation.patience=1", "schedule.name=plateau"])
def test_what_waits_for_a_gain_needs_validation(
    waiting: str, band_export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    chosen = small_config("validation.enabled=false", waiting)
    with pytest.raises(TrainError, match="nothing is validated"):
        fit(band_export, chosen, all_runs=tmp_path, say=_quiet)
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_taken_is_told_before_anything_is_opened(
    band_run: tuple[Fitted, list[str]], small_config: SmallConfig
) -> None:
    folder = band_run[0].folder
    with pytest.raises(TrainError, match="the run exists already"):
        fit(
            folder / "no such export",
            small_config(),
            all_runs=folder.parent,
            name=folder.name,
            say=_quiet,
        )


@pytest.mark.parametrize(
    "kept", ["training.steps_per_epoch=1", "training.checkpoint_minutes=0"]
)
def test_weights_that_are_not_finite_are_not_kept(
    kept: str, band_export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    # The loss of a step is that before its update, and so tells nothing yet.
    chosen = small_config(
        *("optimizer.name=sgd", "optimizer.learning_rate=1e39"),
        *("validation.enabled=false", kept),
    )
    with pytest.raises(TrainError, match="weights are not finite after step 1 of epo"):
        fit(band_export, chosen, all_runs=tmp_path, name="run", say=_quiet)
    assert (tmp_path / "run" / "not_finite.npz").is_file()
    assert not (tmp_path / "run" / runs.LAST).exists()
    assert not (tmp_path / "run" / runs.STATE).exists()


def test_waveform_model_trains(
    make_export: Callable, sample_features: object, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    time_axis = np.arange(24_000) / 16_000
    clips = []
    for index in range(6):
        tone = 0.3 * np.sin(2 * np.pi * (200 + 800 * (index % 2)) * time_axis)
        noisy = tone + rng.normal(0, 0.05, len(tone))
        clips.append(((noisy * 32767).astype(np.int16), [index % 2]))
    folder = make_export(
        tmp_path / "export",
        {"train": clips, "validation": clips[:4]},
        sample_features,
        tags=["low", "high"],
    )
    chosen = config.load(
        None,
        [
            *("model.filters=4", "model.backend_filters=8", "model.dense_units=8"),
            *("input.window_seconds=1.25", "training.epochs=1"),
            "training.batch_size=4",
        ],
        model_name="pons-waveform",
    )
    done = fit(folder, chosen, all_runs=tmp_path, name="run", say=_quiet)
    assert np.isfinite(done.history[0].loss)
    assert done.history[0].val_roc_auc is not None


def test_run_keeps_lists_tags_and_what_was_left_out(
    band_export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    keep = tmp_path / "keep.txt"
    ids = [f"TRTRAIN{n:04d}" for n in range(24)]
    ids += [f"TRVALIDATION{n:04d}" for n in range(15)]
    keep.write_text("\n".join(ids))
    chosen = small_config(
        *(f"tracks.keep={keep}", "tags.include=['rock', 'pop']", "training.epochs=1"),
        *("input.short_clips=skip", "augment.mixup=0.3", "augment.time_masks=1"),
    )
    lines: list[str] = []
    done = fit(band_export, chosen, all_runs=tmp_path, name="run", say=lines.append)
    assert "train: 16 tracks left out, not listed" in lines
    run = runs.read(done.folder)
    assert run.lists == {str(keep): hashlib.sha256(keep.read_bytes()).hexdigest()}
    found = bundle.read(done.folder / runs.BEST)
    assert found.tags == ["rock", "pop"]
    assert found.selection.skip_untagged
    assert found.selection.shortest == 31
    assert config.load(done.folder / runs.CONFIG) == chosen


@pytest.mark.slow
def test_same_seed_gives_the_same_weights(
    band_export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    weights = []
    for name, seed in (("one", 5), ("two", 5), ("other", 6)):
        done = fit(
            band_export,
            small_config(f"training.seed={seed}"),
            all_runs=tmp_path,
            name=name,
            say=_quiet,
        )
        model, _ = bundle.load(done.folder / runs.LAST)
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    assert (weights[0] == weights[1]).all()
    assert (weights[0] != weights[2]).any()


@pytest.mark.slow
def test_interrupted_run_leaves_a_usable_model(
    band_export: Path, tmp_path: Path
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
        *("input.window_seconds=1", "training.epochs=10000"),
    )
    command = [sys.executable, "-m", "train", "fit", "bands", "--name", "run"]
    command += [part for each in sets for part in ("--set", each)]
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        env={"LYRE_CONFIG": str(tmp_path / "lyre.toml"), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("epoch 2/"):
                process.send_signal(signal.SIGINT)
                break
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    # A slow machine tells how far the first epoch is.
    assert "Traceback" not in errors
    assert "interrupted" in rest
    folder = tmp_path / "runs" / "run"
    assert not list(folder.glob(".*"))
    assert len(json.loads((folder / runs.HISTORY).read_text())) >= 2
    _, found = bundle.load(folder / runs.LAST)
    assert found.tags == ["rock", "jazz", "pop"]


def _quiet(line: str) -> None:
    """Take a line of progress and say nothing."""
