"""How each format is called, as the model card shows it."""

from typing import Final

from train.packaging.target import MODEL_FILES, Target

NAMES: Final = {
    Target.keras: "a Keras file",
    Target.savedmodel: "a TensorFlow SavedModel",
    Target.tflite: "a TensorFlow Lite (LiteRT) file",
    Target.onnx: "an ONNX file",
}
_READ: Final = """\
import json
{imports}
import soundfile, soxr

samples, rate = soundfile.read("song.flac", dtype="float32", always_2d=True)
waveform = soxr.resample(samples.mean(axis=1), rate, {rate})[None]
"""
_IMPORTS: Final = {
    Target.keras: "import keras",
    Target.savedmodel: "import tensorflow as tf",
    Target.tflite: "import tensorflow as tf",
    Target.onnx: "import onnxruntime",
}
_CALLS: Final = {
    Target.keras: """\
model = keras.saving.load_model("{file}", compile=False)
scores = model(waveform)["tags"][0]
""",
    Target.savedmodel: """\
model = tf.saved_model.load("{file}")
scores = model.serve(waveform)["tags"][0].numpy()
""",
    Target.tflite: """\
model = tf.lite.Interpreter("{file}").get_signature_runner()
scores = model(waveform=waveform)["tags"][0]
""",
    Target.onnx: """\
model = onnxruntime.InferenceSession("{file}")
scores = model.run(["tags"], {{"waveform": waveform}})[0][0]
""",
}
_SHOW: Final = """\
tags = json.load(open("model.json", encoding="utf-8"))["tags"]
print(sorted(zip(map(float, scores), tags), reverse=True)[:5])
"""


def code(target: Target, rate: int) -> str:
    """Return a program that tags a song, to be run in the package's folder.

    Parameters
    ----------
    target : Target
        The format.
    rate : int
        The model's sample rate, Hz.
    """
    read = _READ.format(imports=_IMPORTS[target], rate=rate)
    return read + _CALLS[target].format(file=MODEL_FILES[target]) + _SHOW
