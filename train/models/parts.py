"""Parts that several architectures share."""

from typing import TYPE_CHECKING, Any

from train.models.settings import ModelSettings

if TYPE_CHECKING:
    import keras

# Truncated normal, scale 1, fan-in.
INITIALIZER = "lecun_normal"


def normalized(
    x: "keras.KerasTensor", settings: ModelSettings, **options: Any
) -> "keras.KerasTensor":
    """Append batch normalisation over the last axis."""
    from train.engine import keras

    return keras.layers.BatchNormalization(
        momentum=settings.batch_norm_momentum, **options
    )(x)


def image_of(spectrogram: "keras.KerasTensor") -> "keras.KerasTensor":
    """Give a spectrogram (frames, mels) a last axis of one channel."""
    from train.engine import keras

    _, frames, mels = spectrogram.shape
    return keras.layers.Reshape((frames, mels, 1))(spectrogram)


def max_and_mean(x: "keras.KerasTensor") -> "keras.KerasTensor":
    """Concatenate maximum and mean over time: (time, channels) to (2 channels,)."""
    from train.engine import keras

    layers = keras.layers
    return layers.Concatenate()(
        [layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)]
    )


def tag_outputs(x: "keras.KerasTensor", n_tags: int) -> "keras.KerasTensor":
    """Append a sigmoid per tag; the layer named logits is what the loss sees.

    Both stay in float32 under mixed precision, where a sigmoid in float16 saturates.
    """
    from train.engine import keras

    logits = keras.layers.Dense(
        n_tags, kernel_initializer=INITIALIZER, dtype="float32", name="logits"
    )(x)
    return keras.layers.Activation("sigmoid", dtype="float32", name="tags")(logits)
