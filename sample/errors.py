"""What the sample writer says when it cannot do what it was asked."""

from lyre.errors import LyreError


class SampleError(LyreError):
    """The sample cannot be written as asked."""
