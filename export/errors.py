"""The error of the export."""

from lyre.errors import LyreError


class ExportError(LyreError):
    """The final table, the clips or the target folder do not allow the export."""


class UnusableClipError(ExportError):
    """A clip decodes, but to nothing that could be learned from."""
