"""The one kind of error that a user is meant to read."""


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
        return text

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
