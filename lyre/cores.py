"""How many processors are ours, for commands that work on one a core."""

import os


def cores() -> int:
    """Return the processors that this process may use, which may be fewer than all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
