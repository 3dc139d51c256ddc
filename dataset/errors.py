"""The error of the data-set room."""

from lyre.errors import LyreError


class DatasetError(LyreError):
    """An exported data set is missing, damaged or not of a known form."""
