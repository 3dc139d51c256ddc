import math

import numpy as np
import pytest

from train import config
from train.engine import keras
from train.errors import TrainError
from train.loop import schedules

# Ten batches an epoch, ten epochs: a hundred batches.
STEPS = 10


def _rates(*overrides: str, at: list[int]) -> list[float]:
    chosen = config.load(
        None, ["optimizer.learning_rate=0.4", "training.epochs=10", *overrides]
    )
    schedule = schedules.learning_rate(chosen, STEPS)
    return [float(schedule(np.int64(step))) for step in at]


def test_constant_is_a_number() -> None:
    chosen = config.load(
        None, ["schedule.name=constant", "optimizer.learning_rate=0.4"]
    )
    assert schedules.learning_rate(chosen, None) == 0.4


def test_cosine_falls_to_the_floor() -> None:
    # Floor 0.04; in the middle the cosine is 0: halfway between 0.4 and 0.04.
    found = _rates("schedule.name=cosine", "schedule.floor=0.1", at=[0, 50, 100, 150])
    assert found == pytest.approx([0.4, 0.22, 0.04, 0.04], rel=1e-5)


def test_cosine_warms_up_in_a_line() -> None:
    # 20 batches up from 0, then 80 down to 0: after 40 of them half the height.
    found = _rates(
        "schedule.name=cosine", "schedule.warmup_epochs=2", at=[0, 5, 20, 60, 100]
    )
    assert found == pytest.approx([0.0, 0.1, 0.4, 0.2, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("overrides", "divides_by_zero"),
    [
        (["schedule.name=one-cycle"], True),
        (["schedule.name=one-cycle", "schedule.floor=0.01"], False),
        (["schedule.name=cosine", "schedule.floor=0.01"], False),
        (
            ["schedule.name=cosine", "schedule.floor=0.1", "schedule.warmup_epochs=1"],
            True,
        ),
        (
            ["schedule.name=cosine", "schedule.floor=0.1", "schedule.warmup_epochs=.2"],
            True,
        ),
        (["schedule.name=step"], False),
    ],
)
def test_ftrl_is_kept_from_a_rate_of_zero(
    overrides: list[str], divides_by_zero: bool
) -> None:
    if divides_by_zero:
        with pytest.raises(TrainError, match="ftrl divides by it"):
            _rates("optimizer.name=Ftrl", *overrides, at=[0])
    else:
        assert min(_rates("optimizer.name=Ftrl", *overrides, at=[0, 99])) > 0


def test_warm_up_alone_is_refused() -> None:
    with pytest.raises(TrainError, match="warm-up"):
        _rates("schedule.name=cosine", "schedule.warmup_epochs=10", at=[0])


def test_step_multiplies_every_so_many_epochs() -> None:
    found = _rates(
        *("schedule.name=step", "schedule.every_epochs=3", "schedule.factor=0.5"),
        at=[0, 29, 30, 59, 60],
    )
    assert found == pytest.approx([0.4, 0.4, 0.2, 0.2, 0.1])


def test_cyclical_is_the_triangle_of_2019() -> None:
    # 0.00035 to 0.0014 and back in 20 batches.
    found = _rates(
        *("schedule.name=cyclical", "schedule.floor=0.25", "schedule.cycle_epochs=2"),
        "optimizer.learning_rate=0.0014",
        at=[0, 5, 10, 15, 20, 30],
    )
    expected = [0.00035, 0.000875, 0.0014, 0.000875, 0.00035, 0.0014]
    assert found == pytest.approx(expected, rel=1e-5)


def test_one_cycle_rises_and_falls() -> None:
    # Up from 0.1 in 20 batches, down to 0.04 at the last batch, number 99; halfway
    # up the cosine is 0.
    found = _rates(
        *("schedule.name=one-cycle", "schedule.start=0.25", "schedule.rise=0.2"),
        "schedule.floor=0.1",
        at=[0, 10, 20, 99],
    )
    assert found == pytest.approx([0.1, 0.25, 0.4, 0.04], rel=1e-5)
    share = (60 - 20) / 79
    by_hand = 0.04 + 0.36 * (1 + math.cos(math.pi * share)) / 2
    (found_there,) = _rates(
        *("schedule.name=one-cycle", "schedule.start=0.25", "schedule.rise=0.2"),
        "schedule.floor=0.1",
        at=[60],
    )
    assert found_there == pytest.approx(by_hand, rel=1e-5)


def test_schedule_over_an_unknown_number_of_batches_is_refused() -> None:
    chosen = config.load(None, ["schedule.name=one-cycle"])
    with pytest.raises(TrainError, match=r"training\.steps_per_epoch"):
        schedules.learning_rate(chosen, None)


@pytest.mark.parametrize(
    ("monitor", "values", "expected"),
    [
        # A gain, then two epochs without: halved after the second of them.
        ("roc_auc", [0.5, 0.6, 0.6, 0.55, 0.5], [0.4, 0.4, 0.4, 0.2, 0.2]),
        ("loss", [0.5, 0.6, 0.6, 0.3, 0.2], [0.4, 0.4, 0.2, 0.2, 0.2]),
    ],
)
@pytest.mark.field_report("R32")
def test_plateau_knows_the_direction(
    monitor: str, values: list[float], expected: list[float]
) -> None:
    from train.engine import keras

    chosen = config.load(
        None,
        [
            *("schedule.name=plateau", "schedule.patience=2", "schedule.factor=0.5"),
            f"validation.monitor={monitor}",
            "optimizer.learning_rate=0.4",
        ],
    )
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.4))
    callback = schedules.plateau(chosen)
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {f"val_{monitor}": value})
        found.append(float(model.optimizer.learning_rate))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("schedule", "step", "rate"),
    [
        # A quarter of a cycle is half the way up.
        (schedules.Cyclical(0.04, 0.4, 20), 5, 0.22),
        # Halfway up, and halfway down, where the cosine is 0.
        (schedules.OneCycle(0.04, 0.4, 0.0, 30, 100), 15, 0.22),
        (schedules.OneCycle(0.04, 0.4, 0.0, 30, 100), 65, 0.2),
    ],
)
def test_a_schedule_is_made_again_from_its_configuration(
    schedule: keras.optimizers.schedules.LearningRateSchedule, step: int, rate: float
) -> None:
    """As Keras does with the configuration of an optimizer."""
    kept = keras.optimizers.SGD(schedule).get_config()
    with keras.saving.custom_object_scope({type(schedule).__name__: type(schedule)}):
        again = keras.optimizers.SGD.from_config(kept)
    again.iterations.assign(step)
    assert float(again.learning_rate) == pytest.approx(rate, rel=1e-5)
