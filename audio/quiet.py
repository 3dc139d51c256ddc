"""What native decoders print, and how not to see it."""

import os
import sys


def mute_decoders() -> None:
    """Send what native libraries print to nowhere, for the life of this process.

    libmpg123 comments on every damaged stream. For processes that decode and nothing
    else; Python's own messages still go to standard error.
    """
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
