"""The error of the training room."""

from lyre.errors import LyreError


class TrainError(LyreError):
    """A configuration, a run, a model or a file to tag is not usable."""
