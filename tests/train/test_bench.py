import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from train import bench
from train.__main__ import app
from train.config import Config, Training
from train.data.splits import open_data
from train.loop.epochs import loop_for
from train.loop.tape_loop import TapeLoop


def test_bench_measures_every_stage_and_the_step(
    band_export: Path, small_config: Callable[..., Config]
) -> None:
    data = open_data(band_export, small_config("input.windows_per_track=2"))
    found = bench.bench(data, clips=30, repeats=1, steps=1)
    assert found.clips == 30
    assert [stage.name.split(" ")[0] for stage in found.stages] == [
        *("read", "find", "shuffle", "parse", "cut,", "batch")
    ]
    assert all(stage.milliseconds >= 0 for stage in found.stages)
    assert sum(stage.milliseconds for stage in found.stages) > 0
    expected = found.input_clips_per_second / found.step_clips_per_second
    assert found.ratio == expected
    assert found.to_dict()["ratio"] == expected


def test_step_is_that_of_training(
    band_export: Path,
    small_config: Callable[..., Config],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []

    def noted(training: Training, trainer: Any, strategy: Any) -> Any:
        made.extend((trainer, loop_for(training, trainer, strategy)))
        return made[1]

    monkeypatch.setattr(bench, "loop_for", noted)
    sets = ("training.precision=mixed_bfloat16", "training.loop=custom")
    bench.bench(
        open_data(band_export, small_config(*sets)), clips=12, repeats=1, steps=1
    )
    trainer, loop = made
    assert isinstance(loop, TapeLoop)
    precisions = {layer.name: layer.compute_dtype for layer in trainer.layers}
    assert precisions.pop("logits") == "float32"
    assert set(precisions.values()) == {"bfloat16"}


def test_stages_are_told_apart() -> None:
    seconds = {"read": (0.0, 1.0), "find": (0.0, 1.5), "shuffle": (0.0, 1.4)}
    seconds |= {"parse": (0.0, 2.5)}
    found = bench._stages(seconds, clips=100)
    # 1 s of reading over 100 clips is 10 ms; shuffling was cheaper than the noise.
    assert [stage.milliseconds for stage in found] == [10.0, 5.0, 0.0, 10.0]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_bench_input_as_a_command(
    options: list[str],
    band_export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    sets = (
        "model.name=pons-logmel",
        "model.filters=2",
        "model.backend_filters=8",
        "model.dense_units=8",
    )
    sets += ("input.window_seconds=1", "training.batch_size=4")
    command = ["bench-input", str(band_export), "--clips", "8", *options]
    command += [part for each in sets for part in ("--set", each)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    if options:
        assert json.loads(done.stdout)["batch_size"] == 4
    else:
        assert "read shards, check sums" in done.stdout
        assert "times as fast" in done.stdout.splitlines()[-1]
