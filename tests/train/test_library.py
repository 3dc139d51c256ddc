"""Training on any pair of features and labels."""

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from train import config, runs
from train.engine import keras, tf
from train.errors import TrainError
from train.library import fit
from train.models.parts import tag_outputs

TAGS = ["high", "low"]


def _model() -> keras.Model:
    keras.utils.set_random_seed(1)
    features = keras.Input((8,))
    x = keras.layers.Dense(8, activation="relu")(features)
    x = keras.layers.Dropout(0.2)(x)
    return keras.Model(features, tag_outputs(x, 2))


def _data(number: int, seed: int) -> tf.data.Dataset:
    """Return points whose first two values decide their tags."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(number, 8)).astype(np.float32)
    labels = (features[:, :2] > 0).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((features, labels)).batch(8)


def _config(*overrides: str) -> config.Config:
    constant = ["schedule.name=constant", "optimizer.learning_rate=0.02"]
    return config.load(None, ["training.epochs=12", *constant, *overrides])


def _quiet(_line: str) -> None:
    """Say nothing."""


def test_a_model_learns_from_a_pair_of_tensors(tmp_path: Path) -> None:
    seen = []
    done = fit(
        _model(),
        _data(67, 1),
        validation=_data(41, 2),
        tags=TAGS,
        folder=tmp_path / "run",
        config=_config(),
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda step, logs: seen.append((step, logs))
            )
        ],
        say=_quiet,
    )
    assert done.history[-1].val_roc_auc > 0.95
    assert len(seen) == 12 * 9
    best = keras.saving.load_model(done.folder / runs.BEST)
    assert best.output_shape == (None, 2)


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def data(epoch: int) -> tf.data.Dataset:
        return _data(67, 1).shuffle(9, seed=epoch)

    weights = []
    for folder, parts in (("whole", [6]), ("half", [3, 6])):
        for number, epochs in enumerate(parts):
            model = _model()
            fit(
                model,
                data,
                tags=TAGS,
                folder=tmp_path / folder,
                config=_config(f"training.epochs={epochs}"),
                resume=number > 0,
                say=_quiet,
            )
        weights.append(np.concatenate([each.ravel() for each in model.get_weights()]))
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-6)
    history = json.loads((tmp_path / "half" / runs.HISTORY).read_text())
    assert [epoch["epoch"] for epoch in history] == [1, 2, 3, 4, 5, 6]


def test_how_it_goes_on_is_told(tmp_path: Path) -> None:
    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, step: int, logs: object = None) -> None:
            if step == 0:
                signal.raise_signal(signal.SIGTERM)

    chosen, said = _config("training.epochs=1"), []
    common = {"tags": TAGS, "folder": tmp_path, "config": chosen, "say": said.append}
    fit(_model(), _data(16, 1), callbacks=[Stop()], **common)
    assert said.pop().endswith("; resume=True goes on")
    fit(_model(), _data(16, 1), resume=True, **common)
    fit(_model(), _data(16, 1), resume=True, **common)
    assert said.pop().endswith("all of them; a higher training.epochs goes on longer")


def test_plateau_goes_on_where_it_stopped_near_its_floor(tmp_path: Path) -> None:
    features = np.random.default_rng(1).normal(size=(16, 8)).astype(np.float32)
    labels = (features[:, :2] > 0).astype(np.float32)
    # What is learned is the contrary of what is validated: there is no gain after
    # the first epoch.
    data, contrary = (
        tf.data.Dataset.from_tensor_slices((features, each)).batch(8)
        for each in (labels, 1 - labels)
    )
    common = {"tags": TAGS, "validation": contrary, "say": _quiet}
    sets = (
        *("schedule.name=plateau", "schedule.patience=2", "schedule.factor=0.5"),
        *("schedule.floor=0.1", "validation.monitor=loss"),
    )

    def rates(folder: str, epochs: int, *, resume: bool = False) -> list[float]:
        chosen = _config(*sets, f"training.epochs={epochs}")
        place = tmp_path / folder
        done = fit(_model(), data, folder=place, config=chosen, resume=resume, **common)
        return [epoch.learning_rate / 0.02 for epoch in done.history]

    # By hand: after two epochs without gain the rate is halved for those that follow.
    by_hand = [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.1]
    assert rates("whole", 10) == pytest.approx(by_hand)
    rates("half", 7)
    assert rates("half", 10, resume=True) == pytest.approx(by_hand)


def test_a_resumed_run_keeps_its_configuration(tmp_path: Path) -> None:
    common = {"tags": TAGS, "folder": tmp_path, "say": _quiet}
    begun = _config("training.epochs=1", "optimizer.learning_rate=0.02")
    fit(_model(), _data(64, 1), config=begun, **common)
    other = _config("training.epochs=2", "optimizer.learning_rate=0.01")
    with pytest.raises(TrainError, match=r"optimizer.learning_rate cannot change"):
        fit(_model(), _data(64, 1), config=other, resume=True, **common)
    longer = _config("training.epochs=2", "optimizer.learning_rate=0.02")
    done = fit(_model(), _data(64, 1), config=longer, resume=True, **common)
    assert [epoch.learning_rate for epoch in done.history] == pytest.approx([0.02] * 2)


@pytest.mark.parametrize("loop", ["keras", "custom"])
def test_killed_after_the_last_step_of_an_epoch_of_unknown_length(
    loop: str, tmp_path: Path
) -> None:
    class Kill(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, step: int, logs: object = None) -> None:
            if step == 8:
                raise KeyboardInterrupt

    def data(epoch: int) -> tf.data.Dataset:
        # After a filter nobody knows how many batches there are: nine.
        return _data(67, epoch).filter(lambda *_: True)

    sets = ("training.epochs=2", "training.checkpoint_minutes=0")
    chosen = _config(f"training.loop={loop}", *sets)
    common = {"tags": TAGS, "config": chosen, "say": _quiet}
    whole = fit(_model(), data, folder=tmp_path / "whole", **common)
    with pytest.raises(KeyboardInterrupt):
        fit(_model(), data, folder=tmp_path / "half", callbacks=[Kill()], **common)
    done = fit(_model(), data, folder=tmp_path / "half", resume=True, **common)
    assert [epoch.loss for epoch in done.history] == [
        epoch.loss for epoch in whole.history
    ]


def test_killed_in_an_epoch_that_is_longer_than_the_first(tmp_path: Path) -> None:
    class Kill(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, step: int, logs: object = None) -> None:
            if step == 3:
                raise KeyboardInterrupt

    def data(epoch: int) -> tf.data.Dataset:
        return _data(24 if epoch == 1 else 40, epoch)

    chosen = _config("training.epochs=2", "training.checkpoint_minutes=0")
    common = {"tags": TAGS, "config": chosen, "say": _quiet}
    whole = fit(_model(), data, folder=tmp_path / "whole", **common)
    with pytest.raises(KeyboardInterrupt):
        fit(_model(), data, folder=tmp_path / "half", callbacks=[Kill()], **common)
    done = fit(_model(), data, folder=tmp_path / "half", resume=True, **common)
    assert [epoch.loss for epoch in done.history] == [
        epoch.loss for epoch in whole.history
    ]


def test_an_epoch_of_so_many_steps(tmp_path: Path) -> None:
    endless = _data(64, 1).repeat()
    with pytest.raises(TrainError, match="have no end"):
        fit(_model(), endless, tags=TAGS, folder=tmp_path / "run", say=_quiet)
    chosen = _config("training.steps_per_epoch=5", "training.epochs=1")
    fit(_model(), endless, tags=TAGS, folder=tmp_path / "a", config=chosen, say=_quiet)
    with pytest.raises(TrainError, match="an epoch has 2 batches"):
        fit(
            _model(),
            _data(16, 1),
            tags=TAGS,
            folder=tmp_path / "b",
            config=chosen,
            say=_quiet,
        )


def test_what_is_missing_is_told_before_the_first_epoch(tmp_path: Path) -> None:
    data, folder = _data(16, 1), tmp_path / "run"
    with pytest.raises(TrainError, match="validation data are empty"):
        fit(
            *(_model(), data),
            validation=data.take(0),
            tags=TAGS,
            folder=folder,
            say=_quiet,
        )
    for none in (data.take(0), data.filter(lambda *_: False)):
        with pytest.raises(TrainError, match="no batch to train on"):
            fit(_model(), none, config=_config(), tags=TAGS, folder=folder, say=_quiet)
    plain = keras.Sequential([keras.Input((8,)), keras.layers.Dense(2)])
    with pytest.raises(TrainError, match="no layer named logits"):
        fit(plain, data, tags=TAGS, folder=folder, say=_quiet)
    assert not folder.exists()
    with pytest.raises(TrainError, match="the path is not UTF-8"):
        fit(_model(), data, tags=TAGS, folder=tmp_path / "caf\udce9", say=_quiet)


@pytest.mark.parametrize(
    ("tags", "change", "message"),
    [
        (["high"], lambda data: data, r"the model gives \(None, 2\)"),
        (TAGS, lambda data: data.map(lambda x, _y: x), "training data are no pairs"),
        (
            TAGS,
            lambda data: data.map(lambda x, y: (x, y[:, :1])),
            r"the shape \(.*, 1\)",
        ),
        (TAGS, lambda data: data.unbatch(), r"labels of the training data .* \(2,\)"),
    ],
)
def test_data_and_model_must_be_of_the_tags(
    tags: list[str], change: Callable, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with pytest.raises(TrainError, match=message):
        fit(_model(), change(_data(16, 1)), tags=tags, folder=folder, say=_quiet)
    assert not folder.exists()


def test_patience_needs_validation_data(tmp_path: Path) -> None:
    chosen = _config("validation.patience=2")
    with pytest.raises(TrainError, match="nothing is validated"):
        fit(
            *(_model(), _data(16, 1)),
            tags=TAGS,
            folder=tmp_path / "run",
            config=chosen,
            say=_quiet,
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("place", [0, 12])
def test_labels_to_validate_with_are_0_or_1(place: int, tmp_path: Path) -> None:
    features, labels = np.zeros((16, 8), np.float32), np.ones((16, 2), np.float32)
    labels[place] = 0.5
    held_out = tf.data.Dataset.from_tensor_slices((features, labels)).batch(8)
    with pytest.raises(TrainError, match="a label of the validation data is neither"):
        fit(
            *(_model(), _data(16, 1)),
            validation=held_out,
            tags=TAGS,
            folder=tmp_path / "run",
            config=_config("training.epochs=1"),
            say=_quiet,
        )


def test_half_a_model_is_never_taken_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, data = _model(), _data(16, 1)
    save = keras.Model.save

    def cut(model: keras.Model, path: Path) -> None:
        save(model, path)
        if (tmp_path / "run" / runs.LAST).exists():
            path.write_bytes(path.read_bytes()[:100])
            raise OSError("the disk is full")

    monkeypatch.setattr(keras.Model, "save", cut)
    with pytest.raises(OSError, match="disk is full"):
        fit(model, data, tags=TAGS, folder=tmp_path / "run", say=_quiet)
    assert sorted(path.name for path in (tmp_path / "run").glob("*.keras")) == [
        runs.LAST
    ]
    assert not list((tmp_path / "run").glob(".*"))
    keras.saving.load_model(tmp_path / "run" / runs.LAST)


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / runs.CONFIG).write_text("")
    with pytest.raises(TrainError, match="a run lies here already"):
        fit(_model(), _data(16, 1), tags=TAGS, folder=tmp_path, say=_quiet)


@pytest.mark.parametrize("loop", ["keras", "custom"])
def test_batch_that_makes_the_loss_nan_is_kept(loop: str, tmp_path: Path) -> None:
    features = np.zeros((24, 8), np.float32)
    features[13, 5] = np.nan
    labels = np.eye(2, dtype=np.float32)[np.arange(24) % 2]
    data = tf.data.Dataset.from_tensor_slices((features, labels)).batch(8)
    chosen = _config(f"training.loop={loop}")
    # Without a ReLU, which makes 0 of NaN.
    inputs = keras.Input((8,))
    model = keras.Model(inputs, tag_outputs(inputs, 2))
    with pytest.raises(TrainError, match="the batch itself has values") as caught:
        fit(model, data, tags=TAGS, folder=tmp_path, config=chosen, say=_quiet)
    assert "step 2 of epoch 1" in str(caught.value)
    with np.load(tmp_path / "not_finite.npz") as batch:
        np.testing.assert_array_equal(batch["features"], features[8:16])
        np.testing.assert_array_equal(batch["labels"], labels[8:16])


@keras.saving.register_keras_serializable("lyre-tests")
class _Greedy(keras.layers.Layer):
    """Asks for 64 TiB."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        huge = tf.ones(tf.stack([tf.shape(inputs, tf.int64)[0] * 2**41]))
        return inputs + tf.reduce_sum(tf.sort(huge))


def test_lack_of_memory_names_a_batch_size(tmp_path: Path) -> None:
    features = keras.Input((8,))
    model = keras.Model(features, tag_outputs(_Greedy()(features), 2))
    # Two batches of 16 make an update: so do four of 8.
    chosen = _config("optimizer.gradient_accumulation_steps=2")
    remedy = r"try training\.batch_size=8 .*gradient_accumulation_steps=4"
    with pytest.raises(TrainError, match=remedy):
        fit(model, _data(16, 1), tags=TAGS, folder=tmp_path, config=chosen, say=_quiet)


def test_example_of_the_page_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "training.md"
    (example,) = re.findall(
        r"^## Train on your own data\n.*?^```python\n(.*?)^```",
        page.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    area, best = capsys.readouterr().out.splitlines()[-1].split()
    assert float(area) > 0.7
    assert 1 <= int(best) <= 10
    assert (tmp_path / "runs" / "mine" / runs.BEST).is_file()
