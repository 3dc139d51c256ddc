"""The error of this room."""

from lyre.errors import LyreError


class WarehouseError(LyreError):
    """The DuckDB file cannot be opened or used as asked."""
