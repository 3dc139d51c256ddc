"""A whole clip as mono samples at one rate: what features are made of."""

import numpy as np
import numpy.typing as npt

from audio.decode import Decoder, File
from audio.mono import to_mono
from audio.resample import resample_blocks

Samples = npt.NDArray[np.float32]


def load(file: File, rate: int) -> Samples:
    """Decode a clip, mix its channels and resample it.

    Parameters
    ----------
    file : str, Path or bytes
        The clip, or its content.
    rate : int
        Sample rate of the result, Hz.

    Returns
    -------
    ndarray of float32, shape (samples,)
        The same samples as ``librosa.load(file, sr=rate)`` within 1e-5.

    Raises
    ------
    AudioError
        The file is empty, or holds no sound that can be decoded.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> samples = audio.load("clip.mp3", 16000)  # doctest: +SKIP
    """
    with Decoder(file) as decoder:
        mono = (to_mono(block) for block in decoder.blocks())
        blocks = list(resample_blocks(mono, decoder.header.sample_rate, rate))
    return np.concatenate(blocks)
