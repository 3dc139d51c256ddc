"""How the commands of Lyre talk: one manner for errors, exit codes and progress.

Exit codes: 0 done, 1 done with failures listed, 2 nothing done.
"""

import errno
import io
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from lyre.counting import counted, plural
from lyre.errors import LyreError

DONE, DONE_WITH_FAILURES, NOTHING_DONE = 0, 1, 2

Advance = Callable[[int], None]
_Tell = Callable[[int, float], str]

# What a disk says that is full, write-protected or somebody else's, of long names, or
# of a file, or a link in a circle, where there should be a folder.
REFUSALS = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EROFS: "choose a place that can be written",
    errno.EACCES: "change its permissions or choose another place",
    errno.EPERM: "change its permissions or choose another place",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOTDIR: "choose another place",
    errno.EEXIST: "choose another place",
    errno.ELOOP: "choose another place",
}
_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_MOVES = 0.1


def command_line(help_text: str) -> typer.Typer:
    """Return an empty command line in the common manner."""
    return typer.Typer(
        help=help_text,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def finite(value: float | None) -> float | None:
    """Refuse infinity and what is no number, as the callback of an option.

    Raises
    ------
    typer.BadParameter
        It is one of them; limits of an option let both pass, or one.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number.")
    return value


def run(app: typer.Typer, program: str) -> None:
    """Run a command line; a `LyreError` becomes one sentence and exit code 2.

    So do want of memory and what a disk refuses, wherever that happened: every file is
    written whole or not at all, so that the same command goes on once it can.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # In a log, results and progress stay in the order in which they came; a name
        # that is no text is escaped, as on standard error.
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    try:
        app(prog_name=program)
    except (LyreError, OSError, MemoryError) as error:
        print(f"{program}: {sentence(error)}", file=sys.stderr)
        sys.exit(NOTHING_DONE)


def sentence(error: LyreError | OSError | MemoryError) -> LyreError:
    """Return the one sentence that an error becomes.

    Raises
    ------
    OSError
        The error itself, where it is none of `REFUSALS`.
    """
    if isinstance(error, LyreError):
        return error
    if isinstance(error, MemoryError):
        return _too_large(error)
    if error.errno not in REFUSALS:
        raise error
    return _refusal(error)


def _refusal(error: OSError) -> LyreError:
    code = error.errno or 0
    return LyreError(
        os.strerror(code),
        where=error.filename,
        remedy=f"{REFUSALS[code]}, then run the same command again",
    )


def _too_large(error: MemoryError) -> LyreError:
    told = str(error)
    return LyreError(
        f"there is not enough memory{f': {told}' if told else ''}",
        remedy="ask for less at a time, or use a machine with more",
    )


@contextmanager
def progress(
    label: str,
    total: int | None,
    unit: str,
    note: Callable[[], str] | None = None,
    *,
    closing: bool = True,
) -> Iterator[Advance]:
    """Show how far a loop is: a bar on a terminal, a line now and then in a log.

    Parameters
    ----------
    label : str
        What is being done, such as ``"decode"``.
    total : int or None
        Number of steps, or None where it is unknown.
    unit : str
        What one step is, in the singular, such as ``"file"``.
    note : callable, optional
        Asked for what else there is to say whenever the count is shown.
    closing : bool
        Whether a log gets a line at the end, too.

    Yields
    ------
    Advance
        Call it with the number of steps just done.
    """
    # Names of files stay as they are, and the names of emoji are not loaded.
    console = Console(stderr=True, emoji=False)
    tell = _rate_teller(unit, note)
    # A colour that is forced makes no terminal of a log, nor can every terminal move.
    if console.is_interactive and console.file.isatty():
        shown = _bar(console, label, total, tell)
    else:
        shown = _lines(console, label, total, unit, tell, closing)
    with shown as advance:
        yield advance


@contextmanager
def _bar(
    console: Console, label: str, total: int | None, tell: _Tell
) -> Iterator[Advance]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(label, total=total, rate="")

        def show(done: int) -> None:
            rate = tell(done, time.monotonic() - started)
            bar.update(task, completed=done, rate=rate)

        # To move the bar takes longer than many a step.
        with _counted(show, _SECONDS_BETWEEN_MOVES) as advance:
            yield advance


@contextmanager
def _lines(
    console: Console,
    label: str,
    total: int | None,
    unit: str,
    tell: _Tell,
    closing: bool,
) -> Iterator[Advance]:
    started = time.monotonic()

    def say(done: int) -> None:
        seconds = time.monotonic() - started
        of_all = "" if total is None else f"{done:,} of "
        text = f"{label}: {of_all}{counted(done if total is None else total, unit)}"
        text += f", {tell(done, seconds)}"
        if total is not None and 0 < done < total:
            left = timedelta(seconds=round(seconds / done * (total - done)))
            text += f", {left} left"
        console.print(text, highlight=False, soft_wrap=True, markup=False)

    with _counted(say, _SECONDS_BETWEEN_LINES, closing=closing) as advance:
        yield advance


@contextmanager
def _counted(
    show: Callable[[int], None], pause: float, *, closing: bool = True
) -> Iterator[Advance]:
    """Count steps and show the count now and then, seconds apart, and at the end."""
    done, last = 0, time.monotonic()

    def advance(steps: int) -> None:
        nonlocal done, last
        done += steps
        now = time.monotonic()
        if now - last >= pause:
            last = now
            show(done)

    yield advance
    if closing:
        show(done)


def _rate_teller(unit: str, note: Callable[[], str] | None) -> _Tell:
    units = plural(unit)

    def tell(done: int, seconds: float) -> str:
        rate = done / max(seconds, 1e-9)
        told = f"{rate:,.0f} {units}/s" if rate >= 10 else f"{rate:.1f} {units}/s"
        return told if note is None else f"{told}, {note()}"

    return tell
