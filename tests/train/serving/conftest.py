"""A server on a free port, with a small model whose tag names are hostile."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from train.serving.handler import Handler
from train.serving.server import Server
from train.tagger import Tagger

HOSTILE = "<img src=x onerror=\"document.title='hacked'\">"
Serve = Callable[..., AbstractContextManager[Server]]


@pytest.fixture(scope="session")
def tagger(band_run: tuple) -> Tagger:
    loaded = Tagger.load(band_run[0].folder)
    tags = [HOSTILE, *loaded.tags[1:]]
    return Tagger(loaded.model, loaded.bundle.model_copy(update={"tags": tags}))


@pytest.fixture(scope="session")
def serve(tagger: Tagger) -> Serve:
    """Return ``serve(**options)``: a context with a server that answers."""

    @contextmanager
    def running(**options: Any) -> Iterator[Server]:
        with Server(Handler, tagger, HOSTILE, **options) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            yield server
            server.shutdown()
            thread.join()

    return running


@pytest.fixture(scope="module")
def server(serve: Serve) -> Iterator[Server]:
    with serve(hop=0.5) as running:
        yield running
