"""One source that cannot be loaded does not keep the others from it.

No source reads the rows of another, so that each can be loaded without the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ingest.runs import FAILED
from lyre.console import sentence
from lyre.errors import LyreError

Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure:
    """A source that was not loaded.

    Attributes
    ----------
    source : str
        Its name.
    error : str
        Why, in a sentence.
    status : str
        Always ``"failed"``.
    """

    source: str
    error: str
    status: str = FAILED


def attempt(source: str, act: Callable[[], Result]) -> Result | Failure:
    """Return what an act on a source gives, or why it gave nothing.

    Parameters
    ----------
    source : str
        The name of the source.
    act : callable
        Finds it, loads it or foretells its load.

    Raises
    ------
    OSError
        It is none that a user can mend, as in `lyre.console.sentence`.
    """
    try:
        return act()
    except (LyreError, OSError, MemoryError) as error:
        return Failure(source, str(sentence(error)))
