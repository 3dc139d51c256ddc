import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from train.tagger.measures.calibration import Bin, calibrate


def test_bins_and_brier_score_equal_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random((200, 3))
    labels = rng.random((200, 3)) < scores**2
    found = calibrate(labels, scores, list("abc"), bins=8)
    positives, means = calibration_curve(labels.ravel(), scores.ravel(), n_bins=8)
    assert [each.positives for each in found.bins] == pytest.approx(list(positives))
    assert [each.score for each in found.bins] == pytest.approx(list(means))
    assert sum(each.labels for each in found.bins) == labels.size
    assert found.brier == pytest.approx(
        brier_score_loss(labels.ravel(), scores.ravel())
    )


def test_error_by_hand() -> None:
    # Two bins. Low: scores .1 and .3, one positive, |.2 - .5| = .3. High: .9 and 1.0,
    # both positive, |.95 - 1| = .05. Each holds half the labels.
    found = calibrate([[1], [0], [1], [1]], [[0.1], [0.3], [0.9], [1.0]], ["a"], bins=2)
    assert found.error == pytest.approx(0.5 * 0.3 + 0.5 * 0.05)
    assert found.tag_errors == pytest.approx({"a": found.error})
    assert found.bins[0] == Bin(0.0, 0.5, 2, pytest.approx(0.2), 0.5)


def test_errors_of_tags_do_not_cancel_each_other() -> None:
    found = calibrate([[1, 0]] * 10, [[0.5, 0.5]] * 10, ["a", "b"], bins=5)
    assert found.error == pytest.approx(0.0)
    assert found.tag_errors == pytest.approx({"a": 0.5, "b": 0.5})


def test_empty_bins_have_no_mean() -> None:
    found = calibrate([[1], [0]], [[0.95], [0.9]], ["a"], bins=10)
    assert found.bins[0] == Bin(0.0, 0.1, 0, None, None)
    assert found.to_dict()["bins"][9]["labels"] == 2
