"""musicnn (Pons and Serra 2019): musically shaped filters, small enough for 3 s.

The front end is that of the log-mel model of 2018 in small: two timbral and three
temporal convolutions over the whole spectrogram, each with the maximum over frequency.
The middle is three convolutions over time with residual sums; all four stages go on,
side by side, as their maximum and mean over time. Batch normalisation follows the
activation. Input: log-mel windows as they are, (frames, mels); a batch normalisation
of one channel scales them. Published: 187 frames (3 s) of the `musicnn` preset.

Sizes: the published MSD and MTT models have the defaults; the larger model of the same
authors (which the PyPI package lacks) has 512 mid-end filters and 500 dense units.

References
----------
.. [1] J. Pons, X. Serra: musicnn: pre-trained convolutional neural networks for music
   audio tagging. Late-breaking demo, ISMIR 2019. https://arxiv.org/abs/1909.06654
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from train.models.parts import image_of, max_and_mean, normalized, tag_outputs
from train.models.settings import ModelSettings

if TYPE_CHECKING:
    import keras

# Height of the timbral filters as a share of the mel bands; their length in frames.
_HEIGHTS = (0.4, 0.7)
_TIMBRE_LENGTH = 7
# Length of the temporal filters in frames; they are one band high.
_RHYTHM_LENGTHS = (128, 64, 32)
_MIDEND_LENGTH = 7


class Musicnn(ModelSettings):
    """Pons and Serra 2019."""

    name: Literal["musicnn"] = Field(
        "musicnn", description="The architecture; see `python -m train models`."
    )
    timbral_filters: int = Field(
        204, gt=0, description="Filters of each timbral convolution."
    )
    temporal_filters: int = Field(
        51, gt=0, description="Filters of each temporal convolution."
    )
    midend_filters: int = Field(
        64, gt=0, description="Filters of each convolution of the middle."
    )
    dense_units: int = Field(200, gt=0, description="Units of the dense layer.")
    dropout: float = Field(
        0.5, ge=0, lt=1, description="Share dropped before and after the dense layer."
    )


def build(settings: Musicnn, window: tuple[int, ...], n_tags: int) -> "keras.Model":
    """Build the model with fresh weights.

    Parameters
    ----------
    settings : Musicnn
        The sizes.
    window : tuple of int
        (frames, mels) of the input; any number of frames, at least 3 mels.
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
    image = normalized(image_of(spectrogram), settings, name="input_norm")
    stages = [layers.Concatenate()(_front_end(image, settings))]
    stages.append(_midend(stages[0], "midend_1", settings))
    for name in ("midend_2", "midend_3"):
        stages.append(layers.Add()([_midend(stages[-1], name, settings), stages[-1]]))
    x = max_and_mean(layers.Concatenate()(stages))
    x = normalized(x, settings, name="pooled_norm")
    x = layers.Dropout(settings.dropout)(x)
    x = layers.Dense(settings.dense_units, activation="relu", name="penultimate")(x)
    x = normalized(x, settings, name="penultimate_norm")
    x = layers.Dropout(settings.dropout)(x)
    return keras.Model(spectrogram, tag_outputs(x, n_tags), name="musicnn")


def _front_end(
    image: "keras.KerasTensor", settings: Musicnn
) -> "list[keras.KerasTensor]":
    from train.engine import keras

    mels = image.shape[2]
    side = _TIMBRE_LENGTH // 2
    # Padded in time alone, as the maximum over frequency follows.
    padded = keras.layers.ZeroPadding2D(((side, side), (0, 0)))(image)
    timbre = [
        _block(
            padded,
            settings.timbral_filters,
            (_TIMBRE_LENGTH, int(height * mels)),
            "valid",
            settings,
            f"timbre_{place}",
        )
        for place, height in enumerate(_HEIGHTS, start=1)
    ]
    rhythm = [
        _block(
            image,
            settings.temporal_filters,
            (length, 1),
            "same",
            settings,
            f"rhythm_{place}",
        )
        for place, length in enumerate(_RHYTHM_LENGTHS, start=1)
    ]
    return timbre + rhythm


def _block(
    image: "keras.KerasTensor",
    filters: int,
    kernel: tuple[int, int],
    padding: str,
    settings: Musicnn,
    name: str,
) -> "keras.KerasTensor":
    """Convolve and keep the maximum over frequency: (frames, filters)."""
    from train.engine import keras

    x = keras.layers.Conv2D(
        filters, kernel, padding=padding, activation="relu", name=name
    )(image)
    x = normalized(x, settings, name=f"{name}_norm")
    _, frames, bands, _ = x.shape
    x = keras.layers.MaxPooling2D((1, bands))(x)
    return keras.layers.Reshape((frames, filters))(x)


def _midend(
    x: "keras.KerasTensor", name: str, settings: Musicnn
) -> "keras.KerasTensor":
    from train.engine import keras

    x = keras.layers.Conv1D(
        settings.midend_filters,
        _MIDEND_LENGTH,
        padding="same",
        activation="relu",
        name=name,
    )(x)
    return normalized(x, settings, name=f"{name}_norm")
