"""TensorFlow and Keras, imported once and without their start-up chatter.

Modules that compute import ``keras`` and ``tf`` from here; modules that only read a
configuration or a result do without, because the import takes some seconds.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _chatter_held_back() -> Iterator[None]:
    """Hold back what native code writes to stderr, unless the import fails.

    TensorFlow logs its first lines before it reads its own log level.
    """
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


# Errors come as exceptions; what native code logs as an error mostly is none.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
with _chatter_held_back():
    import keras
    import tensorflow as tf

    # This, too, logs at its first call.
    tf.config.list_physical_devices("GPU")

__all__ = ["keras", "tf"]
