"""Running a packaged model by its own runtime, as somebody without Lyre would."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from train.engine import keras, tf
from train.packaging import graph
from train.packaging.target import Target
from train.tagger.tagging import Floats

# From samples, shape (samples,), to scores (tags,) and taggram (windows, tags).
Runner = Callable[[npt.NDArray[np.float32]], tuple[Floats, Floats]]


def load(target: Target, path: Path) -> Runner:
    """Load a packaged model.

    Parameters
    ----------
    target : Target
        Its format.
    path : Path
        The file, or the folder of a SavedModel.

    Returns
    -------
    callable
        From samples at the model's rate to mean scores and taggram.
    """
    run = _LOADERS[target](path)

    def score(samples: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
        found = run(samples[np.newaxis])
        tags, taggram = (
            np.asarray(found[name], np.float32)[0]
            for name in (graph.TAGS, graph.TAGGRAM)
        )
        return tags, taggram

    return score


def _keras(path: Path) -> Any:
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def _saved_model(path: Path) -> Any:
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]
    # The function lives as long as what it was loaded with.
    return lambda samples, _loaded=loaded: serve(tf.constant(samples))


def _tflite(path: Path) -> Any:
    with warnings.catch_warnings():
        # It is to move to a package of its own; TensorFlow 2.21 still has it.
        warnings.filterwarnings("ignore", ".*tf.lite.Interpreter is deprecated")
        interpreter = tf.lite.Interpreter(str(path))
    runner = interpreter.get_signature_runner()
    return lambda samples: runner(**{graph.INPUT: samples})


def _onnx(path: Path) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]

    def run(samples: npt.NDArray[np.float32]) -> dict[str, Any]:
        return dict(zip(names, session.run(names, {graph.INPUT: samples}), strict=True))

    return run


_LOADERS: dict[Target, Callable[[Path], Any]] = {
    Target.keras: _keras,
    Target.savedmodel: _saved_model,
    Target.tflite: _tflite,
    Target.onnx: _onnx,
}
