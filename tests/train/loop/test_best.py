import math

import pytest

from train.loop.best import Best, Patience


@pytest.mark.field_report("R32")
def test_higher_area_is_better() -> None:
    # The second epoch is the best.
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


def test_gain_below_min_delta_is_the_best_and_yet_spends_patience() -> None:
    best, patience = Best("roc_auc"), Patience("roc_auc", 2, min_delta=0.125)
    for epoch, value in enumerate((0.5, 0.5625, 0.59375), 1):
        assert best.update(epoch, value)
        patience.update(value)
    assert patience.exhausted


def test_small_gains_add_up_for_patience() -> None:
    patience = Patience("loss", 2, min_delta=0.125)
    for value in (0.5, 0.4375, 0.375, 0.3125):
        patience.update(value)
    assert not patience.exhausted


def test_patience_runs_out_after_so_many_epochs_without_gain() -> None:
    patience = Patience("roc_auc", 2)
    exhausted = []
    for value in (0.5, 0.4, 0.6, 0.5, 0.5):
        patience.update(value)
        exhausted.append(patience.exhausted)
    assert exhausted == [False, False, False, False, True]


def test_without_patience_training_never_ends_early() -> None:
    patience = Patience("roc_auc", 0)
    for _ in range(100):
        patience.update(0.5)
    assert not patience.exhausted
