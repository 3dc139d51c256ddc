"""Several devices learn what one does; each test needs fresh processes."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from train import bundle, runs
from train.errors import TrainError
from train.loop import devices

_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def house(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    tmp_path: Path,
) -> Path:
    """Return a data folder with an export of 17 tracks to train on."""
    clips = {"train": make_band_clips(17, 1), "validation": make_band_clips(6, 2)}
    make_export(tmp_path / "exports" / "bands", clips, mel_features)
    (tmp_path / "lyre.toml").write_text('data_dir = "."\n')
    return tmp_path


def _command(name: str, *overrides: str, resume: bool = False) -> list[str]:
    sets = (
        *(
            "model.name=pons-logmel",
            "schedule.name=constant",
            "model.filters=2",
            "model.backend_filters=16",
            "model.dense_units=16",
        ),
        # Dropout draws its numbers per device, all else is the same.
        *("model.dropout=0", "input.window_seconds=1", "training.epochs=2"),
        *("training.batch_size=8", *overrides),
    )
    start = ["--resume", name] if resume else ["bands", "--name", name]
    chosen = overrides if resume else sets
    options = [part for each in chosen for part in ("--set", each)]
    return [sys.executable, "-m", "train", "fit", *start, *options]


def _start(
    house: Path, command: list[str], **environment: str
) -> "subprocess.Popen[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LYRE_", "TF_"))}
    own = {"LYRE_CONFIG": str(house / "lyre.toml"), **environment}
    return subprocess.Popen(
        command,
        cwd=_ROOT,
        env=kept | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _run(house: Path, command: list[str]) -> str:
    with _start(house, command) as process:
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def _result(house: Path, name: str) -> tuple[np.ndarray, list[float]]:
    folder = house / "runs" / name
    model, _ = bundle.load(folder / runs.LAST)
    history = json.loads((folder / runs.HISTORY).read_text())
    weights = np.concatenate([each.ravel() for each in model.get_weights()])
    return weights, [epoch["loss"] for epoch in history]


def _equal(house: Path, one: str, other: str) -> None:
    weights, losses = _result(house, one)
    found, found_losses = _result(house, other)
    assert np.isfinite(found).all()
    # Adam divides by the root of tiny second moments, which magnifies rounding.
    np.testing.assert_allclose(found, weights, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found_losses, losses, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.field_report("R25")
def test_two_devices_learn_what_one_does(house: Path) -> None:
    # 17 tracks at batch 8 on two devices; the last batch has one track.
    sets = ("optimizer.use_ema=true", "optimizer.gradient_accumulation_steps=2")
    _run(house, _command("one", *sets))
    said = _run(house, _command("two", *sets, "training.devices=cpu:2"))
    assert "in 2 replicas" in said
    _equal(house, "one", "two")


@pytest.mark.slow
def test_two_devices_resume(house: Path) -> None:
    _run(house, _command("whole", "training.devices=cpu:2"))
    _run(house, _command("half", "training.devices=cpu:2", "training.epochs=1"))
    _run(house, _command("half", "training.epochs=2", resume=True))
    _equal(house, "whole", "half")


@pytest.mark.slow
def test_two_workers_learn_what_one_device_does(house: Path) -> None:
    _run(house, _command("one"))
    ports = [_free_port() for _ in range(2)]
    cluster = {"worker": [f"localhost:{port}" for port in ports]}
    workers = [
        _start(
            house,
            _command("two"),
            TF_CONFIG=json.dumps(
                {"cluster": cluster, "task": {"type": "worker", "index": index}}
            ),
        )
        for index in range(2)
    ]
    try:
        said = [worker.communicate(timeout=300)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0], said
    _equal(house, "one", "two")


@pytest.mark.slow
def test_devices_and_loop_that_do_not_fit_are_told(house: Path) -> None:
    for override in ("training.loop=keras", "training.precision=mixed_float16"):
        command = _command("bad", "training.devices=cpu:2", override)
        with _start(house, command) as process:
            said, _ = process.communicate(timeout=300)
        assert process.returncode == 2
        assert re.search(r"several devices", said)
        assert "Traceback" not in said
    assert not (house / "runs" / "bad").exists()


@pytest.mark.parametrize("name", ["tpu", "cpu:", "gpu", "gpu:0,cpu", ""])
def test_names_of_no_devices_are_refused(name: str) -> None:
    with pytest.raises(TrainError, match="names no devices"):
        devices.strategy_for(name)


def test_without_a_gpu_training_goes_on() -> None:
    from train.engine import tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    strategy = devices.strategy_for("gpu:0")
    assert strategy.num_replicas_in_sync == 1
    assert devices.device_line(strategy).startswith("no GPU found")
    assert devices.is_chief(strategy)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        return int(listening.getsockname()[1])
