"""Short-chunk CNN with residual connections (Won et al. 2020).

Seven residual stages of 3 x 3 convolutions, each halving time and frequency, then the
maximum over what is left. The step of two is taken by the first convolution and by the
convolution of the shortcut, as in the authors' code; the widths are 1, 1, 2, 2, 2, 2
and 4 times `filters`. Input: log-mel windows as they are, (frames, mels); a batch
normalisation of one channel scales them. Published: 231 frames (3.69 s) of the
`short-chunk` preset, decibels in 128 bands.

References
----------
.. [1] M. Won, A. Ferraro, D. Bogdanov, X. Serra: Evaluation of CNN-based automatic
   music tagging models. SMC 2020. https://arxiv.org/abs/2006.00751
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from train.models.parts import image_of, normalized, tag_outputs
from train.models.settings import ModelSettings

if TYPE_CHECKING:
    import keras

# Filters of the seven stages, in units of `filters`.
_FACTORS = (1, 1, 2, 2, 2, 2, 4)
_STEP = 2
# As in PyTorch, which the model was published in.
_EPSILON = 1e-5


class ShortChunkResnet(ModelSettings):
    """Won et al. 2020, short-chunk CNN with residual connections."""

    name: Literal["short-chunk-resnet"] = Field(
        "short-chunk-resnet",
        description="The architecture; see `python -m train models`.",
    )
    filters: int = Field(
        128, gt=0, description="Filters of the first stages; later ones have 2, 4 x."
    )
    dense_units: int = Field(512, gt=0, description="Units of the dense layer.")
    dropout: float = Field(
        0.5, ge=0, lt=1, description="Share dropped before the output layer."
    )


def build(
    settings: ShortChunkResnet, window: tuple[int, ...], n_tags: int
) -> "keras.Model":
    """Build the model with fresh weights.

    Parameters
    ----------
    settings : ShortChunkResnet
        The sizes.
    window : tuple of int
        (frames, mels) of the input, any.
    n_tags : int
        Number of outputs.

    Returns
    -------
    keras.Model
        From float32 (batch, frames, mels) to probabilities (batch, n_tags).
    """
    from train.engine import keras

    layers = keras.layers
    spectrogram = keras.Input(window, name="log_mel")
    x = normalized(image_of(spectrogram), settings, epsilon=_EPSILON)
    for factor in _FACTORS:
        x = _stage(x, factor * settings.filters, settings)
    x = layers.Dense(settings.dense_units)(layers.GlobalMaxPooling2D()(x))
    x = layers.ReLU()(normalized(x, settings, epsilon=_EPSILON))
    x = layers.Dropout(settings.dropout)(x)
    return keras.Model(spectrogram, tag_outputs(x, n_tags), name="short_chunk_resnet")


def _stage(
    x: "keras.KerasTensor", filters: int, settings: ShortChunkResnet
) -> "keras.KerasTensor":
    from train.engine import keras

    layers = keras.layers
    inner = layers.ReLU()(_convolution(x, filters, _STEP, settings))
    inner = _convolution(inner, filters, 1, settings)
    shortcut = _convolution(x, filters, _STEP, settings)
    return layers.ReLU()(layers.Add()([shortcut, inner]))


def _convolution(
    x: "keras.KerasTensor", filters: int, step: int, settings: ShortChunkResnet
) -> "keras.KerasTensor":
    """Convolve, padded by one on every side (`same` pads one side alone), normalise."""
    from train.engine import keras

    x = keras.layers.ZeroPadding2D(1)(x)
    x = keras.layers.Conv2D(filters, 3, strides=step)(x)
    return normalized(x, settings, epsilon=_EPSILON)
