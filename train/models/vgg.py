"""The VGG-like baseline of musicnn: five 3 x 3 convolutions, each pooled.

Simpler and smaller than musicnn, and bound to the length of window that it was built
for, as its last feature map goes into the output layer unpooled. Input: log-mel
windows as they are, (frames, mels); a batch normalisation of one channel scales them.
Published: 187 frames (3 s) of the `musicnn` preset. The published MSD model pools
separately at first, which only its graph tells; the code of the package builds the
overlapping form of the MTT model for both.

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

# Size and step of the pooling after the first two convolutions, (time, frequency); both
# ways leave a quarter of each.
_FIRST_POOLS = {
    "overlapping": (((4, 1), (2, 2)), ((2, 2), (2, 2))),
    "separate": (((4, 1), (4, 1)), ((1, 4), (1, 4))),
}
# After the other three.
_POOLS = (((2, 2), (2, 2)), ((2, 2), (2, 2)), ((4, 4), (4, 4)))


class Vgg(ModelSettings):
    """The VGG-like model of Pons and Serra 2019."""

    name: Literal["vgg"] = Field(
        "vgg", description="The architecture; see `python -m train models`."
    )
    filters: int = Field(128, gt=0, description="Filters of every convolution.")
    first_pools: Literal["overlapping", "separate"] = Field(
        "overlapping",
        description="First poolings: overlapping, 4 frames at steps of 2 x 2 and then "
        "2 x 2, or separate, time by 4 and then frequency by 4.",
    )
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
        (frames, mels) of the input; at least 66 frames and 64 mels.
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
    x = normalized(image_of(spectrogram), settings, name="input_norm")
    pools = (*_FIRST_POOLS[settings.first_pools], *_POOLS)
    for place, (size, step) in enumerate(pools, start=1):
        name = f"convolution_{place}"
        x = layers.Conv2D(
            settings.filters, 3, padding="same", activation="relu", name=name
        )(x)
        x = normalized(x, settings, name=f"{name}_norm")
        x = layers.MaxPooling2D(size, step)(x)
        if place < len(pools):
            x = layers.Dropout(settings.convolution_dropout)(x)
    x = layers.Dropout(settings.dropout)(layers.Flatten()(x))
    return keras.Model(spectrogram, tag_outputs(x, n_tags), name="vgg")
