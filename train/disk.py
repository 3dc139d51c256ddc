"""What a disk refuses to TensorFlow, told as Python tells it.

Where TensorFlow itself writes files, a full or write-protected disk is an error of its
own kind, one of which also stands for memory that is short.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lyre.console import REFUSALS
from train.engine import tf


@contextmanager
def refusals_told(place: Path) -> Iterator[None]:
    """Turn what a disk refuses to TensorFlow inside into an `OSError`.

    Parameters
    ----------
    place : Path
        What is written there.

    Raises
    ------
    OSError
        The disk is full, or may not be written: one that `lyre.console.run` tells.
    """
    try:
        yield
    except tf.errors.OpError as error:
        for code in REFUSALS:
            if f"; {os.strerror(code)}" in error.message:
                raise OSError(code, os.strerror(code), str(place)) from error
        raise
