import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from train import config, range_test
from train.__main__ import app
from train.engine import keras, tf
from train.errors import TrainError
from train.loop.trainer import make_trainer
from train.models.parts import tag_outputs


def test_first_smoothed_loss_is_the_first_loss_itself() -> None:
    # Then (0.9 * 0.1 * 1 + 0.1 * 2) / (1 - 0.81) = 0.29 / 0.19.
    assert list(range_test.smoothed([1.0, 2.0])) == pytest.approx([1.0, 0.29 / 0.19])


def test_suggestion_is_where_the_loss_falls_fastest() -> None:
    # A falling step of the logarithm of the rate, steepest at 1e-3.
    rates = np.geomspace(1e-6, 1, 61)
    losses = [1 - 0.5 / (1 + math.exp(-4 * (math.log10(r) + 3))) for r in rates]
    assert range_test.suggest(list(rates), losses) == pytest.approx(1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_suggestion_heeds_no_single_batch(seed: int) -> None:
    # The same fall over six decades, with the noise of a batch in every loss.
    rates = np.geomspace(1e-6, 1, 100)
    losses = 1 - 0.5 / (1 + np.exp(-4 * (np.log10(rates) + 3)))
    losses += np.random.default_rng(seed).normal(0, 0.03, 100)
    found = range_test.suggest(list(rates), list(losses))
    assert abs(math.log10(found) + 3) < 0.5


def test_slope_by_hand() -> None:
    # About the means 2 and 3: (1 * 2 + 0 * 1 + 1 * 1) / 2.
    found = range_test._slope(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 4.0]))
    assert found == pytest.approx(1.5)


def test_loss_that_only_rises_suggests_nothing() -> None:
    with pytest.raises(TrainError, match="never fell"):
        range_test.suggest([0.1, 0.2, 0.4, 0.8], [1.0, 2.0, 3.0, 4.0])


def test_first_loss_that_is_not_finite_is_told() -> None:
    inputs = keras.Input((2,))
    model = keras.Model(inputs, tag_outputs(inputs, 1))
    chosen = config.load(overrides=["schedule.name=constant"])
    trainer = make_trainer(model, ["rock"], chosen, None)
    batch = (np.full((4, 2), np.nan, np.float32), np.ones((4, 1), np.float32))
    data = tf.data.Dataset.from_tensors(batch)
    with pytest.raises(TrainError, match="loss of the first batch is not finite"):
        range_test.range_test(
            *(trainer, tf.distribute.get_strategy(), lambda _epoch: data),
            **{"lowest": 1e-6, "highest": 1.0, "steps": 10},
        )


def test_command_draws_and_suggests(
    band_export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sets = (
        *(
            "model.name=pons-logmel",
            "model.filters=2",
            "model.backend_filters=8",
            "model.dense_units=8",
        ),
        *("input.window_seconds=1", "training.batch_size=12", "optimizer.name=sgd"),
    )
    options = [part for each in sets for part in ("--set", each)]
    options += ["--from", "0.001", "--to", "1e6", "--steps", "40", "--json"]
    done = CliRunner().invoke(app, ["range-test", str(band_export), *options])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    # Four batches are an epoch; it ends before the last rate, which is absurd.
    assert 4 < len(found["rates"]) < 40
    assert found["rates"][0] == pytest.approx(0.001)
    assert 0.001 <= found["suggestion"] < 100
    assert Image.open(tmp_path / "range-test.png").size == (770, 495)
    nowhere = CliRunner().invoke(
        app, ["range-test", "no such export", "--out", "none/rates.png"]
    )
    assert "no such folder for the picture" in str(nowhere.exception)
    refused = CliRunner().invoke(
        app, ["range-test", str(band_export), *options, "--to", "0.0001"]
    )
    assert isinstance(refused.exception, TrainError)
    assert refused.exception.what.startswith("no range: ")
