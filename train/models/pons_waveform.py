"""The waveform model of Pons et al. (2018): a stack of very short convolutions.

Input: standardised windows of samples, (samples,).

References
----------
.. [1] J. Pons, O. Nieto, M. Prockup, E. Schmidt, A. Ehmann, X. Serra: End-to-end
   learning for music audio tagging at scale. ISMIR 2018.
.. [2] J. Lee, J. Park, K. L. Kim, J. Nam: Sample-level deep convolutional neural
   networks for music auto-tagging using raw waveforms. SMC 2017.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from train.models.pons_backend import PonsSettings, back_end, convolution

if TYPE_CHECKING:
    import keras

_KERNEL = 3
# Filters of the six layers after the first, in units of `filters`.
_FACTORS = (1, 1, 2, 2, 2, 4)


class PonsWaveform(PonsSettings):
    """Pons et al. 2018 on waveforms."""

    name: Literal["pons-waveform"] = Field(
        "pons-waveform", description="The architecture; see `python -m train models`."
    )
    filters: int = Field(
        64, gt=0, description="Filters of the first layers; later ones have 2, 4 x."
    )


def build(
    settings: PonsWaveform, window: tuple[int, ...], n_tags: int
) -> "keras.Model":
    """Build the model with fresh weights.

    Parameters
    ----------
    settings : PonsWaveform
        The sizes.
    window : tuple of int
        (samples,) of the input; at least 19,680, so that 8 steps reach the back end.
    n_tags : int
        Number of outputs.

    Returns
    -------
    keras.Model
        From float32 (batch, samples) to probabilities (batch, n_tags).
    """
    from train.engine import keras

    (samples,) = window
    waveform = keras.Input((samples,), name="waveform")
    x = keras.layers.Reshape((samples, 1))(waveform)
    x = convolution(x, settings.filters, _KERNEL, settings, strides=_KERNEL)
    for factor in _FACTORS:
        x = convolution(x, factor * settings.filters, _KERNEL, settings)
        x = keras.layers.MaxPooling1D(_KERNEL)(x)
    tags = back_end(x, settings, n_tags)
    return keras.Model(waveform, tags, name="pons_waveform")
