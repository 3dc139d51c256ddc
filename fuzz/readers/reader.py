"""What a reader is to the fuzzer: seeds to damage, and a function that reads one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzz.formats import by_name
from fuzz.mutation import Mutate

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
"""The folder of real public files; seeds are made where it is absent."""


def _anything(_name: str) -> bool:
    return True


@dataclass(frozen=True)
class Reader:
    """A reader under test.

    Parameters
    ----------
    name : str
        How it is called on the command line.
    seeds : callable
        Writes or copies good files into a folder and returns them; a seed may be a
        folder, of which one file is damaged in each case.
    read : callable
        Reads a damaged seed; what it returns counts as rows.
    mutate : callable
        From the name of a file to the way to damage it.
    damaged : callable
        Whether a file of a folder, by its name, is one to damage.
    may_die : bool
        Whether a crash of the process is one bad file and no more: so it is for
        decoders, which run in the scan's pool.
    seconds : float
        Longest that a case may take.
    """

    name: str
    seeds: Callable[[Path], Sequence[Path]]
    read: Callable[[Path], object]
    mutate: Callable[[str], Mutate] = by_name
    damaged: Callable[[str], bool] = _anything
    may_die: bool = False
    seconds: float = 10.0


def real_files(*patterns: str, most: int = 20, largest: int = 400_000) -> list[Path]:
    """Return real files by patterns below the folder of them, in a fixed order."""
    found = [path for pattern in patterns for path in sorted(REAL.glob(pattern))]
    return [path for path in found if path.stat().st_size <= largest][:most]
