"""The log-mel model of Pons et al. (2018): musically shaped filters on a spectrogram.

Tall filters see timbre at one moment, pooled to their strongest answer over
frequency, so that pitch does not matter; long filters on the mean over frequency see
rhythm. Input: standardised log-mel windows, (frames, mels).

References
----------
.. [1] J. Pons, O. Nieto, M. Prockup, E. Schmidt, A. Ehmann, X. Serra: End-to-end
   learning for music audio tagging at scale. ISMIR 2018.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from train.models.parts import INITIALIZER, image_of, normalized
from train.models.pons_backend import PonsSettings, back_end, convolution

if TYPE_CHECKING:
    import keras

# Height of the timbral filters as a share of the mel bands, and, per length in
# frames, how many times `filters` there are of them.
_HEIGHTS = (0.9, 0.4)
_LENGTHS = ((7, 1), (3, 2), (1, 4))
_RHYTHM_LENGTHS = ((165, 1), (128, 2), (64, 4), (32, 8))


class PonsLogmel(PonsSettings):
    """Pons et al. 2018 on log-mel spectrograms."""

    name: Literal["pons-logmel"] = Field(
        "pons-logmel", description="The architecture; see `python -m train models`."
    )
    filters: int = Field(
        16, gt=0, description="Filters of the smallest branch; others have 2, 4, 8 x."
    )


def build(settings: PonsLogmel, window: tuple[int, ...], n_tags: int) -> "keras.Model":
    """Build the model with fresh weights.

    Parameters
    ----------
    settings : PonsLogmel
        The sizes.
    window : tuple of int
        (frames, mels) of the input; at least 8 frames and 3 mels.
    n_tags : int
        Number of outputs.

    Returns
    -------
    keras.Model
        From float32 (batch, frames, mels) to probabilities (batch, n_tags).
    """
    from train.engine import keras

    frames, mels = window
    spectrogram = keras.Input((frames, mels), name="log_mel")
    image = image_of(spectrogram)
    branches = [
        _timbre(image, (length, int(height * mels)), factor, settings)
        for height in _HEIGHTS
        for length, factor in _LENGTHS
    ]
    # The mean over frequency, as one channel.
    energy = keras.layers.AveragePooling2D((1, mels))(image)
    energy = keras.layers.Reshape((frames, 1))(energy)
    branches += [
        convolution(energy, factor * settings.filters, length, settings, padding="same")
        for length, factor in _RHYTHM_LENGTHS
    ]
    x = keras.layers.Concatenate()(branches)
    tags = back_end(x, settings, n_tags)
    return keras.Model(spectrogram, tags, name="pons_logmel")


def _timbre(
    image: "keras.KerasTensor",
    kernel: tuple[int, int],
    factor: int,
    settings: PonsLogmel,
) -> "keras.KerasTensor":
    """Convolve with a tall filter, padded in time only; keep the strongest pitch."""
    from train.engine import keras

    length, height = kernel
    filters = factor * settings.filters
    _, frames, mels, _ = image.shape
    x = keras.layers.ZeroPadding2D(((length // 2, length // 2), (0, 0)))(image)
    x = keras.layers.Conv2D(
        filters, kernel, activation="relu", kernel_initializer=INITIALIZER
    )(x)
    x = normalized(x, settings)
    x = keras.layers.MaxPooling2D((1, mels - height + 1))(x)
    return keras.layers.Reshape((frames, filters))(x)
