from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset.manifest import Features
from train import config, initial, trained
from train.config import Config
from train.data.windows import Window, window_of
from train.errors import TrainError
from train.models import registry

_SMALL = (
    "model.name=pons-logmel",
    "model.filters=1",
    "model.backend_filters=4",
    "model.dense_units=4",
)


def _window(chosen: Config, features: Features) -> Window:
    own = registry.ARCHITECTURES[chosen.model.name].standardise
    return window_of(features, chosen.input, own)


def _started(source: Path, features: Features, n_tags: int, *more: str) -> Any:
    chosen = config.load(None, [*initial.overrides(str(source)), *more])
    return initial.model(chosen, features, _window(chosen, features), n_tags)


def test_all_but_the_output_begins_as_it_ended_there(
    band_run: tuple, mel_features: Features
) -> None:
    source, _ = trained.load(band_run[0].folder)
    found = _started(band_run[0].folder, mel_features, 7)
    assert found.output.shape == (None, 7)
    assert found.trainable
    for ours, theirs in zip(found.layers, source.layers, strict=True):
        if ours.name == "logits":
            assert ours.kernel.shape == (32, 7)
        else:
            for one, other in zip(ours.weights, theirs.weights, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["2019", "true", "1e3", " spaces ", 'a "b" \\ \x7f'])
def test_a_name_that_looks_like_a_value_stays_a_name(
    name: str, band_run: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).symlink_to(band_run[0].folder)
    monkeypatch.chdir(tmp_path)
    chosen = config.load(None, initial.overrides(name))
    assert chosen.init.model == name
    assert chosen.model.model_dump() == trained.describe(name).model


def test_frozen_layers_keep_weights_and_averages(
    band_run: tuple, mel_features: Features
) -> None:
    model = _started(band_run[0].folder, mel_features, 3, "init.freeze=true")
    before = [weight.numpy() for weight in model.weights]
    model.compile("adam", "binary_crossentropy", jit_compile=False)
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(8, *model.input.shape[1:])).astype(np.float32)
    model.train_on_batch(windows, rng.integers(0, 2, (8, 3)))
    changed = {
        weight.path.split("/")[0]
        for weight, old in zip(model.weights, before, strict=True)
        if (weight.numpy() != old).any()
    }
    assert changed == {"logits"}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model.backend_filters=8"], "layer conv1d.* has weights of shape"),
        (["input.standardise=none"], "standardised by 'window', not 'none'"),
        (["init.model=", "init.freeze=true"], "nothing was learned with"),
    ],
)
def test_what_does_not_fit_is_told(
    overrides: list[str], message: str, band_run: tuple, mel_features: Features
) -> None:
    with pytest.raises(TrainError, match=message):
        _started(band_run[0].folder, mel_features, 3, *overrides)


def test_other_features_or_another_architecture_are_refused(
    band_run: tuple, mel_features: Features
) -> None:
    features = mel_features.model_copy(update={"hop": 256, "preset": "other"})
    with pytest.raises(TrainError, match=r"hop 512, not 256.*--preset urop2019"):
        _started(band_run[0].folder, features, 3)
    chosen = config.load(
        None, [f"init.model={band_run[0].folder}", "model.name=musicnn"]
    )
    with pytest.raises(TrainError, match=r"it is a pons-logmel, .* asks for a musicnn"):
        initial.model(chosen, mel_features, _window(chosen, mel_features), 3)


def test_untrained_model_says_how_frequent_each_tag_is(mel_features: Features) -> None:
    labels = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 1]], np.uint8)
    # One track more of each kind: 2 of 4, 1 of 5 and 5 of 1.
    for value, expected in (("prior", np.log([2 / 4, 1 / 5, 5])), ("zero", [0, 0, 0])):
        chosen = config.load(None, [f"init.output_bias={value}", *_SMALL])
        model = initial.model(chosen, mel_features, _window(chosen, mel_features), 3)
        initial.start_at_prior(model, labels, chosen)
        bias = model.get_layer("logits").bias.numpy()
        np.testing.assert_allclose(bias, expected, rtol=1e-6)


def test_storage_type_of_an_export_is_no_other_feature(
    band_run: tuple, mel_features: Features
) -> None:
    features = mel_features.model_copy(update={"dtype": "float32"})
    assert _started(band_run[0].folder, features, 3).output.shape == (None, 3)


def test_run_from_a_run_says_where_it_began(
    band_export: Path, band_run: tuple, tmp_path: Path
) -> None:
    from train.fit import fit

    chosen = config.load(
        None,
        [
            *initial.overrides(str(band_run[0].folder)),
            *("init.freeze=true", "training.epochs=1", "training.batch_size=12"),
        ],
    )
    done = fit(band_export, chosen, all_runs=tmp_path, name="on", say=lambda _: None)
    assert config.load(done.folder / "config.toml").init == chosen.init
    model, _ = trained.load(done.folder)
    source, _ = trained.load(band_run[0].folder)
    # The first kernel, and the last that is not of the output.
    for place in (0, -3):
        np.testing.assert_array_equal(model.weights[place], source.weights[place])
    assert np.abs(model.weights[-2] - source.weights[-2]).max() > 0
