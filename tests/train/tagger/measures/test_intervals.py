import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from train.tagger.measures import intervals
from train.tagger.measures.intervals import Interval, Ranking, bootstrap


@pytest.mark.parametrize("levels", [None, 4])
def test_weighted_areas_equal_scikit_learn_with_and_without_ties(
    levels: int | None,
) -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(60) < 0.3
    scores = rng.random(60) + 0.4 * labels
    if levels is not None:
        scores = np.round(scores * levels) / levels
    weights = rng.integers(0, 4, (60, 10)).astype(np.int32)
    roc, pr = Ranking(labels, scores).areas(weights)
    for number, weight in enumerate(weights.T):
        drawn = {"sample_weight": weight}
        assert roc[number] == pytest.approx(roc_auc_score(labels, scores, **drawn))
        assert pr[number] == pytest.approx(
            average_precision_score(labels, scores, **drawn)
        )


def test_weights_that_leave_no_positive_give_nan() -> None:
    ranking = Ranking(np.array([True, False]), np.array([0.9, 0.1]))
    roc, pr = ranking.areas(np.array([[0, 1, 1], [1, 0, 1]], np.int32))
    np.testing.assert_array_equal(roc, [np.nan, np.nan, 1.0])
    np.testing.assert_array_equal(pr, [np.nan, np.nan, 1.0])


def test_bounds_are_those_of_replicates_made_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intervals, "_CHUNK_CELLS", 4000)  # several chunks
    rng = np.random.default_rng(1)
    labels = rng.random((200, 3)) < (0.2, 0.4, 0.6)
    scores = rng.random((200, 3)) + 0.2 * labels
    artists = [f"artist {number}" for number in rng.integers(30, size=200)]
    thresholds = np.array([0.5, 0.6, 0.7])
    found = bootstrap(
        labels, scores, artists, thresholds=thresholds, replicates=40, seed=3
    )
    assert found is not None
    names, group = np.unique(artists, return_inverse=True)
    draws = np.random.default_rng(3).integers(len(names), size=(40, len(names)))
    expected: dict[str, list[float]] = {"roc": [], "pr": [], "micro": [], "f1": []}
    for draw in draws:
        rows = np.concatenate([np.flatnonzero(group == artist) for artist in draw])
        truth, score = labels[rows], scores[rows]
        expected["roc"].append(roc_auc_score(truth, score))
        expected["pr"].append(average_precision_score(truth, score))
        expected["micro"].append(average_precision_score(truth, score, average="micro"))
        expected["f1"].append(f1_score(truth, score >= thresholds, average="macro"))
    for name, interval in (
        ("roc", found.roc_auc),
        ("pr", found.pr_auc),
        ("micro", found.micro_pr_auc),
        ("f1", found.f1),
    ):
        bounds = np.quantile(expected[name], [0.025, 0.975])
        assert [interval.low, interval.high] == pytest.approx(list(bounds))
    assert found.artists == len(names)
    assert len(found.tag_roc_auc) == 3


def test_same_seed_same_bounds() -> None:
    rng = np.random.default_rng(2)
    labels, scores = rng.random((50, 2)) < 0.5, rng.random((50, 2))
    artists = [str(number % 20) for number in range(50)]
    first, second, other = (
        bootstrap(labels, scores, artists, replicates=20, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == second != other
    assert first is not None
    assert first.f1 == Interval(None, None)


def test_tracks_of_one_artist_widen_the_interval() -> None:
    # Copies of a track under one artist tell no more than the track itself.
    rng = np.random.default_rng(4)
    labels = np.repeat(rng.random((40, 1)) < 0.5, 10, axis=0)
    scores = np.repeat(rng.random((40, 1)), 10, axis=0)
    clustered = bootstrap(labels, scores, np.repeat(range(40), 10).astype(str).tolist())
    alone = bootstrap(labels, scores, [str(number) for number in range(400)])
    assert clustered is not None
    assert alone is not None

    def width(found: intervals.Intervals) -> float:
        assert found.roc_auc.low is not None
        assert found.roc_auc.high is not None
        return found.roc_auc.high - found.roc_auc.low

    assert width(clustered) > 2 * width(alone)


@pytest.mark.parametrize(
    ("artists", "replicates"), [(["a"] * 4, 10), (list("abcd"), 0)]
)
def test_one_artist_or_no_replicates_give_no_interval(
    artists: list, replicates: int
) -> None:
    labels = np.array([[1], [0], [1], [0]])
    assert bootstrap(labels, labels / 2, artists, replicates=replicates) is None
