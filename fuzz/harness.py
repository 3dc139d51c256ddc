"""Running a reader's cases in a process that is watched, and replaced when it dies."""

import multiprocessing
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fuzz import cases
from fuzz.cases import Result
from fuzz.readers import READERS

_CONTEXT = multiprocessing.get_context("spawn")
# Imports of TensorFlow on a busy machine, and the training of a seed.
_START_SECONDS = 300.0


@dataclass
class Report:
    """What became of a reader's cases.

    Parameters
    ----------
    reader : str
        Its name.
    read, refused, died : int
        Cases that ended in rows, in a sentence, and in a crash that is allowed.
    slowest : float
        Seconds of the slowest case.
    seconds : float
        Time of all of them.
    faults : list of Result
        All other cases.
    """

    reader: str
    read: int = 0
    refused: int = 0
    died: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    faults: list[Result] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """Number of cases that were run."""
        return self.read + self.refused + self.died + len(self.faults)

    def line(self) -> str:
        """Tell it in a line."""
        died = f", {self.died:,} crashed a decoder" if self.died else ""
        return (
            f"{self.reader}: {self.cases:,} cases in {self.seconds:.0f} s: "
            f"{self.read:,} read, {self.refused:,} refused{died}, "
            f"{len(self.faults):,} faults; the slowest took {self.slowest:.2f} s"
        )


def fuzz(
    name: str,
    *,
    numbers: Sequence[int],
    seconds: float = float("inf"),
    keep: Path | None = None,
) -> Report | None:
    """Run cases of a reader.

    Parameters
    ----------
    name : str
        One of `READERS`.
    numbers : sequence of int
        The cases, each a function of its number.
    seconds : float
        Time after which no further case is begun.
    keep : Path, optional
        Folder that gets the damaged files of faults, named after reader and case.

    Returns
    -------
    Report or None
        None where the reader has no seeds here.
    """
    report = Report(name)
    with TemporaryDirectory() as folder:
        if not _seeds(name, folder):
            return None
        started = time.monotonic()
        left = list(numbers)
        while left and time.monotonic() - started < seconds:
            done = _watch(name, left, folder, report, started + seconds)
            left = left[done:]
        report.seconds = time.monotonic() - started
        if keep is not None:
            _keep(report, Path(folder), keep)
    return report


def _seeds(name: str, folder: str) -> int:
    with _CONTEXT.Pool(1) as pool:
        return pool.apply_async(cases.write_seeds, (name, Path(folder))).get(
            _START_SECONDS
        )


def _watch(
    name: str, numbers: Sequence[int], folder: str, report: Report, until: float
) -> int:
    """Run cases in one process until it ends, dies or hangs; return how many."""
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=cases.work, args=(name, numbers, folder, theirs))
    process.start()
    theirs.close()
    done = 0
    try:
        while done < len(numbers) and time.monotonic() < until:
            result = _next(name, ours, process, warm=done > 0)
            _count(result, report, name)
            done += 1
            if result.seconds < 0:
                break
    finally:
        process.kill()
        process.join()
        ours.close()
    return done


def _next(name: str, ours: Connection, process: Any, *, warm: bool) -> Result:
    """Wait for the next case; a process that dies or hangs gives one, too."""
    number = -1
    limit = READERS[name].seconds if warm else _START_SECONDS
    try:
        if ours.poll(_START_SECONDS):
            number = ours.recv()
        if number >= 0 and ours.poll(limit):
            result: Result = ours.recv()
            return result
    except EOFError:
        process.join()
        told = f"the process ended with code {process.exitcode}"
        return Result(number, "fault", told, -1.0)
    return Result(number, "fault", f"no end within {limit:g} s", -1.0)


def _count(result: Result, report: Report, name: str) -> None:
    crashed = result.seconds < 0 and "ended with code -" in result.told
    if crashed and READERS[name].may_die:
        report.died += 1
    elif result.ending == "fault":
        report.faults.append(result)
    elif result.ending == "read":
        report.read += 1
    else:
        report.refused += 1
    report.slowest = max(report.slowest, result.seconds)


def _keep(report: Report, folder: Path, keep: Path) -> None:
    seeds = sorted((folder / "seeds").iterdir())
    for fault in report.faults:
        place = keep / f"{report.reader}-{fault.number}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        cases.make(READERS[report.reader], seeds, fault.number, place)
