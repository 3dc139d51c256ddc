"""The server: a model, its limits, and a port of this machine alone."""

import errno
import threading
from collections.abc import Callable
from http.client import HTTP_PORT
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from train.errors import TrainError
from train.serving.limits import Limits
from train.tagger.tagger import Tagger

# Nothing but this machine reaches it.
_ADDRESS = "127.0.0.1"
_NAMES = (_ADDRESS, "localhost")


class Server(ThreadingHTTPServer):
    """A page that tags songs.

    Parameters
    ----------
    handler : type
        What answers a request: `train.serving.handler.Handler`.
    tagger : Tagger
        The model.
    name : str
        What to call it.
    port : int
        The port; 0: any that is free.
    limits : Limits, optional
        What a song may cost.
    hop : float, optional
        Seconds from window to window; by default half a window.
    say : callable
        Told what fails.

    Attributes
    ----------
    url : str
        Where the page is.
    names : frozenset of str
        The hosts by which a browser may ask for it.
    turn : threading.Semaphore
        Held by the request whose song is being tagged.
    patience : float
        Seconds that a request waits for its turn.

    Raises
    ------
    TrainError
        The port is in use, or may not be used.
    """

    daemon_threads = True

    def __init__(
        self,
        handler: type[BaseHTTPRequestHandler],
        tagger: Tagger,
        name: str,
        port: int = 0,
        *,
        limits: Limits | None = None,
        hop: float | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.tagger, self.name, self.say = tagger, name, say
        self.limits, self.hop = limits or Limits(), hop
        self.turn = threading.Semaphore()
        self.patience = 30.0
        try:
            super().__init__((_ADDRESS, port), handler)
        except (OSError, OverflowError) as error:
            known = {errno.EADDRINUSE: "is in use", errno.EACCES: "may not be used"}
            number = error.errno if isinstance(error, OSError) else None
            raise TrainError(
                f"port {port} {known.get(number or 0, 'cannot be opened')}",
                remedy="choose another with --port, or any with --port 0",
            ) from error
        bound = self.server_address[1]
        self.names = frozenset(f"{each}:{bound}" for each in _NAMES)
        if bound == HTTP_PORT:
            # Browsers leave the usual port out.
            self.names |= frozenset(_NAMES)
        self.url = f"http://{_ADDRESS}:{bound}/"

    def described(self) -> dict[str, Any]:
        """Return what the page must know, as values that JSON holds."""
        return {
            "name": self.name,
            "tags": list(self.tagger.tags),
            "origin": self.tagger.bundle.origin,
            "most_bytes": self.limits.bytes,
            "most_megabytes": self.limits.megabytes,
            "most_minutes": self.limits.minutes,
        }

    def warm_up(self) -> None:
        """Let the model's first, slow call not be a user's."""
        self.tagger.predict(
            np.zeros(1, np.float32), self.tagger.bundle.features.sample_rate
        )
