"""A number and what it counts, in a sentence."""

# Nouns whose plural has more than an s; "epoch", which sounds otherwise, has not.
_MORE_THAN_S = {"batch": "batches"}


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which is in the plural unless it is one.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        What, in the singular; words may stand before it, such as "readable record".

    Examples
    --------
    >>> counted(1, "track"), counted(1_234, "track"), counted(0, "batch")
    ('1 track', '1,234 tracks', '0 batches')
    """
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Return a noun in the plural."""
    return _MORE_THAN_S.get(noun, f"{noun}s")
