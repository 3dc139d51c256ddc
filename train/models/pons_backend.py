"""The back end that both models of Pons et al. (2018) share.

It sees the song as a sequence of feature vectors: three wide convolutions over time,
the second and third with a residual sum, then maximum and mean over time, and a dense
layer. Batch normalisation follows the activation, as in the authors' code.

References
----------
.. [1] J. Pons, O. Nieto, M. Prockup, E. Schmidt, A. Ehmann, X. Serra: End-to-end
   learning for music audio tagging at scale. ISMIR 2018.
"""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from train.models.parts import INITIALIZER, max_and_mean, normalized, tag_outputs
from train.models.settings import ModelSettings

if TYPE_CHECKING:
    import keras

_KERNEL = 7


class PonsSettings(ModelSettings):
    """Sizes of the shared back end."""

    backend_filters: int = Field(
        512, gt=0, description="Filters of each of the back end's three convolutions."
    )
    dense_units: int = Field(500, gt=0, description="Units of the dense layer.")
    dropout: float = Field(
        0.5, ge=0, lt=1, description="Share dropped before and after the dense layer."
    )


def back_end(
    x: "keras.KerasTensor", settings: PonsSettings, n_tags: int
) -> "keras.KerasTensor":
    """Append the back end to a front end.

    Parameters
    ----------
    x : KerasTensor, shape (batch, time, channels)
        What a front end found; time must be at least 8.
    settings : PonsSettings
        The sizes.
    n_tags : int
        Number of outputs.

    Returns
    -------
    KerasTensor, shape (batch, n_tags), float32
        Probability of each tag.
    """
    from train.engine import keras

    layers = keras.layers
    x = _wide(x, settings, "valid")
    x = layers.Add()([x, _wide(x, settings, "same")])
    x = layers.MaxPooling1D(2)(x)
    x = layers.Add()([x, _wide(x, settings, "same")])
    x = max_and_mean(x)
    x = layers.Dropout(settings.dropout)(x)
    x = layers.Dense(
        settings.dense_units, activation="relu", kernel_initializer=INITIALIZER
    )(x)
    x = normalized(x, settings)
    x = layers.Dropout(settings.dropout)(x)
    return tag_outputs(x, n_tags)


def convolution(
    x: "keras.KerasTensor",
    filters: int,
    kernel: int,
    settings: PonsSettings,
    **options: Any,
) -> "keras.KerasTensor":
    """Convolve over time, then ReLU, then batch normalisation."""
    from train.engine import keras

    x = keras.layers.Conv1D(
        filters,
        kernel,
        activation="relu",
        kernel_initializer=INITIALIZER,
        **options,
    )(x)
    return normalized(x, settings)


def _wide(
    x: "keras.KerasTensor", settings: PonsSettings, padding: str
) -> "keras.KerasTensor":
    return convolution(x, settings.backend_filters, _KERNEL, settings, padding=padding)
