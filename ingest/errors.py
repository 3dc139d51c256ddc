"""The error of this room."""

from lyre.errors import LyreError


class IngestError(LyreError):
    """A source cannot be read, or does not hold what it should."""
