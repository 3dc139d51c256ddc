from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from dataset.labels import LabelledTrack
from train.errors import TrainError
from train.tagger.measures import slices

_ROW = LabelledTrack(
    *("msd", "TR", "test", "shards/a", 0, 10, [], "artist", None, None, None, None)
)


def _made_up(values: list[Any], column: str) -> tuple:
    rng = np.random.default_rng(0)
    rows = [replace(_ROW, **{column: value}) for value in values]
    labels = rng.random((len(rows), 2)) < 0.5
    scores = rng.random((len(rows), 2)) + 0.2 * labels
    return rows, labels, scores


def test_each_value_has_the_metrics_of_its_tracks() -> None:
    values = ["1990s"] * 30 + [None] * 20 + ["1960s"] * 25
    rows, labels, scores = _made_up(values, "decade")
    found = slices.slice_by("decade", rows, labels, scores, ["a", "b"])
    assert [each.value for each in found] == ["1960s", "1990s", "unknown"]
    for each, part in zip(
        found, (slice(50, 75), slice(0, 30), slice(30, 50)), strict=True
    ):
        assert each.tracks == part.stop - part.start
        assert each.roc_auc == pytest.approx(roc_auc_score(labels[part], scores[part]))
        assert each.micro_pr_auc == pytest.approx(
            average_precision_score(labels[part], scores[part], average="micro")
        )
        assert each.tags == 2


def test_tags_that_a_slice_lacks_are_not_counted() -> None:
    rows, labels, scores = _made_up(["msd", "msd", "fma"], "source")
    labels[:] = [[1, 0], [0, 0], [1, 1]]
    found = {
        each.value: each
        for each in slices.slice_by("source", rows, labels, scores, "ab")
    }
    assert (found["msd"].tags, found["fma"].tags) == (1, 0)
    assert found["fma"].roc_auc is None


def test_rare_values_are_taken_together() -> None:
    values = [year for year in range(1960, 2000) for _ in range(2)] + [1960]
    rows, labels, scores = _made_up(values, "year")
    found = slices.slice_by("year", rows, labels, scores, ["a", "b"])
    assert len(found) == 21
    assert found[0].value == "1960"
    assert found[-1].value == "all others"
    assert sum(each.tracks for each in found) == len(rows)


def test_unknown_column_is_refused() -> None:
    with pytest.raises(TrainError, match="no column 'mood' to slice by") as caught:
        slices.check(["decade", "mood"])
    assert "decade" in str(caught.value.expected)
