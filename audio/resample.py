"""From one sample rate to another, with soxr at high quality and nothing else.

Resamplers differ from one another by far more than decoders do, so there is only this
one in the house. It is what librosa calls ``soxr_hq``.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.float32]

_QUALITY = "HQ"


def resample(samples: Samples, rate: int, to_rate: int) -> Samples:
    """Resample a clip.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        Mono samples.
    rate, to_rate : int
        Sample rates before and after, Hz.

    Returns
    -------
    ndarray of float32, shape (round(samples * to_rate / rate),)
    """
    blocks = list(resample_blocks([samples], rate, to_rate))
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def resample_blocks(
    blocks: Iterable[Samples], rate: int, to_rate: int
) -> Iterator[Samples]:
    """Resample block by block; the block size does not change the samples.

    Parameters
    ----------
    blocks : iterable of ndarray of float32, shape (samples,)
        Mono samples.
    rate, to_rate : int
        Sample rates before and after, Hz.

    Yields
    ------
    ndarray of float32, shape (samples,)
    """
    if rate == to_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate, to_rate, 1, dtype="float32", quality=_QUALITY)
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)
