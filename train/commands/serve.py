"""``python -m train serve``."""

from typing import Annotated

import typer

from lyre import console, settings
from train import trained
from train.commands.options import MODEL


def serve(
    run: Annotated[str, MODEL],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0: any that is free.")
    ] = 8707,
    hop: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            callback=console.finite,
            help="Seconds from window to window; default: half a window.",
        ),
    ] = None,
    megabytes: Annotated[
        int, typer.Option(min=1, max=2000, help="Largest file that is taken.")
    ] = 100,
    minutes: Annotated[
        float,
        typer.Option(
            min=0.1, callback=console.finite, help="Longest song that is taken."
        ),
    ] = 30.0,
    seconds: Annotated[
        float,
        typer.Option(
            min=1,
            callback=console.finite,
            help="Longest time to send a song, and again to tag it.",
        ),
    ] = 300.0,
) -> None:
    """Show a page that tags the song dropped on it, and follows it as it plays.

    The page is for this machine alone: the server listens on 127.0.0.1, keeps nothing,
    and loads nothing from elsewhere.

    Example: python -m train serve musicnn-msd
    """
    source = trained.find(settings.load().runs, run)
    # TensorFlow takes seconds to load: only once everything else is right.
    from train.serving.handler import Handler
    from train.serving.limits import Limits
    from train.serving.server import Server
    from train.tagger.tagger import Tagger

    limits = Limits(megabytes, minutes, seconds)
    tagger = Tagger.load(source)
    name = source.name
    with Server(Handler, tagger, name, port, limits=limits, hop=hop) as server:
        server.warm_up()
        print(f"{server.url} is open until Ctrl-C", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("closed")
