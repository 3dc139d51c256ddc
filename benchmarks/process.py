"""What a process took of the machine: memory and time."""

import os
import re
import resource
import sys
from pathlib import Path

# Variables for a process that computes in one thread.
ONE_THREAD = {
    f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMBA")
}
_STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Return the largest resident size of this process so far.

    Linux's ``ru_maxrss`` begins with the size of the process that started this one,
    so a small program that a large one starts would seem large; ``VmHWM`` does not.
    """
    if _STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
        if found:
            return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def processor_seconds() -> float:
    """Return the time on the processor, that of programs it has run included."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def tree_seconds() -> float:
    """Return the time on the processor of this process and all that it started.

    Linux only. What has ended counts where somebody waited for it.
    """
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        found[int(file.parent.name)] = int(words[1]), sum(map(int, words[11:15]))
    ours = {os.getpid()}
    while grown := {p for p, (parent, _) in found.items() if parent in ours} - ours:
        ours |= grown
    return sum(found[process][1] for process in ours) / os.sysconf("SC_CLK_TCK")
