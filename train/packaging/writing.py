"""Writing the graph in each format."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from train.bundle import Bundle
from train.disk import refusals_told
from train.engine import keras, tf
from train.errors import TrainError
from train.packaging import graph
from train.packaging.spectrum import Transform
from train.packaging.target import Target

if TYPE_CHECKING:
    from types import ModuleType

# Runtimes of 2023 and later read it.
_OPSET = 17


def write(target: Target, model: "keras.Model", bundle: Bundle, path: Path) -> None:
    """Write a trained model with its features in one format.

    Parameters
    ----------
    target : Target
        The format.
    model : keras.Model
        The trained model, from windows to scores.
    bundle : Bundle
        Its description.
    path : Path
        The file, or for a SavedModel the folder.

    Raises
    ------
    TrainError
        What writes the format is not installed.
    OSError
        The disk is full, or may not be written.
    """
    if target is Target.keras:
        graph.whole_model(model, bundle, "fft").save(path)
    elif target is Target.savedmodel:
        _saved_model(model, bundle, path)
    elif target is Target.tflite:
        path.write_bytes(_tflite(model, bundle))
    else:
        _onnx(model, bundle, path)


def onnx_module() -> "ModuleType":
    """Return ``tf2onnx``.

    Raises
    ------
    TrainError
        It, or what it stands on, is not installed.
    """
    try:
        import onnx  # noqa: F401 - what is checked here is that they are there
        import onnxruntime  # noqa: F401
        import tf2onnx
    except ImportError as error:
        raise TrainError(
            "ONNX needs tf2onnx, onnx and onnxruntime, which are not installed",
            remedy="install Lyre with its `onnx` extra: pip install '.[train,onnx]'",
        ) from error
    module: ModuleType = tf2onnx
    return module


def _function(model: "keras.Model", bundle: Bundle, transform: Transform) -> Any:
    """Return the graph as a function of TensorFlow.

    The model sees one window after another, so that memory hardly grows with the length
    of the audio; all windows in a batch take some 22 MB a second with musicnn.
    """
    before = graph.windows_model(bundle, transform)
    shape, tags = bundle.window.shape, len(bundle.tags)

    def score(window: Any) -> Any:
        return tf.ensure_shape(model(window[tf.newaxis], training=False)[0], [tags])

    @tf.function(input_signature=[tf.TensorSpec([1, None], tf.float32, graph.INPUT)])  # type: ignore[untyped-decorator]
    def function(waveform: Any) -> Any:
        windows = tf.ensure_shape(before(waveform), [None, *shape])
        # TFLite wants the shape of what the loop gathers.
        each = tf.TensorSpec([tags], tf.float32)
        scores = tf.map_fn(score, windows, fn_output_signature=each)
        mean = tf.reduce_mean(scores, axis=0, keepdims=True)
        return {graph.TAGS: mean, graph.TAGGRAM: scores[tf.newaxis]}

    return function


def _saved_model(model: "keras.Model", bundle: Bundle, path: Path) -> None:
    module: Any = tf.Module()
    # Whoever loads it may go on training the weights.
    module.model = model
    module.serve = _function(model, bundle, "fft")
    with refusals_told(path):
        tf.saved_model.save(module, str(path), signatures=module.serve)


def _tflite(model: "keras.Model", bundle: Bundle) -> bytes:
    frozen = _frozen(_function(model, bundle, "fft"))

    # Freezing loses the names of the outputs.
    @tf.function(input_signature=[tf.TensorSpec([1, None], tf.float32, graph.INPUT)])  # type: ignore[untyped-decorator]
    def named(waveform: Any) -> Any:
        taggram, tags = frozen(waveform)
        return {graph.TAGS: tags, graph.TAGGRAM: taggram}

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [named.get_concrete_function()], model
    )
    content: bytes = converter.convert()
    return content


def _frozen(function: Any) -> Any:
    """Turn variables into constants: converted as such they would come out empty."""
    from tensorflow.python.framework import convert_to_constants

    concrete = function.get_concrete_function()
    return convert_to_constants.convert_variables_to_constants_v2(concrete)


def _onnx(model: "keras.Model", bundle: Bundle, path: Path) -> None:
    converter = onnx_module()
    import onnx

    # It reports every step of its own.
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    described, _ = converter.convert.from_function(
        _function(model, bundle, "matrix"),
        input_signature=[tf.TensorSpec([1, None], tf.float32, name=graph.INPUT)],
        opset=_OPSET,
        custom_op_handlers={"Erfc": (_erfc, [])},
    )
    values = {
        "tags": json.dumps(bundle.tags, ensure_ascii=False),
        "sample_rate": str(bundle.features.sample_rate),
    }
    onnx.helper.set_model_props(described, values)
    onnx.save(described, str(path))


def _erfc(context: Any, node: Any, _name: str, _arguments: Any) -> None:
    """Write TensorFlow's erfc, of the exact GELU, as 1 - erf, which ONNX has."""
    (source,), (output,) = node.input, node.output
    shape, dtype = context.get_shape(output), context.get_dtype(output)
    context.remove_node(node.name)
    one = context.make_const(f"{node.name}_one", np.ones((), np.float32))
    erf = context.make_node("Erf", [source])
    context.make_node(
        "Sub",
        [one.output[0], erf.output[0]],
        outputs=[output],
        shapes=[shape],
        dtypes=[dtype],
    )
