"""Independent random streams, so that no part of the sample shifts another."""

import zlib

import numpy as np


def stream(seed: int, name: str, part: int = 0) -> np.random.Generator:
    """Return the generator of one named part of the sample.

    Parameters
    ----------
    seed : int
        The seed of the whole sample.
    name : str
        What the numbers are for, such as ``"songs"``.
    part : int, optional
        Which chunk, song or artist of it.

    Returns
    -------
    numpy.random.Generator
        The same numbers for the same three arguments, on every machine.
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode()), part])
