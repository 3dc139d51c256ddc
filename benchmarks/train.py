"""The training step beside the same layers written plainly in Keras.

    python -m benchmarks.train

The model of Pons et al. on log-mel windows is built twice: by Lyre, and by hand from
Keras' layers as a tutorial would, with Keras' own loss and ``fit``. Both train on the
same batch, by turns, and of the rounds the best counts. Times are those on the
processor, so that other work on the machine matters little.
Another process tells how long Lyre takes from its start to its first step.
"""

import argparse
import json
import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks.process import processor_seconds
from train.engine import keras, tf

_SIZES = (
    "model.name=pons-logmel",
    "schedule.name=constant",
    "model.filters=4",
    "model.backend_filters=128",
    "model.dense_units=64",
)
_WINDOW = (125, 96)
_TAGS = 50


def plain(filters: int = 4, backend: int = 128, dense: int = 64) -> "keras.Model":
    """Build the layers by hand."""
    frames, mels = _WINDOW
    layers = keras.layers
    given = {"activation": "relu", "kernel_initializer": "lecun_normal"}

    def normal(x: Any) -> Any:
        return layers.BatchNormalization(momentum=0.9)(x)

    spectrogram = keras.Input(_WINDOW)
    image = layers.Reshape((frames, mels, 1))(spectrogram)
    branches = []
    for height in (int(0.9 * mels), int(0.4 * mels)):
        for length, factor in ((7, 1), (3, 2), (1, 4)):
            x = layers.ZeroPadding2D(((length // 2,) * 2, (0, 0)))(image)
            x = layers.Conv2D(factor * filters, (length, height), **given)(x)
            x = layers.MaxPooling2D((1, mels - height + 1))(normal(x))
            branches.append(layers.Reshape((frames, factor * filters))(x))
    energy = layers.Reshape((frames, 1))(layers.AveragePooling2D((1, mels))(image))
    for length, factor in ((165, 1), (128, 2), (64, 4), (32, 8)):
        x = layers.Conv1D(factor * filters, length, padding="same", **given)(energy)
        branches.append(normal(x))
    x = normal(layers.Conv1D(backend, 7, **given)(layers.Concatenate()(branches)))
    for pool in (True, False):
        y = layers.Conv1D(backend, 7, padding="same", **given)(x)
        x = layers.Add()([x, normal(y)])
        x = layers.MaxPooling1D(2)(x) if pool else x
    x = layers.Concatenate()(
        [layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)]
    )
    x = layers.Dropout(0.5)(x)
    x = layers.Dropout(0.5)(normal(layers.Dense(dense, **given)(x)))
    x = layers.Dense(_TAGS, activation="sigmoid", kernel_initializer="lecun_normal")(x)
    model = keras.Model(spectrogram, x)
    model.compile("adam", "binary_crossentropy", jit_compile=False)
    return model


def lyre(loop: str) -> tuple[Any, "keras.Model"]:
    """Return a loop of Lyre, and its model."""
    from train import config
    from train.loop.keras_loop import KerasLoop
    from train.loop.tape_loop import TapeLoop
    from train.loop.trainer import make_trainer
    from train.models import registry

    chosen = config.load(None, _SIZES)
    model = registry.build(chosen.model, "logmel", _WINDOW, _TAGS)
    tags = [str(number) for number in range(_TAGS)]
    trainer = make_trainer(model, tags, chosen, None)
    if loop == "keras":
        return KerasLoop(trainer), model
    return TapeLoop(trainer, tf.distribute.get_strategy()), model


def steps(rounds: int, number: int, batch: int) -> dict[str, float]:
    """Return milliseconds of processor time per step of each way, the best round."""
    from train.loop.position import Position

    rng = np.random.default_rng(0)
    features = rng.normal(size=(batch, *_WINDOW)).astype(np.float32)
    labels = (rng.random((batch, _TAGS)) < 0.1).astype(np.float32)
    data = tf.data.Dataset.from_tensors((features, labels)).cache().repeat(number)
    by_hand = plain()
    loops = {f"lyre, {name} loop": lyre(name) for name in ("keras", "custom")}
    assert all(
        model.count_params() == by_hand.count_params() for _, model in loops.values()
    )
    ways: dict[str, Any] = {
        "plain Keras": lambda: by_hand.fit(data, verbose=0, shuffle=False),
        **{
            name: lambda loop=loop: loop.train(data, Position(1), [])
            for name, (loop, _) in loops.items()
        },
    }
    best = dict.fromkeys(ways, float("inf"))
    for turn in range(rounds + 1):
        for name, way in ways.items():
            started = processor_seconds()
            way()
            spent = 1000 * (processor_seconds() - started) / number
            # The first round traces.
            if turn:
                best[name] = min(best[name], spent)
    return best


def first_step() -> float:
    """Train one step in this fresh process; return its processor seconds so far."""
    from train.loop.position import Position

    loop, _ = lyre("keras")
    batch = tf.zeros((32, *_WINDOW)), tf.zeros((32, _TAGS))
    loop.train(tf.data.Dataset.from_tensors(batch), Position(1), [])
    return processor_seconds()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--first-step", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.first_step:
        print(json.dumps(first_step()))
        return
    found = steps(asked.rounds, asked.steps, asked.batch)
    for name, spent in found.items():
        times = spent / found["plain Keras"]
        print(f"{name:20} {spent:8.1f} ms of processor a step  x {times:.3f}")
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.train", "--first-step"],
        check=True,
        capture_output=True,
        text=True,
    )
    print(
        f"to the first step: {json.loads(done.stdout):.1f} s of processor, "
        f"{time.perf_counter() - started:.1f} s by the clock"
    )


if __name__ == "__main__":
    main()
