"""The error of this room."""

from lyre.errors import LyreError


class WarehouseError(LyreError):
    """The warehouse cannot be opened, or a query is refused or fails."""
