import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from train import metrics
from train.errors import TrainError

TAGS = [f"tag {i}" for i in range(6)]


@pytest.mark.parametrize("levels", [None, 3, 1])
@pytest.mark.parametrize("seed", range(5))
def test_equal_to_scikit_learn_with_and_without_ties(
    seed: int, levels: int | None
) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.random((80, 6)) < rng.uniform(0.05, 0.9, 6)
    labels[0], labels[1] = True, False
    scores = rng.random((80, 6)) + 0.3 * labels
    if levels is not None:
        scores = np.round(scores * levels) / levels
    found = metrics.compute(labels, scores, TAGS)
    for average, roc_auc, pr_auc in (
        ("macro", found.roc_auc, found.pr_auc),
        ("micro", found.micro_roc_auc, found.micro_pr_auc),
    ):
        assert roc_auc == pytest.approx(
            roc_auc_score(labels, scores, average=average), abs=1e-9
        )
        assert pr_auc == pytest.approx(
            average_precision_score(labels, scores, average=average), abs=1e-9
        )
    expected = roc_auc_score(labels, scores, average=None)
    assert [tag.roc_auc for tag in found.tags] == pytest.approx(list(expected))


def test_float32_scores_that_differ_in_the_last_bit_are_no_tie() -> None:
    labels = np.array([[0], [1]])
    low = np.float32(0.5)
    scores = np.array([[low], [np.nextafter(low, np.float32(1))]], dtype=np.float32)
    assert metrics.compute(labels, scores, ["rock"]).roc_auc == 1.0


@pytest.mark.field_report("R30")
def test_tag_without_positives_is_left_out_and_listed() -> None:
    # Two tags predicted perfectly, the third without a positive.
    labels = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]])
    scores = np.array([[0.9, 0.1, 0.5], [0.1, 0.8, 0.2], [0.7, 0.3, 0.1], [0, 1, 0.9]])
    found = metrics.compute(labels, scores, ["rock", "jazz", "polka"])
    assert (found.roc_auc, found.pr_auc) == (1.0, 1.0)
    assert found.undefined == ("polka",)
    assert found.tags[2] == metrics.TagMetrics("polka", 0, None, None)


def test_tag_that_every_track_has_is_left_out_too() -> None:
    found = metrics.compute([[1, 1], [1, 0]], [[0.1, 0.2], [0.3, 0.1]], ["a", "b"])
    assert found.undefined == ("a",)
    assert found.roc_auc == 1.0


def test_no_defined_tag_gives_none() -> None:
    found = metrics.compute([[0], [0]], [[0.1], [0.2]], ["a"])
    assert found.roc_auc is None
    assert json.loads(json.dumps(found.to_dict()))["undefined"] == ["a"]


def test_knowing_only_the_frequencies_fools_micro_but_not_macro() -> None:
    rng = np.random.default_rng(0)
    shares = np.linspace(0.02, 0.5, 6)
    labels = rng.random((2000, 6)) < shares
    found = metrics.compute(labels, np.tile(shares, (2000, 1)), TAGS)
    assert found.roc_auc == 0.5
    assert found.micro_roc_auc is not None
    assert found.micro_roc_auc > 0.65


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([[0, 1]], [[0.1, 0.2, 0.3]], "do not fit"),
        ([[0, 2]], [[0.1, 0.2]], "neither 0 nor 1"),
        ([[0, 1]], [[0.1, np.nan]], "track 0, tag 'b' is not finite"),
    ],
)
def test_bad_input_is_refused(labels: list, scores: list, message: str) -> None:
    with pytest.raises(TrainError, match=message):
        metrics.compute(labels, scores, ["a", "b"])


def test_frequencies_alone_on_the_published_labels(real: Path) -> None:
    # Frequencies of the validation part; macro .500 / .033 and micro .712 / .082 were
    # found independently, with scikit-learn.
    choi = real / "splits" / "choi"
    labels = np.load(choi / "test_y.npy")
    tags = (choi / "tags.txt").read_text().split("\n")[: labels.shape[1]]
    scores = np.tile(np.load(choi / "valid_y.npy").mean(axis=0), (len(labels), 1))
    found = metrics.compute(labels, scores, tags)
    assert found.roc_auc == pytest.approx(0.500, abs=5e-4)
    assert found.pr_auc == pytest.approx(0.033, abs=5e-4)
    assert found.micro_roc_auc == pytest.approx(0.712, abs=5e-4)
    assert found.micro_pr_auc == pytest.approx(0.082, abs=5e-4)
