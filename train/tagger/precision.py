"""The same weights, computed in half of the digits.

bfloat16 has the range of float32 and eight bits of precision. Processors with AMX or
AVX-512 BF16 and most GPUs compute it several times as fast; without such instructions
it is slower than float32. Scores of musicnn-msd move by up to 0.007 for 30 s of music
(`tests/train/pretrained/test_weights.py`), which changes no list of top tags that one
would look at, but is not the published model to the last digit.
"""

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import keras

Precision = Literal["float32", "bfloat16"]

# What a score is made of at last: a sigmoid in few digits would say 1 too soon.
_OUTPUTS = ("logits", "tags")


def in_precision(model: "keras.Model", precision: Precision) -> "keras.Model":
    """Return a model that computes its layers in a precision.

    Parameters
    ----------
    model : keras.Model
        In float32, of Keras' own layers.
    precision : {"float32", "bfloat16"}
        What its layers compute in; weights, logits and scores stay float32.

    Returns
    -------
    keras.Model
        A copy with the weights as they are now, or `model` itself for float32.
    """
    from train.engine import keras

    if precision == "float32":
        return model

    def copy(layer: Any) -> Any:
        values = layer.get_config()
        is_input = isinstance(layer, keras.layers.InputLayer)
        if layer.name not in _OUTPUTS and not is_input:
            values["dtype"] = keras.DTypePolicy(f"mixed_{precision}")
        return layer.__class__.from_config(values)

    copied = keras.models.clone_model(model, clone_function=copy)
    copied.set_weights(model.get_weights())
    return copied
