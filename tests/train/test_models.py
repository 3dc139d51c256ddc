import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from train.engine import keras
from train.errors import TrainError
from train.models import overview, registry
from train.models.pons_logmel import PonsLogmel
from train.models.pons_waveform import PonsWaveform

SMALL = {"filters": 2, "backend_filters": 8, "dense_units": 8}


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


@pytest.mark.parametrize(
    ("settings", "kind", "window"),
    [
        (PonsLogmel(**SMALL), "logmel", (8, 96)),
        (PonsLogmel(**SMALL), "logmel", (30, 13)),
        (PonsWaveform(**SMALL), "waveform", (19_680,)),
    ],
)
def test_shortest_windows_give_finite_probabilities(
    settings: registry.AnyModel, kind: registry.Format, window: tuple[int, ...]
) -> None:
    model = registry.build(settings, kind, window, 5)
    rng = np.random.default_rng(0)
    found = model(rng.normal(size=(3, *window)).astype(np.float32)).numpy()
    assert found.shape == (3, 5)
    assert ((found > 0) & (found < 1)).all()
    assert found.std() > 0


def test_windows_one_step_shorter_are_refused() -> None:
    with pytest.raises(TrainError, match=r"19,679 steps is too short.*19,680"):
        registry.build(PonsWaveform(), "waveform", (19_679,), 5)
    with pytest.raises(TrainError, match=r"7 steps is too short"):
        registry.build(PonsLogmel(), "logmel", (7, 96), 5)


def test_model_and_export_must_fit() -> None:
    with pytest.raises(TrainError, match="reads logmel, the export holds waveform"):
        registry.build(PonsLogmel(), "waveform", (20_000,), 5)


def test_outputs_stay_float32_under_mixed_precision() -> None:
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = registry.build(PonsLogmel(**SMALL), "logmel", (20, 16), 5)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert model.output.dtype == "float32"
    assert model.get_layer("logits").output.dtype == "float32"


def test_loads_in_a_fresh_process_without_this_package(tmp_path: Path) -> None:
    # R36: Keras alone, in its safe mode, from another folder.
    rng = np.random.default_rng(0)
    expected = {}
    for name, architecture in registry.ARCHITECTURES.items():
        window = {"logmel": (20, 16), "waveform": (20_000,)}[architecture.format]
        model = architecture.build(architecture.settings(**SMALL), window, 5)
        windows = rng.normal(size=(2, *window)).astype(np.float32)
        np.save(tmp_path / f"{name}.npy", windows)
        model.save(tmp_path / f"{name}.keras")
        expected[name] = model(windows).numpy()
    code = (
        "import json, sys, numpy, keras\n"
        "found = {}\n"
        f"for name in {list(expected)}:\n"
        "    model = keras.saving.load_model(f'{name}.keras', safe_mode=True)\n"
        "    found[name] = model(numpy.load(f'{name}.npy')).numpy().tolist()\n"
        "assert not any(name.split('.')[0] == 'train' for name in sys.modules)\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    for name, scores in expected.items():
        np.testing.assert_allclose(found[name], scores, atol=1e-6)


def test_overview_lists_every_architecture() -> None:
    entries = {entry.name: entry for entry in overview.describe_all()}
    assert entries.keys() == registry.ARCHITECTURES.keys()
    # Convolutions have the same weights for every length of window.
    assert entries["pons-logmel"].parameters == 5_931_198
