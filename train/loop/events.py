"""Entries of TensorBoard's event files: scalars, texts, images.

TensorFlow writes the files; what ``tf.summary.scalar`` and the like add comes from
TensorBoard's package, which a training machine need not have. An entry is a tensor
with the name of the plug-in that shows it.
"""

from typing import Any

import numpy.typing as npt

from train.engine import tf

_Metadata = tf.compat.v1.SummaryMetadata
# The kinds of data that TensorBoard tells apart, from its summary.proto.
_SCALAR, _TENSOR, _BLOBS = 1, 2, 3


def scalar(name: str, value: float, step: int) -> None:
    """Write a number to the default writer."""
    _write(name, tf.constant(value, tf.float32), step, "scalars", _SCALAR)


def text(name: str, markdown: str, step: int) -> None:
    """Write a text in Markdown to the default writer."""
    _write(name, tf.constant(markdown), step, "text", _TENSOR)


def image(name: str, picture: npt.NDArray[Any], step: int) -> None:
    """Write a picture, uint8 of shape (height, width, 3), to the default writer."""
    height, width = (str(size) for size in picture.shape[:2])
    blobs = tf.stack([width, height, tf.io.encode_png(picture)])
    _write(name, blobs, step, "images", _BLOBS)


def _write(name: str, tensor: Any, step: int, plugin: str, kind: int) -> None:
    metadata = _Metadata(
        plugin_data=_Metadata.PluginData(plugin_name=plugin), data_class=kind
    )
    tf.summary.write(name, tensor, step, metadata)
