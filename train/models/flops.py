"""Floating-point operations of a model, counted from its layers.

Counted are convolutions, dense layers and the products of attention, a multiplication
and its addition as two operations. Biases, normalisation, activations and pooling are
not: they take a value or a few at a time, and other counts leave them out too.
"""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def count(model: "keras.Model") -> int:
    """Count the operations of one forward pass of one window.

    Parameters
    ----------
    model : keras.Model
        A model whose layers have their output shapes, all but the batch known.

    Returns
    -------
    int
        Operations, a multiply-add as two.
    """
    from train.engine import keras

    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.MultiHeadAttention):
            total += _attention(layer)
        elif hasattr(layer, "kernel"):
            total += _product(layer.kernel, layer.output.shape)
    return total


def _product(kernel: Any, output: tuple[int | None, ...]) -> int:
    """Count a convolution or a dense layer: the kernel is applied at every place."""
    places = math.prod(size or 1 for size in output[1:-1])
    return 2 * math.prod(map(int, kernel.shape)) * places


def _attention(layer: Any) -> int:
    """Count self-attention: projections, queries by keys, weights by values."""
    steps = int(layer.output.shape[1])
    kernels = (weight.shape for weight in layer.weights if weight.name == "kernel")
    projections = sum(2 * math.prod(map(int, shape)) * steps for shape in kernels)
    width = int(layer.num_heads * layer.key_dim)
    return projections + 2 * (2 * steps * steps * width)
