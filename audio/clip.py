"""A whole clip as mono samples at one rate: what features are made of."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from audio.decode import Decoder, File
from audio.errors import AudioError
from audio.mono import to_mono
from audio.resample import resample_blocks
from audio.source import Source

Samples = npt.NDArray[np.float32]


def load(file: File | Source, rate: int, *, longest: float | None = None) -> Samples:
    """Decode a clip, mix its channels and resample it.

    Parameters
    ----------
    file : str, Path, bytes or Source
        The clip, or its content.
    rate : int
        Sample rate of the result, Hz.
    longest : float, optional
        Seconds after which decoding ends with an error, whatever the file says of its
        length; by default there is no such end.

    Returns
    -------
    ndarray of float32, shape (samples,)
        The same samples as ``librosa.load(file, sr=rate)`` within 1e-5.

    Raises
    ------
    AudioError
        The file is empty, holds no sound that can be decoded, or is too long.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> samples = audio.load("clip.mp3", 16000)  # doctest: +SKIP
    """
    with Decoder(file) as decoder:
        mono_blocks = _mono_blocks(decoder)
        if longest is not None:
            mono_blocks = _at_most(longest, mono_blocks, decoder)
        if decoder.header.sample_rate == rate:
            blocks = [mono.copy() for mono in mono_blocks]
        else:
            blocks = list(
                resample_blocks(mono_blocks, decoder.header.sample_rate, rate)
            )
    return np.concatenate(blocks)


def _mono_blocks(decoder: Decoder) -> Iterator[Samples]:
    """Yield the mix of each block, valid until the next one."""
    if decoder.header.channels == 1:
        for block in decoder.blocks():
            yield block[:, 0]
        return
    mix = np.empty(decoder.block_frames, np.float32)
    for block in decoder.blocks():
        yield to_mono(block, mix[: len(block)])


def _at_most(
    seconds: float, blocks: Iterator[Samples], decoder: Decoder
) -> Iterator[Samples]:
    most = seconds * decoder.header.sample_rate
    for block in blocks:
        if decoder.frames > most:
            raise AudioError(f"longer than {seconds:g} s")
        yield block
