"""Our models with published weights against the published graphs and their scores."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import audio
from train import pretrained
from train.engine import tf
from train.errors import TrainError
from train.pretrained import package, weights
from train.pretrained.published import PUBLISHED
from train.tagger import Tagger
from train.tagger.features import extract

pytestmark = [
    pytest.mark.pretrained,
    pytest.mark.skipif(
        importlib.util.find_spec("musicnn") is None,
        reason="the package musicnn is not installed; see make pretrained",
    ),
]


@pytest.fixture(scope="module")
def reference(real: Path) -> dict[str, np.ndarray]:
    with np.load(real / "musicnn_msd_reference.npz") as found:
        return dict(found)


def _clips(reference: dict[str, np.ndarray]) -> list[str]:
    return [
        key.removesuffix("__scores") for key in reference if key.endswith("__scores")
    ]


def test_scores_are_those_of_the_published_graph(
    reference: dict[str, np.ndarray],
) -> None:
    model, _ = weights.load("musicnn-msd")
    assert len(_clips(reference)) == 6
    for clip in _clips(reference):
        found = model(reference[f"{clip}__features"], training=False)
        np.testing.assert_allclose(
            found, reference[f"{clip}__scores"], atol=1e-4, rtol=0
        )


def test_features_are_the_published_ones(
    reference: dict[str, np.ndarray], real: Path
) -> None:
    features = pretrained.describe("musicnn-msd").features
    for clip in _clips(reference):
        (file,) = (real / "music").glob(f"{clip}.*")
        found = extract(audio.load(file, features.sample_rate), features)
        expected = reference[f"{clip}__features"]
        patches = found[: 187 * len(expected)].reshape(expected.shape)
        np.testing.assert_allclose(patches, expected, atol=2e-3, rtol=0)


def _published_scores(name: str, windows: np.ndarray) -> Any:
    """Run the graph that lies beside the weights, as far as its sigmoid."""
    folder = package.folder() / PUBLISHED[name].folder
    described = tf.compat.v1.MetaGraphDef()
    described.ParseFromString((folder / ".meta").read_bytes())
    part = tf.compat.v1.graph_util.extract_sub_graph(
        described.graph_def, ["model/Sigmoid"]
    )
    for node in part.node:
        if node.op == "RandomUniform":
            # Without one, TensorFlow refuses to go by where another test asked for
            # reproducible operations. Nothing is drawn when tagging.
            node.attr["seed"].i = 1
    variables = tf.compat.v1.train.NewCheckpointReader(f"{folder}/")
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(part, name="")
        feed = {
            operation.outputs[0]: variables.get_tensor(operation.name)
            for operation in graph.get_operations()
            if operation.type == "VariableV2"
        }
        for operation in graph.get_operations():
            if operation.type == "Placeholder":
                (held,) = operation.outputs
                feed[held] = False if held.dtype == tf.bool else windows
        with tf.compat.v1.Session(graph=graph) as session:
            return session.run("model/Sigmoid:0", feed)


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_every_model_agrees_with_its_graph(
    name: str, reference: dict[str, np.ndarray]
) -> None:
    windows = reference["TRWJAZW128F42760DD_test__features"]
    model, _ = weights.load(name)
    expected = _published_scores(name, windows)
    assert expected.std() > 0.05
    np.testing.assert_allclose(model(windows, training=False), expected, atol=1e-5)
    quick = Tagger.load(name).score(windows)
    np.testing.assert_allclose(quick, expected, atol=1e-5)


def test_half_the_digits_move_scores_a_little(
    reference: dict[str, np.ndarray],
) -> None:
    tagger = Tagger.load("musicnn-msd", "bfloat16")
    for clip in _clips(reference):
        expected = reference[f"{clip}__scores"].mean(axis=0)
        found = tagger.score(reference[f"{clip}__features"]).mean(axis=0)
        assert found.dtype == np.float32
        assert 0 < np.abs(found - expected).max() < 0.01
        assert np.argmax(found) == np.argmax(expected)


def test_tags_are_in_the_order_of_the_papers(real: Path) -> None:
    expected = (real / "splits" / "lee_50_tags.txt").read_text().split("\n")
    for name in ("musicnn-msd", "vgg-msd"):
        assert pretrained.describe(name).tags == [tag for tag in expected if tag]
    assert pretrained.describe("vgg-mtt").tags[:2] == ["guitar", "classical"]


def test_a_blues_song_is_blues(real: Path) -> None:
    # Muddy Waters, out of the test split of the Million Song Dataset.
    tagger = Tagger.load("musicnn-msd")
    found = tagger.predict(real / "music" / "TRWJAZW128F42760DD_test.mp3")
    assert found.top(1)[0][0] == "blues"
    assert "ISC" in (tagger.bundle.origin or "")


def test_package_elsewhere_and_damaged(tmp_path: Path) -> None:
    files = tmp_path / "musicnn"
    shutil.copytree(package.folder(), files)
    assert weights.load("vgg-mtt", files)[0].count_params() == 607_030
    (files / "MTT_vgg" / ".index").write_bytes(b"damaged")
    with pytest.raises(TrainError, match="checkpoint cannot be read"):
        weights.load("vgg-mtt", files)
    (files / "configuration.py").unlink()
    with pytest.raises(TrainError, match="not the musicnn package"):
        pretrained.published.describe("vgg-mtt", files)
