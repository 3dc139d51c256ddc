"""``python -m fuzz``: see the package."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from fuzz.harness import fuzz
from fuzz.readers import READERS
from lyre.console import command_line, finite, run
from lyre.errors import LyreError

app = command_line("Damage real files at random and let every reader read them.")


@app.command()
def main(
    readers: Annotated[
        list[str] | None, typer.Argument(metavar="READER...", help="Default: all.")
    ] = None,
    cases: Annotated[int, typer.Option(min=1, help="Cases a reader.")] = 10_000,
    seconds: Annotated[
        float,
        typer.Option(min=1, callback=finite, help="Time limit a reader."),
    ] = 180.0,
    first: Annotated[int, typer.Option(min=0, help="Number of the first case.")] = 0,
    only: Annotated[
        int | None, typer.Option(min=0, help="Run this case alone.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Folder for the files that made a fault.")
    ] = None,
) -> None:
    """Run the cases; exit code 1 where a reader did anything but read or refuse.

    Example: python -m fuzz lastfm-db --cases 500 --keep faults
    """
    faults = 0
    for name in readers or READERS:
        if name not in READERS:
            raise LyreError("no such reader", where=name, expected=", ".join(READERS))
        numbers = range(first, first + cases) if only is None else [only]
        report = fuzz(name, numbers=numbers, seconds=seconds, keep=keep)
        if report is None:
            print(f"{name}: no seeds here")
            continue
        print(report.line(), flush=True)
        faults += len(report.faults)
        kinds = Counter(fault.told for fault in report.faults)
        example = {fault.told: fault.number for fault in reversed(report.faults)}
        for told, number in kinds.most_common(20):
            print(f"  {number:,} times, first in case {example[told]}: {told}")
    raise typer.Exit(1 if faults else 0)


if __name__ == "__main__":
    run(app, "python -m fuzz")
