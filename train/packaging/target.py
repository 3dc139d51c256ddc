"""The formats that a model can be packaged in."""

from enum import StrEnum
from typing import Final


class Target(StrEnum):
    """A format, for the command line."""

    keras = "keras"
    savedmodel = "savedmodel"
    tflite = "tflite"
    onnx = "onnx"


# What the model is called in the folder of its package.
MODEL_FILES: Final = {
    Target.keras: "model.keras",
    Target.savedmodel: "model",
    Target.tflite: "model.tflite",
    Target.onnx: "model.onnx",
}
