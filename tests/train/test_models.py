import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2,
)

from train import config
from train.engine import keras, tf
from train.errors import TrainError
from train.models import flops, overview, registry
from train.models.music_tagging_transformer import MusicTaggingTransformer
from train.models.musicnn import Musicnn
from train.models.pons_logmel import PonsLogmel
from train.models.pons_waveform import PonsWaveform
from train.models.short_chunk_resnet import ShortChunkResnet
from train.models.vgg import Vgg

SMALL = {"filters": 2, "backend_filters": 8, "dense_units": 8}
SMALL_MODELS: dict[str, registry.AnyModel] = {
    "pons-logmel": PonsLogmel(**SMALL),
    "pons-waveform": PonsWaveform(**SMALL),
    "musicnn": Musicnn(timbral_filters=4, temporal_filters=2, midend_filters=8),
    "vgg": Vgg(filters=4),
    "short-chunk-resnet": ShortChunkResnet(filters=2, dense_units=8),
    "music-tagging-transformer": MusicTaggingTransformer(
        filters=2, attention_units=8, attention_heads=2, attention_layers=2
    ),
}


def test_logmel_parameters_of_2019_by_hand() -> None:
    # 468 frames x 96 mels, F = 16, dense 500, 50 tags. Batch normalisation has four
    # values a channel. int(0.9 * 96) = 86, int(0.4 * 96) = 38.
    timbre = (86 + 38) * (7 * 16 + 3 * 32 + 1 * 64)  # kernels
    timbre += 2 * (16 + 32 + 64) * (1 + 4)  # biases and batch normalisation
    rhythm = 165 * 16 + 128 * 32 + 64 * 64 + 32 * 128
    rhythm += (16 + 32 + 64 + 128) * (1 + 4)
    channels = 2 * (16 + 32 + 64) + (16 + 32 + 64 + 128)
    assert channels == 464
    convolutions = 7 * channels * 512 + 2 * (7 * 512 * 512) + 3 * 512 * (1 + 4)
    dense = (2 * 512) * 500 + 500 * (1 + 4) + 500 * 50 + 50
    expected = timbre + rhythm + convolutions + dense
    assert round(expected / 1e6, 2) == 5.93
    model = registry.build(PonsLogmel(), "logmel", (468, 96), 50)
    assert model.count_params() == expected


def test_waveform_parameters_by_hand() -> None:
    # 240,000 samples: 80,000 after the first layer, then (n - 2) // 3 six times.
    widths = [1, 64, 64, 64, 128, 128, 128, 256]
    front = sum(
        3 * before * after + after * (1 + 4)
        for before, after in itertools.pairwise(widths)
    )
    convolutions = 7 * 256 * 512 + 2 * (7 * 512 * 512) + 3 * 512 * (1 + 4)
    dense = (2 * 512) * 500 + 500 * (1 + 4) + 500 * 50 + 50
    model = registry.build(PonsWaveform(), "waveform", (240_000,), 50)
    assert model.count_params() == front + convolutions + dense
    steps = 80_000
    for _ in range(6):
        steps = (steps - 2) // 3
    assert steps == 108
    assert (None, steps, 256) in [tuple(layer.output.shape) for layer in model.layers]


def test_musicnn_parameters_and_operations_by_hand() -> None:
    # 187 frames x 96 mels, 50 tags; int(0.4 * 96) = 38, int(0.7 * 96) = 67. Batch
    # normalisation has four values a channel.
    convolutions = 7 * (38 + 67) * 204 + (128 + 64 + 32) * 51
    convolutions += 7 * (561 + 64 + 64) * 64
    assert 2 * 204 + 3 * 51 == 561
    channels = 561 + 3 * 64
    dense = 2 * channels * 200 + 200 * 50
    biases = channels + 200 + 50
    normalised = 4 * (1 + channels + 2 * channels + 200)
    model = registry.build(Musicnn(), "logmel", (187, 96), 50)
    assert model.count_params() == convolutions + dense + biases + normalised
    # Published as about 0.79 million.
    assert round(model.count_params() / 1e6, 2) == 0.79

    # A timbral filter of h bands fits in 97 - h places of each frame, a temporal one
    # in all 96.
    multiplications = 187 * 7 * (38 * (97 - 38) + 67 * (97 - 67)) * 204
    multiplications += 187 * 96 * (128 + 64 + 32) * 51
    multiplications += 187 * 7 * (561 + 64 + 64) * 64 + dense
    assert flops.count(model) == 2 * multiplications


def test_vgg_parameters_by_hand() -> None:
    # Time 187, 92 (or 46), 46, 23, 11, 2; frequency 96, 48 (or 96), 24, 12, 6, 1.
    convolutions = 9 * 128 + 4 * (9 * 128 * 128) + 5 * 128
    expected = convolutions + 4 * (1 + 5 * 128) + (2 * 1 * 128) * 50 + 50
    for pools in ("overlapping", "separate"):
        settings = Vgg(first_pools=pools)
        model = registry.build(settings, "logmel", (187, 96), 50)
        assert model.count_params() == expected


def test_short_chunk_resnet_parameters_by_hand() -> None:
    widths = [1, 128, 128, 256, 256, 256, 256, 512]
    stages = sum(
        9 * after * (2 * before + after) + 3 * after * (1 + 4)
        for before, after in itertools.pairwise(widths)
    )
    dense = 512 * 512 + 512 * (1 + 4) + 512 * 50 + 50
    model = registry.build(ShortChunkResnet(), "logmel", (231, 128), 50)
    assert model.count_params() == stages + dense + 4
    # Published as 12.1 million.
    assert round(model.count_params() / 1e6, 1) == 12.1
    # 128 bands and 231 frames, halved seven times, rounded up.
    (pooling,) = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.GlobalMaxPool2D)
    ]
    assert pooling.input.shape[1:] == (2, 1, 512)


def test_transformer_parameters_by_hand() -> None:
    # 938 frames pooled by 4 leave 234 tokens, and a class token; 128 bands by 8 16.
    stages = (9 * 1 * 128 * 2 + 5 * 9 * 128 * 128) + 7 * 128 * (1 + 4)
    tokens = 16 * 128 * 256 + 235 * 256
    attention = 4 * (256 * 256 + 256)
    forward = 2 * (256 * 1024) + 1024 + 256
    layer = attention + forward + 2 * (2 * 256)
    head = 2 * 256 + 256 * 50 + 50
    settings = MusicTaggingTransformer()
    model = registry.build(settings, "logmel", (938, 128), 50)
    assert model.count_params() == 4 + stages + tokens + 4 * layer + head

    wide = 9 * 128 * 128
    multiplications = 938 * 128 * (2 * 9 * 128 + wide)
    multiplications += (469 * 64 + 234 * 32) * 2 * wide
    multiplications += 235 * (16 * 128 * 256)
    # Queries by keys, and weights by values, of 235 tokens each.
    layer = 235 * (4 * 256 * 256 + 2 * 256 * 1024) + 2 * (235 * 235 * 256)
    multiplications += 4 * layer + 256 * 50
    assert flops.count(model) == 2 * multiplications


def test_transformer_heeds_order() -> None:
    # Without positions, tokens in another order would give the same answer.
    settings = MusicTaggingTransformer(filters=4, attention_units=16, attention_heads=2)
    model = registry.build(settings, "logmel", (32, 16), 5)
    rng = np.random.default_rng(0)
    window = rng.normal(size=(1, 32, 16)).astype(np.float32)
    assert np.abs(model(window) - model(window[:, ::-1])).max() > 1e-4


@pytest.mark.parametrize("heads", [3, 5])
def test_heads_must_share_a_token(heads: int) -> None:
    with pytest.raises(TrainError, match=f"{heads} heads cannot share 256"):
        config.load(
            None,
            [
                "model.name=music-tagging-transformer",
                f"model.attention_heads={heads}",
            ],
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.ARCHITECTURES)
def test_operations_agree_with_tensorflow(name: str) -> None:
    # Its profiler counts biases, normalisation, activations and pooling too.
    architecture = registry.ARCHITECTURES[name]
    window = architecture.window
    model = architecture.build(architecture.settings(), window, 50)
    spec = tf.TensorSpec((1, *window), tf.float32)
    forward = tf.function(lambda x: model(x, training=False))
    frozen = convert_variables_to_constants_v2(forward.get_concrete_function(spec))
    options = tf.compat.v1.profiler.ProfileOptionBuilder(
        tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    )
    found = tf.compat.v1.profiler.profile(
        frozen.graph, options=options.with_empty_output().build()
    )
    assert 1.0 <= found.total_float_ops / flops.count(model) < 1.015


@pytest.mark.parametrize("name", registry.ARCHITECTURES)
def test_smallest_windows_give_finite_probabilities(name: str) -> None:
    architecture = registry.ARCHITECTURES[name]
    window = architecture.smallest
    keras.utils.set_random_seed(0)
    model = registry.build(SMALL_MODELS[name], architecture.format, window, 5)
    windows = np.random.default_rng(0).normal(size=(3, *window)).astype(np.float32)
    # As in training: fresh batch normalisation would let small models fade to 0.5.
    found = model(windows, training=True).numpy()
    assert found.shape == (3, 5)
    assert ((found > 0) & (found < 1)).all()
    assert found.std() > 0


def test_windows_one_step_shorter_are_refused() -> None:
    with pytest.raises(TrainError, match=r"19,679 steps is too short.*19,680"):
        registry.build(PonsWaveform(), "waveform", (19_679,), 5)
    with pytest.raises(TrainError, match=r"7 steps is too short"):
        registry.build(PonsLogmel(), "logmel", (7, 96), 5)
    with pytest.raises(TrainError, match=r"too few for vgg: 63 mel bands.*64"):
        registry.build(Vgg(), "logmel", (187, 63), 5)


def test_model_and_export_must_fit() -> None:
    with pytest.raises(TrainError, match="reads logmel, the export holds waveform"):
        registry.build(PonsLogmel(), "waveform", (20_000,), 5)


@pytest.mark.parametrize("name", registry.ARCHITECTURES)
def test_outputs_stay_float32_under_mixed_precision(name: str) -> None:
    architecture = registry.ARCHITECTURES[name]
    window = _small_window(architecture)
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = architecture.build(SMALL_MODELS[name], window, 5)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert model.output.dtype == "float32"
    assert model.get_layer("logits").output.dtype == "float32"


def _small_window(architecture: registry.Architecture) -> tuple[int, ...]:
    return (20_000,) if architecture.format == "waveform" else (70, 64)


def _with_odd_weights(name: str, window: tuple[int, ...]) -> "keras.Model":
    """Build a small model whose averages, scales and biases are not the first."""
    model = registry.ARCHITECTURES[name].build(SMALL_MODELS[name], window, 5)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(weight.numpy() + rng.uniform(0, 0.2, weight.shape))
    return model


def _saved_and_scored(folder: Path, save: Callable[..., object]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    expected = {}
    for name, architecture in registry.ARCHITECTURES.items():
        window = _small_window(architecture)
        model = _with_odd_weights(name, window)
        windows = rng.normal(size=(2, *window)).astype(np.float32)
        np.save(folder / f"{name}.npy", windows)
        save(model, folder / name)
        expected[name] = model(windows, training=False).numpy()
        assert expected[name].std() > 1e-3
    return expected


def _scored_in_a_fresh_process(folder: Path, score: str) -> dict[str, Any]:
    code = (
        "import json, sys, numpy\n"
        "found = {}\n"
        f"for name in {list(registry.ARCHITECTURES)}:\n"
        "    windows = numpy.load(f'{name}.npy')\n"
        f"    {score}\n"
        "    found[name] = scores.numpy().tolist()\n"
        "assert not any(name.split('.')[0] == 'train' for name in sys.modules)\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.field_report("R36")
def test_keras_alone_loads_in_safe_mode(tmp_path: Path) -> None:
    expected = _saved_and_scored(
        tmp_path, lambda model, path: model.save(path.with_suffix(".keras"))
    )
    found = _scored_in_a_fresh_process(
        tmp_path,
        "import keras; model = keras.saving.load_model(f'{name}.keras', "
        "safe_mode=True); scores = model(windows)",
    )
    for name, scores in expected.items():
        np.testing.assert_allclose(found[name], scores, atol=1e-6, err_msg=name)


@pytest.mark.slow
def test_tensorflow_alone_serves(tmp_path: Path) -> None:
    expected = _saved_and_scored(
        tmp_path, lambda model, path: model.export(path, verbose=False)
    )
    found = _scored_in_a_fresh_process(
        tmp_path,
        "import tensorflow as tf; model = tf.saved_model.load(name); "
        "scores = model.serve(windows)",
    )
    for name, scores in expected.items():
        np.testing.assert_allclose(found[name], scores, atol=1e-6, err_msg=name)


def test_overview_lists_every_architecture() -> None:
    entries = {entry.name: entry for entry in overview.describe_all()}
    assert entries.keys() == registry.ARCHITECTURES.keys()
    # Convolutions have the same weights for every length of window.
    assert entries["pons-logmel"].parameters == 5_931_198
    assert all(entry.flops > 1e9 for entry in entries.values())
