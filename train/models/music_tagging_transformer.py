"""Music tagging transformer (Won et al. 2021): a short CNN, then self-attention.

Three residual stages of 3 x 3 convolutions pool time by four and frequency by eight;
each remaining moment becomes a token; a class token, whose last state carries the
answer, goes before them through pre-normalised transformer layers.

Class token and learned positions need no layer of their own: they are the bias of the
layer that makes the tokens, which has a vector per place, and place 0 has nothing but
that bias. So the model is made of Keras' own layers alone. The parameters are those of
the authors' code but for the positions (as many as the window has, not 513) and biases
of queries, keys and values. Input: log-mel windows as they are, (frames, mels); a batch
normalisation of one channel scales them. Published: 15 s of 128 bands in decibels at
22.05 kHz; here the `short-chunk` preset at 16 kHz does, with 938 frames.

References
----------
.. [1] M. Won, K. Choi, X. Serra: Semi-supervised music tagging transformer. ISMIR
   2021. https://archives.ismir.net/ismir2021/paper/000096.pdf
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator

from train.models.parts import image_of, normalized, tag_outputs
from train.models.settings import ModelSettings

if TYPE_CHECKING:
    import keras

# Pooling after each stage, (time, frequency).
_POOLS = ((2, 2), (2, 2), (1, 2))
_EXPANSION = 4
# As in PyTorch, which the model was published in.
_EPSILON = 1e-5


class MusicTaggingTransformer(ModelSettings):
    """Won et al. 2021."""

    name: Literal["music-tagging-transformer"] = Field(
        "music-tagging-transformer",
        description="The architecture; see `python -m train models`.",
    )
    filters: int = Field(128, gt=0, description="Filters of every convolution.")
    attention_units: int = Field(256, gt=0, description="Size of a token.")
    attention_heads: int = Field(
        8, gt=0, description="Heads of attention, which share the size of a token."
    )
    attention_layers: int = Field(4, gt=0, description="Number of transformer layers.")
    dropout: float = Field(
        0.1, ge=0, lt=1, description="Share dropped of tokens and inside each layer."
    )

    @field_validator("attention_heads")
    @classmethod
    def _shares_a_token(cls, heads: int, info: ValidationInfo) -> int:
        units = info.data.get("attention_units", 0)
        if units % heads:
            raise ValueError(f"{heads} heads cannot share {units} attention_units")
        return heads


def build(
    settings: MusicTaggingTransformer, window: tuple[int, ...], n_tags: int
) -> "keras.Model":
    """Build the model with fresh weights.

    Parameters
    ----------
    settings : MusicTaggingTransformer
        The sizes.
    window : tuple of int
        (frames, mels) of the input; at least 4 frames and 8 mels.
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
    for pool in _POOLS:
        x = _stage(x, pool, settings)
    x = _tokens(x, settings)
    for _ in range(settings.attention_layers):
        x = _attended(x, settings)
        x = _transformed(x, settings)
    first = layers.Flatten()(layers.Cropping1D((0, x.shape[1] - 1))(x))
    first = layers.LayerNormalization(epsilon=_EPSILON)(first)
    return keras.Model(
        spectrogram, tag_outputs(first, n_tags), name="music_tagging_transformer"
    )


def _stage(
    x: "keras.KerasTensor", pool: tuple[int, int], settings: MusicTaggingTransformer
) -> "keras.KerasTensor":
    from train.engine import keras

    layers = keras.layers
    inner = layers.ReLU()(_convolution(x, settings))
    inner = _convolution(inner, settings)
    # The sum needs as many channels on both sides.
    same = x.shape[-1] == settings.filters
    shortcut = x if same else _convolution(x, settings)
    x = layers.ReLU()(layers.Add()([shortcut, inner]))
    return layers.MaxPooling2D(pool)(x)


def _convolution(
    x: "keras.KerasTensor", settings: MusicTaggingTransformer
) -> "keras.KerasTensor":
    from train.engine import keras

    x = keras.layers.Conv2D(settings.filters, 3, padding="same")(x)
    return normalized(x, settings, epsilon=_EPSILON)


def _tokens(
    x: "keras.KerasTensor", settings: MusicTaggingTransformer
) -> "keras.KerasTensor":
    """Turn every moment into a token, and put the class token before them."""
    from train.engine import keras

    layers = keras.layers
    _, steps, bands, channels = x.shape
    x = layers.Reshape((steps, bands * channels))(x)
    x = layers.ZeroPadding1D((1, 0))(x)
    x = layers.EinsumDense(
        "btf,fd->btd",
        (steps + 1, settings.attention_units),
        bias_axes="td",
        # The distribution of the authors' class token and positions.
        bias_initializer=keras.initializers.RandomNormal(stddev=1.0),
    )(x)
    return layers.Dropout(settings.dropout)(x)


def _attended(
    x: "keras.KerasTensor", settings: MusicTaggingTransformer
) -> "keras.KerasTensor":
    from train.engine import keras

    layers = keras.layers
    inner = layers.LayerNormalization(epsilon=_EPSILON)(x)
    inner = layers.MultiHeadAttention(
        settings.attention_heads, settings.attention_units // settings.attention_heads
    )(inner, inner)
    return layers.Add()([x, layers.Dropout(settings.dropout)(inner)])


def _transformed(
    x: "keras.KerasTensor", settings: MusicTaggingTransformer
) -> "keras.KerasTensor":
    from train.engine import keras

    layers = keras.layers
    inner = layers.LayerNormalization(epsilon=_EPSILON)(x)
    inner = layers.Dense(_EXPANSION * settings.attention_units, activation="gelu")(
        inner
    )
    inner = layers.Dropout(settings.dropout)(inner)
    inner = layers.Dense(settings.attention_units)(inner)
    return layers.Add()([x, layers.Dropout(settings.dropout)(inner)])
