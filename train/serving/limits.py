"""What a song may cost."""

from dataclasses import dataclass

_BYTES_A_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What a song may cost.

    Parameters
    ----------
    megabytes : int
        Size of its file.
    minutes : float
        Its length.
    seconds : float
        Time to send it, and again to tag it.
    """

    megabytes: int = 100
    minutes: float = 30.0
    seconds: float = 300.0

    @property
    def bytes(self) -> int:
        """Size of its file in bytes."""
        return self.megabytes * _BYTES_A_MEGABYTE
