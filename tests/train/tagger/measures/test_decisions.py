import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from train.tagger.measures import decisions


def _noisy(seed: int, levels: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.random((90, 4)) < (0.1, 0.3, 0.5, 0.9)
    labels[0], labels[1] = True, False
    scores = np.clip(rng.random((90, 4)) * 0.7 + 0.3 * labels, 0, 1)
    return labels, scores if levels is None else np.round(scores * levels) / levels


@pytest.mark.parametrize("levels", [None, 5])
@pytest.mark.parametrize("seed", range(4))
def test_no_other_threshold_has_a_higher_f1(seed: int, levels: int | None) -> None:
    labels, scores = _noisy(seed, levels)
    chosen = decisions.choose(labels, scores)
    for tag in range(4):
        tried = {
            float(each): f1_score(labels[:, tag], scores[:, tag] >= each)
            for each in np.unique(scores[:, tag])
        }
        best = max(tried.values())
        # The highest of those that are equally good.
        assert chosen[tag] == max(key for key, f1 in tried.items() if f1 == best)


def test_decisions_equal_scikit_learn() -> None:
    labels, scores = _noisy(0)
    other_labels, other_scores = _noisy(9)
    thresholds = decisions.choose(other_labels, other_scores)
    made = decisions.judge(labels, scores, thresholds, list("abcd"))
    chosen = scores >= thresholds
    precision, recall, f1, _ = precision_recall_fscore_support(labels, chosen)
    assert [tag.precision for tag in made.tags] == pytest.approx(precision)
    assert [tag.recall for tag in made.tags] == pytest.approx(recall)
    assert [tag.f1 for tag in made.tags] == pytest.approx(f1)
    assert [tag.predicted for tag in made.tags] == chosen.sum(axis=0).tolist()
    assert made.f1 == pytest.approx(f1_score(labels, chosen, average="macro"))
    assert made.micro_f1 == pytest.approx(f1_score(labels, chosen, average="micro"))
    np.testing.assert_array_equal(made.thresholds(), thresholds)


def test_tag_that_no_validation_track_has_gets_no_threshold() -> None:
    thresholds = decisions.choose([[1, 0], [0, 0]], [[0.8, 0.9], [0.3, 0.2]])
    assert thresholds[0] == 0.8
    assert np.isnan(thresholds[1])
    made = decisions.judge([[1, 1]], [[0.9, 0.9]], thresholds, ["rock", "polka"])
    assert made.tags[1] == decisions.TagDecisions("polka", None, 0, None, None, None)
    assert (made.f1, made.micro_f1) == (1.0, 1.0)


def test_tag_that_no_judged_track_has_is_left_out_and_none_predicted_is_zero() -> None:
    thresholds = np.array([0.5, 0.5])
    made = decisions.judge([[0, 1], [0, 0]], [[0.9, 0.1]] * 2, thresholds, ["a", "b"])
    assert made.tags[0] == decisions.TagDecisions("a", 0.5, 2, None, None, None)
    assert made.tags[1] == decisions.TagDecisions("b", 0.5, 0, 0.0, 0.0, 0.0)
    assert made.f1 == 0.0
