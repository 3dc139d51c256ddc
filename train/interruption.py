"""Ending a long run cleanly on Ctrl-C or a termination signal."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_requested() -> Iterator[threading.Event]:
    """Turn the first SIGINT or SIGTERM into an event that a loop can look at.

    The second has its usual effect at once. Outside the main thread, where Python
    allows no handlers, the event is never set.

    Yields
    ------
    threading.Event
        Set once a signal has come.
    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    usual = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def note(_number: int, _frame: FrameType | None) -> None:
        event.set()
        restore()

    for number in _SIGNALS:
        signal.signal(number, note)
    try:
        yield event
    finally:
        restore()
