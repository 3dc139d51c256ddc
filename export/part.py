"""A part of an export's shards, so that several machines can share the work."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from export.errors import ExportError

_PART = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d+))?/(?P<of>\d+)")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Part:
    """Some of the equal parts that the shards are cut into.

    Parameters
    ----------
    first, last : int
        The parts to write, from 0, both included.
    of : int
        Number of parts in all; it need not be the number of shards.
    """

    first: int
    last: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Read ``0-24/100``, the first quarter, or ``3/8``.

        Raises
        ------
        ExportError
            The text is no part.
        """
        found = _PART.fullmatch(text)
        if found is not None:
            first, of = int(found["first"]), int(found["of"])
            last = int(found["last"] or first)
            if first <= last < of:
                return cls(first, last, of)
        raise ExportError(
            "no part of the shards",
            where=text,
            expected="FIRST-LAST/PARTS from 0, such as 0-24/100, or 3/8",
        )

    def of_items(self, items: Sequence[Item]) -> list[Item]:
        """Return the items of this part; each item is in exactly one part.

        Examples
        --------
        >>> Part(0, 1, 4).of_items("abcdef")
        ['a', 'b', 'c']
        """
        return [
            item
            for number, item in enumerate(items)
            if self.first <= number * self.of // len(items) <= self.last
        ]
