import math

import pytest

from train.checkpoints import Best


def test_higher_area_is_better() -> None:
    # R32: the second epoch is the best.
    best = Best("pr_auc")
    assert [best.update(i, value) for i, value in enumerate((0.2, 0.6, 0.4), 1)] == [
        True,
        True,
        False,
    ]
    assert (best.epoch, best.value) == (2, 0.6)


def test_lower_loss_is_better() -> None:
    best = Best("loss")
    for epoch, value in enumerate((0.9, 0.3, 0.5), 1):
        best.update(epoch, value)
    assert best.epoch == 2


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_undefined_value_is_never_the_best(value: float | None) -> None:
    best = Best("roc_auc")
    assert not best.update(1, value)
    assert best.update(2, 0.1)


def test_gain_below_min_delta_does_not_count() -> None:
    best = Best("roc_auc", min_delta=0.125)
    assert best.update(1, 0.5)
    assert not best.update(2, 0.5625)
    assert best.update(3, 0.625)


def test_patience_runs_out_after_so_many_epochs_without_gain() -> None:
    best = Best("roc_auc", patience=2)
    values = (0.5, 0.4, 0.6, 0.5, 0.5)
    exhausted = []
    for epoch, value in enumerate(values, 1):
        best.update(epoch, value)
        exhausted.append(best.exhausted)
    assert exhausted == [False, False, False, False, True]


def test_without_patience_training_never_ends_early() -> None:
    best = Best("roc_auc")
    for epoch in range(100):
        best.update(epoch, 0.5)
    assert not best.exhausted
