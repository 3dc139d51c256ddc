import math

import numpy as np
import pytest

from train import losses
from train.engine import keras
from train.errors import TrainError

TAGS = ["rock", "jazz", "pop"]


def _value(labels: list, logits: list, loss: losses.Loss) -> float:
    return float(
        loss(np.array([labels], np.float32), np.array([logits], np.float32))[0]
    )


def test_plain_cross_entropy_by_hand_and_by_keras() -> None:
    # sigmoid(0) = 1/2, so that each of the three labels costs log 2.
    loss = losses.build(TAGS, {})
    assert _value([1, 0, 1], [0, 0, 0], loss) == pytest.approx(math.log(2))
    labels, logits = [1, 0, 1], [1.5, -0.3, -2.0]
    expected = keras.losses.BinaryCrossentropy(from_logits=True)(
        np.array([labels]), np.array([logits])
    )
    assert _value(labels, logits, loss) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.field_report("R37")
def test_weight_counts_for_the_positives_of_its_tag_alone() -> None:
    # Weight 50 for jazz: (log 2 + 50 log 2 + log 2) / 3 with the first two tags on,
    # and nothing where jazz is off.
    loss = losses.build(TAGS, {"jazz": 50.0})
    assert _value([1, 1, 0], [0, 0, 0], loss) == pytest.approx(52 * math.log(2) / 3)
    assert _value([1, 0, 0], [0, 0, 0], loss) == pytest.approx(math.log(2))


def test_focal_loss_by_hand() -> None:
    # p = 1/2 everywhere: (1/2)^2 log 2.
    loss = losses.build(TAGS, {}, gamma=2.0)
    assert _value([1, 0, 1], [0, 0, 0], loss) == pytest.approx(math.log(2) / 4)


def test_huge_logits_stay_finite() -> None:
    loss = losses.build(TAGS, {})
    assert _value([1, 0, 1], [-200, 200, 200], loss) == pytest.approx(400 / 3)


def test_weight_of_an_unknown_tag_is_refused() -> None:
    with pytest.raises(TrainError, match="nearest valid one is 'jazz'"):
        losses.build(TAGS, {"jaz": 2.0})
