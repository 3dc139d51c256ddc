"""TensorFlow 1 checkpoints of musicnn into the layers of our Keras models.

A checkpoint names its variables in the order in which they were made: ``conv2d_3``,
``batch_normalization_4``. The tables below say which of our layers each belongs to.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lyre.counting import counted
from train.bundle import Bundle
from train.engine import keras, tf
from train.errors import TrainError
from train.models import registry
from train.pretrained import package
from train.pretrained.published import PUBLISHED, describe

if TYPE_CHECKING:
    from keras import Model

Variables = dict[str, npt.NDArray[np.float32]]

_REMEDY = "install the package musicnn once more, with `make pretrained`"
# What TensorFlow's reader makes of damage besides its own errors.
_DAMAGE = (ValueError, IndexError, RuntimeError, TypeError, MemoryError)

_CONVOLVED = ("kernel", "bias")
_NORMALISED = ("gamma", "beta", "moving_mean", "moving_variance")

# Of each architecture: our layers, and the scopes of the checkpoint.
_SCOPES = {
    "musicnn": {
        "input_norm": "batch_normalization",
        "timbre_1": "conv2d",
        "timbre_1_norm": "batch_normalization_1",
        "timbre_2": "conv2d_1",
        "timbre_2_norm": "batch_normalization_2",
        "rhythm_1": "conv2d_2",
        "rhythm_1_norm": "batch_normalization_3",
        "rhythm_2": "conv2d_3",
        "rhythm_2_norm": "batch_normalization_4",
        "rhythm_3": "conv2d_4",
        "rhythm_3_norm": "batch_normalization_5",
        "midend_1": "conv2d_5",
        "midend_1_norm": "batch_normalization_6",
        "midend_2": "conv2d_6",
        "midend_2_norm": "batch_normalization_7",
        "midend_3": "conv2d_7",
        "midend_3_norm": "batch_normalization_8",
        "pooled_norm": "batch_normalization_9",
        "penultimate": "dense",
        "penultimate_norm": "batch_normalization_10",
        "logits": "dense_1",
    },
    "vgg": {
        "input_norm": "batch_normalization",
        **{f"convolution_{place}": f"{place}CNN" for place in range(1, 6)},
        **{
            f"convolution_{place}_norm": f"batch_normalization_{place}"
            for place in range(1, 6)
        },
        "logits": "dense",
    },
}
# Layers of musicnn that read the maxima and means over time. There they lie in turns,
# channel by channel; ours are all maxima, then all means.
_IN_TURNS = ("pooled_norm", "penultimate")


def load(name: str, files: Path | None = None) -> tuple["Model", Bundle]:
    """Build a published model with its weights.

    Parameters
    ----------
    name : str
        One of `train.pretrained.NAMES`.
    files : Path, optional
        Folder of the package ``musicnn``; by default where it is installed.

    Raises
    ------
    TrainError
        The package is not installed, or its checkpoint cannot be read.
    """
    files = files or package.folder()
    description = describe(name, files)
    chosen = PUBLISHED[name]
    window, tags = tuple(description.window.shape), description.tags
    model = registry.build(chosen.settings, "logmel", window, len(tags))
    variables = _read(files / chosen.folder)
    try:
        _assign(model, chosen.settings.name, variables)
    except (KeyError, ValueError, TypeError) as error:
        raise TrainError(
            f"its checkpoint does not fit {chosen.settings.name} of "
            f"{counted(len(tags), 'tag')}",
            where=files / chosen.folder,
            remedy=_REMEDY,
        ) from error
    return model, description


def _assign(model: "Model", architecture: str, variables: Variables) -> None:
    for layer_name, scope in _SCOPES[architecture].items():
        layer = model.get_layer(layer_name)
        normal = isinstance(layer, keras.layers.BatchNormalization)
        for part in _NORMALISED if normal else _CONVOLVED:
            values = variables[f"{scope}/{part}"]
            if layer_name in _IN_TURNS and len(values) == 2 * _pooled(model):
                values = np.concatenate([values[::2], values[1::2]])
            weight = getattr(layer, part)
            # Their convolutions over time are two-dimensional, with a height of one.
            weight.assign(values.reshape(weight.shape))


def _read(folder: Path) -> Variables:
    # The files are called `.index` and `.data-...`, so that the path ends in a slash;
    # tf.train.load_checkpoint would take that for a folder to look into.
    try:
        reader: Any = tf.compat.v1.train.NewCheckpointReader(f"{folder}/")
        return {
            name: reader.get_tensor(name)
            for name in reader.get_variable_to_shape_map()
            if "Adam" not in name
        }
    except (tf.errors.OpError, *_DAMAGE) as error:
        raise TrainError(
            "its checkpoint cannot be read", where=folder, remedy=_REMEDY
        ) from error


def _pooled(model: "Model") -> int:
    """Return the number of channels that are pooled over time."""
    return int(model.get_layer("pooled_norm").gamma.shape[0]) // 2
