"""Cases of one reader, run one after another in a process that may die of them."""

import contextlib
import os
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Literal

from fuzz.readers import READERS, Reader
from lyre.console import REFUSALS
from lyre.errors import LyreError

Ending = Literal["read", "refused", "fault"]

_MOST_BYTES = 1 << 30
_LONGEST_SENTENCE = 3_000
# More than any of the libraries reserves; what asks for more gets a MemoryError.
_ADDRESS_SPACE = 64 << 30


@dataclass(frozen=True)
class Result:
    """How a case ended.

    Parameters
    ----------
    number : int
        The case.
    ending : {"read", "refused", "fault"}
        Whether the reader gave what it could, said why not, or did anything else.
    told : str
        Its sentence, or the fault.
    seconds : float
        How long it took.
    """

    number: int
    ending: Ending
    told: str
    seconds: float


def make(reader: Reader, seeds: Sequence[Path], number: int, folder: Path) -> Path:
    """Write the damaged seed of a case into a folder, and return its path.

    Parameters
    ----------
    reader : Reader
        Whose case it is.
    seeds : sequence of Path
        Its seeds.
    number : int
        The case; the same number gives the same bytes.
    folder : Path
        An empty folder.
    """
    rng = Random(f"{reader.name} {number}")
    seed = rng.choice(seeds)
    path = folder / seed.name
    if seed.is_dir():
        shutil.copytree(seed, path)
        files = sorted(file for file in path.rglob("*") if file.is_file())
        chosen = rng.choice([file for file in files if reader.damaged(file.name)])
    else:
        chosen = Path(shutil.copy(seed, path))
    chosen.chmod(0o600)
    content = chosen.read_bytes()
    chosen.write_bytes(reader.mutate(chosen.name)(content, rng))
    return path


def run(reader: Reader, seeds: Sequence[Path], number: int, folder: Path) -> Result:
    """Run one case in this process."""
    path = make(reader, seeds, number, folder)
    before, started = _peak_bytes(), time.monotonic()
    ending: Ending = "read"
    told = ""
    try:
        reader.read(path)
    except BaseException as error:
        ending, told = _judge(error)
    seconds = time.monotonic() - started
    taken = _peak_bytes() - before
    if ending != "fault" and taken > _MOST_BYTES:
        ending, told = "fault", f"{taken / 2**20:,.0f} MiB more memory"
    return Result(number, ending, told, seconds)


def _judge(error: BaseException) -> tuple[Ending, str]:
    told = str(error)
    if isinstance(error, LyreError):
        if "\n" in told or not told.strip() or len(told) > _LONGEST_SENTENCE:
            return "fault", f"no sentence: {told[:300]!r}"
        return "refused", told
    # `lyre.console.run` makes a sentence of it, wherever it happens.
    if isinstance(error, OSError) and error.errno in REFUSALS:
        return "refused", told
    return "fault", f"{type(error).__name__}: {told[:300]} ({_place_of(error)})"


def work(
    name: str, numbers: Sequence[int], folder: str, connection: Connection
) -> None:
    """Run cases in a process of their own; tell of each before and after it."""
    reader = READERS[name]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _silence()
    seeds = sorted((Path(folder) / "seeds").iterdir())
    with TemporaryDirectory(dir=folder) as place:
        for number in numbers:
            connection.send(number)
            case = Path(place) / "case"
            case.mkdir()
            connection.send(run(reader, seeds, number, case))
            shutil.rmtree(case, ignore_errors=True)
    connection.close()


def write_seeds(name: str, folder: Path) -> int:
    """Write a reader's seeds into ``folder/seeds`` and return their number."""
    _silence()
    made, kept = folder / "made", folder / "seeds"
    made.mkdir()
    kept.mkdir()
    for seed in READERS[name].seeds(made):
        # A name that no file system minds, and by which cases can be told apart.
        copy = shutil.copytree if seed.is_dir() else shutil.copy
        copy(seed, kept / seed.name)
    shutil.rmtree(made)
    return len(list(kept.iterdir()))


def _silence() -> None:
    """Send to nowhere what readers and native libraries say of damage."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _place_of(error: BaseException) -> str:
    """Return the innermost line of Lyre's own code in a traceback."""
    root = Path(__file__).resolve().parents[1]
    place, trace = "", error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(root) and ".venv" not in file.parts:
            relative = file.relative_to(root)
            if relative.parts[0] != "fuzz":
                place = f"{relative}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place or Path(sys.argv[0]).name
