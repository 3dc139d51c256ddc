"""Command line: ``python -m sample``."""

from pathlib import Path
from typing import Annotated

import typer

from lyre.console import command_line, run
from lyre.counting import counted
from lyre.settings import load
from sample.write import Request, write_sample

_HELP = (
    "Write a miniature Million Song Dataset in the real file formats.\n\n"
    "Songs, artists and listeners are invented, the music is synthesised so that a "
    "clip sounds like its tags, and every kind of dirt that Lyre cleans is planted; "
    "ground_truth/ says where. The same seed gives the same bytes.\n\n"
    "Example: python -m sample --tracks 500 --out data/demo/sources"
)

app = command_line(_HELP)


@app.command(help=_HELP)
def write(
    tracks: Annotated[int, typer.Option(help="Number of songs.", min=1)],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write, absent or empty; default: where the settings "
            "expect the sources."
        ),
    ] = None,
    audio: Annotated[
        bool, typer.Option("--audio/--no-audio", help="With or without mp3 clips.")
    ] = True,
    seed: Annotated[int, typer.Option(help="What is drawn.", min=0)] = 0,
    workers: Annotated[
        int, typer.Option(help="Processes that make clips; 0: one a core.", min=0)
    ] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Write anew, over this or another sample.")
    ] = False,
) -> None:
    """Write a miniature Million Song Dataset in the real file formats."""
    folder = out if out is not None else load().source(Path())
    request = Request(tracks, seed, audio)
    songs = counted(tracks, "song")
    if write_sample(request, folder, workers=workers, force=force):
        print(f"sample of {songs} written to {folder}")
    else:
        print(f"sample of {songs} is already in {folder}: nothing to do")


if __name__ == "__main__":
    run(app, "python -m sample")
