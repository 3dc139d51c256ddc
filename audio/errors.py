"""The errors of this room."""

from typing import Literal

from lyre.errors import LyreError

Reason = Literal["empty", "unreadable"]


class AudioError(LyreError):
    """A file gives no sound.

    Parameters
    ----------
    what : str
        What is wrong; names the real type of the file where it is recognised.
    reason : {"empty", "unreadable"}
        ``"empty"``: zero bytes; ``"unreadable"``: nothing in it decodes.
    where : object, optional
        The file.
    """

    def __init__(
        self, what: str, *, reason: Reason = "unreadable", where: object | None = None
    ) -> None:
        self.reason: Reason = reason
        super().__init__(what, where=where)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.what, self.reason, self.where)


class MissingLibraryError(LyreError):
    """What an optional measurement needs is not installed."""


def _rebuild(what: str, reason: Reason, where: object | None) -> AudioError:
    return AudioError(what, reason=reason, where=where)
