"""The one kind of error that a user is meant to read, and how to quote others in it."""

import re

_LINE_BREAKS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
# All but tabs and line feeds, and what turns the direction of writing.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LONGEST_QUOTE = 200


def brief(value: object) -> str:
    """Quote a value from a file, its middle left out where it is long.

    Examples
    --------
    >>> brief("rock")
    "'rock'"
    >>> len(brief("a" * 1_000_000))
    200
    """
    try:
        text = repr(value)
    except ValueError:  # A whole number of more digits than Python prints.
        text = f"a {type(value).__name__} of very many digits"
    return shortened(text)


def said(error: BaseException) -> str:
    """Return what a library said of an error: its first line, or the error's name."""
    lines = _LINE_BREAKS.split(str(error).strip())
    return shortened(lines[0]) if lines[0] else type(error).__name__


def shortened(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """Leave out the middle of a text that is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    half = (longest - len(" ... ")) // 2
    return f"{text[:half]} ... {text[-half - 1 :]}"


def visible(text: str) -> str:
    r"""Write out control characters, which would give a terminal orders.

    Names of files and free-text tags may hold any.

    Examples
    --------
    >>> print(visible("\x1b]0;title\x07rock"))
    \x1b]0;title\x07rock
    """
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


class LyreError(Exception):
    """A failure told in one sentence; every package derives its own class from it.

    Parameters
    ----------
    what : str
        What is wrong.
    where : object, optional
        The file, row or field, printed first.
    expected : str, optional
        What would have been right.
    remedy : str, optional
        What the user can do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        where: object | None = None,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.expected = expected
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        text = self.what if self.where is None else f"{self.where}: {self.what}"
        if self.expected is not None:
            text += f" (expected {self.expected})"
        if self.remedy is not None:
            text += f"; {self.remedy}"
        # Names of files and what libraries say may hold line breaks.
        return visible(_LINE_BREAKS.sub(" ", text))

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process boundaries; keyword-only arguments need help there.
        return _rebuild, (type(self), self.what, self.where, self.expected, self.remedy)


def _rebuild(
    kind: type[LyreError],
    what: str,
    where: object | None,
    expected: str | None,
    remedy: str | None,
) -> LyreError:
    return kind(what, where=where, expected=expected, remedy=remedy)
