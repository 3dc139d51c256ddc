"""What TensorBoard is given, read back from its files."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from train import metrics
from train.config import Logging
from train.engine import tf
from train.fit import Fitted
from train.loop import pictures
from train.loop.board import FOLDER, Board, tag_table
from train.loop.position import Position


def _entries(folder: Path) -> Iterator[tuple[str, int, str, np.ndarray]]:
    """Return (name, step, plug-in, value) of all event files of a run."""
    for file in sorted((folder / FOLDER).glob("events.out.tfevents.*")):
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                plugin = value.metadata.plugin_data.plugin_name
                yield value.tag, event.step, plugin, tf.make_ndarray(value.tensor)


def test_every_epoch_has_its_scalars(band_run: tuple[Fitted, list[str]]) -> None:
    done, _ = band_run
    scalars = {
        (name, step): float(value)
        for name, step, plugin, value in _entries(done.folder)
        if plugin == "scalars"
    }
    for epoch in done.history:
        assert scalars["train/loss", epoch.epoch] == pytest.approx(epoch.loss)
        assert scalars["validation/roc_auc", epoch.epoch] == pytest.approx(
            epoch.val_roc_auc
        )


def test_tags_and_pictures_are_shown(band_run: tuple[Fitted, list[str]]) -> None:
    found = {
        name: (plugin, value)
        for name, _, plugin, value in _entries(band_run[0].folder)
        if plugin in ("text", "images")
    }
    plugin, table = found["tags"]
    assert plugin == "text"
    assert "| rock |" in table.item().decode()
    for name in ("first batch", "precision and recall"):
        plugin, blobs = found[name]
        assert plugin == "images"
        picture = Image.open(io.BytesIO(blobs[2]))
        assert [str(size).encode() for size in picture.size] == list(blobs[:2])
        assert len(np.unique(np.asarray(picture))) > 10


def test_area_under_the_drawn_curve_is_the_average_precision() -> None:
    # From the top: one hit, then two with equal scores of which one is a hit, a miss.
    labels = np.array([0, 1, 0, 1])
    scores = np.array([0.5, 0.9, 0.1, 0.5])
    recall, precision = pictures.curve(labels, scores)
    assert recall.tolist() == [0, 0.5, 1, 1]
    assert precision.tolist() == [1, 1, 2 / 3, 0.5]
    (found,) = metrics.compute(labels[:, None], scores[:, None], ["rock"]).tags
    area = np.sum(np.diff(recall) * precision[1:])
    assert area == pytest.approx(found.pr_auc) == pytest.approx(5 / 6)


@pytest.mark.field_report("R34")
def test_what_no_checkpoint_covers_is_not_written(tmp_path: Path) -> None:
    board = Board(tmp_path, Logging(every_steps=1))
    position = Position(1, step=1, loss_sum=2.0, examples=4.0)
    board.step(position, lambda: 0.1)
    assert not (tmp_path / FOLDER).exists()
    board.flush()
    position.step = 2
    board.step(position, lambda: 0.1)
    board.close()
    found = [(name, step, float(v)) for name, step, _, v in _entries(tmp_path)]
    assert found == [
        ("step/loss", 1, 0.5),
        ("step/learning_rate", 1, pytest.approx(0.1)),
    ]


def test_switched_off_nothing_is_written(tmp_path: Path) -> None:
    board = Board(tmp_path, Logging(tensorboard=False, every_steps=1))
    board.step(Position(1, step=1), lambda: 0.1)
    board.flush()
    board.close()
    assert not list(tmp_path.iterdir())


def test_table_has_the_best_tag_first_and_undefined_ones_last() -> None:
    labels = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0]])
    scores = np.array([[0.2, 0.9, 0.1], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    found = metrics.compute(labels, scores, ["rock|pop", "jazz", "none"])
    # rock: one of two negatives is below the positive; both tracks of jazz lead.
    assert tag_table(found).splitlines()[2:] == [
        "| jazz | 2 | 1.0000 | 1.0000 |",
        "| rock\\|pop | 1 | 0.5000 | 0.5000 |",
        "| none | 0 | undefined | undefined |",
    ]
