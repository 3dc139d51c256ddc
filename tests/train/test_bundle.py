import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from train import bundle
from train.bundle import Bundle
from train.data.windows import Window
from train.engine import keras
from train.errors import TrainError
from train.models import registry
from train.models.pons_logmel import PonsLogmel


@pytest.fixture(scope="module")
def described(mel_features: object) -> Bundle:
    return Bundle(
        tags=["rock", "jazz", "pop"],
        features=mel_features,
        window=Window(
            seconds=0.65, shape=[20, 16], short_clips="repeat", standardise="window"
        ),
        model={"name": "pons-logmel"},
        export="bands",
        label_set="training_set.v2",
        training_set_checksum="0" * 64,
        revision=None,
    )


@pytest.fixture(scope="module")
def model() -> "keras.Model":
    settings = PonsLogmel(filters=2, backend_filters=8, dense_units=8)
    return registry.build(settings, "logmel", (20, 16), 3)


def test_model_and_names_come_back(
    described: Bundle, model: "keras.Model", tmp_path: Path
) -> None:
    bundle.save(model, described, tmp_path / "best.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["best.keras"]
    loaded, found = bundle.load(tmp_path / "best.keras")
    assert found == described
    windows = np.random.default_rng(0).normal(size=(2, 20, 16)).astype(np.float32)
    np.testing.assert_allclose(loaded(windows), model(windows), atol=1e-6)


def test_saving_again_replaces_the_file(
    described: Bundle, model: "keras.Model", tmp_path: Path
) -> None:
    for name in ("first", "second"):
        changed = described.model_copy(update={"export": name})
        bundle.save(model, changed, tmp_path / "last.keras")
    assert bundle.read(tmp_path / "last.keras").export == "second"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), "no model here"),
        (lambda path: path.write_bytes(b""), "no .keras archive"),
        (lambda path: path.write_bytes(path.read_bytes()[:-500]), "no .keras archive"),
    ],
)
@pytest.mark.field_report("R36")
def test_unusable_file_is_told_in_a_sentence(
    spoil: Callable[[Path], object],
    message: str,
    described: Bundle,
    model: "keras.Model",
    tmp_path: Path,
) -> None:
    path = tmp_path / "best.keras"
    bundle.save(model, described, path)
    spoil(path)
    with pytest.raises(TrainError, match=message) as caught:
        bundle.load(path)
    assert "\n" not in str(caught.value)


def test_foreign_keras_model_is_refused(model: "keras.Model", tmp_path: Path) -> None:
    model.save(tmp_path / "foreign.keras")
    with pytest.raises(TrainError, match="without tag names"):
        bundle.load(tmp_path / "foreign.keras")


def test_damaged_description_names_the_field(
    described: Bundle, model: "keras.Model", tmp_path: Path
) -> None:
    path = tmp_path / "best.keras"
    model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        text = described.model_copy(update={"tags": []}).model_dump_json()
        archive.writestr("lyre.json", text)
    with pytest.raises(TrainError, match=r"lyre\.json, tags: "):
        bundle.load(path)


@pytest.mark.parametrize(
    ("part", "values", "message"),
    [
        ("window", {"shape": [10**9, 16]}, "has no shape"),
        ("window", {"shape": [20]}, "has no shape"),
        ("window", {"seconds": 1e308}, "window.seconds: "),
        ("window", {"seconds": float("inf")}, "window.seconds: "),
        ("features", {"fmin": float("inf")}, "features.fmin: "),
        ("features", {"n_fft": None}, "needs n_fft"),
        ("features", {"hop": 10**9}, "hop: "),
        ("features", {"sample_rate": 10**9}, "sample_rate: "),
        ("features", {"scale": "samples"}, "no scale"),
        ("features", {"shape": [None, 7]}, "no shape"),
    ],
)
def test_a_description_that_contradicts_itself_is_refused(
    part: str, values: dict, message: str, described: Bundle, tmp_path: Path
) -> None:
    path = tmp_path / "best.keras"
    content = described.model_dump()
    content[part] |= values
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lyre.json", json.dumps(content))
    with pytest.raises(TrainError, match=message) as caught:
        bundle.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.field_report("R36", "R38")
@pytest.mark.parametrize(
    ("shape", "units"), [((20, 16), [4]), ((20, 8), [3]), ((20, 16), [3, 3])]
)
def test_a_model_that_is_not_the_one_described_is_refused(
    shape: tuple[int, ...], units: list[int], described: Bundle, tmp_path: Path
) -> None:
    seen = keras.Input(shape)
    flat = keras.layers.Flatten()(seen)
    other = keras.Model(seen, [keras.layers.Dense(each)(flat) for each in units])
    bundle.save(other, described, tmp_path / "best.keras")
    with pytest.raises(TrainError, match="not the one that it describes"):
        bundle.load(tmp_path / "best.keras")


def test_a_layer_is_no_model(described: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "best.keras"
    layer = {
        "module": "keras.layers",
        "class_name": "Flatten",
        "config": {},
        "registered_name": None,
    }
    bundle.save(
        keras.Sequential([keras.Input((20, 16))]), described, tmp_path / "a.keras"
    )
    with (
        zipfile.ZipFile(tmp_path / "a.keras") as old,
        zipfile.ZipFile(path, "w") as new,
    ):
        for name in old.namelist():
            content = json.dumps(layer) if name == "config.json" else old.read(name)
            new.writestr(name, content)
    with pytest.raises(TrainError, match="Keras cannot load the model"):
        bundle.load(path)


@pytest.mark.field_report("R36")
def test_a_model_that_brings_code_is_refused_and_not_run(
    described: Bundle, tmp_path: Path
) -> None:
    mark = tmp_path / "was-run"
    code = f"__import__('pathlib').Path({str(mark)!r}).touch() or x"
    hostile = keras.Sequential(
        [keras.Input((20, 16)), keras.layers.Lambda(eval(f"lambda x: {code}"))]
    )
    bundle.save(hostile, described, tmp_path / "best.keras")
    mark.unlink(missing_ok=True)
    with pytest.raises(TrainError, match="Keras cannot load the model"):
        bundle.load(tmp_path / "best.keras")
    assert not mark.exists()
