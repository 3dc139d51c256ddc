"""The VGG-like baseline of musicnn: five 3 x 3 convolutions, each pooled.

Simpler and smaller than musicnn, and bound to the length of window that it was built
for, as its last feature map goes into the output layer unpooled. Input: log-mel
windows as they are, (frames, mels); a batch normalisation of one channel scales them.
Published: 187 frames (3 s) of the `musicnn` preset.

References
----------
.. [1] K. Choi, G. Fazekas, M. Sandler: Automatic tagging using deep convolutional
   neural networks. ISMIR 2016. https://arxiv.org/abs/1606.00298
.. [2] J. Pons, X. Serra: musicnn: pre-trained convolutional neural networks for music
   audio tagging. Late-breaking demo, ISMIR 2019. https://arxiv.org/abs/1909.06654
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from train.models.parts import image_of, normalized, tag_outputs
from train.models.settings import ModelSettings

if TYPE_CHECKING:
    import keras

# Size and step of the pooling after each convolution, (time, frequency).
_POOLS = (
    ((4, 1), (2, 2)),
    ((2, 2), (2, 2)),
    ((2, 2), (2, 2)),
    ((2, 2), (2, 2)),
    ((4, 4), (4, 4)),
)


class Vgg(ModelSettings):
    """The VGG-like model of Pons and Serra 2019."""

    name: Literal["vgg"] = Field(
        "vgg", description="The architecture; see `python -m train models`."
    )
    filters: int = Field(128, gt=0, description="Filters of every convolution.")
    convolution_dropout: float = Field(
        0.25, ge=0, lt=1, description="Share dropped after each pooling but the last."
    )
    dropout: float = Field(
        0.5, ge=0, lt=1, description="Share dropped before the output layer."
    )


def build(settings: Vgg, window: tuple[int, ...], n_tags: int) -> "keras.Model":
    """Build the model with fresh weights.

    Parameters
    ----------
    settings : Vgg
        The sizes.
    window : tuple of int
        (frames, mels) of the input; at least 66 frames and 63 mels.
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
    x = normalized(image_of(spectrogram), settings)
    for place, (size, step) in enumerate(_POOLS, start=1):
        x = layers.Conv2D(settings.filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(size, step)(normalized(x, settings))
        if place < len(_POOLS):
            x = layers.Dropout(settings.convolution_dropout)(x)
    x = layers.Dropout(settings.dropout)(layers.Flatten()(x))
    return keras.Model(spectrogram, tag_outputs(x, n_tags), name="vgg")
