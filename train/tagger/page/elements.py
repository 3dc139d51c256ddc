"""Pieces of HTML; everything that comes from outside is escaped here."""

from collections.abc import Sequence
from html import escape
from typing import Any


def element(name: str, *content: str, **attributes: Any) -> str:
    """Return an element around HTML; attribute values are escaped.

    A name such as ``class_`` loses its underscore, others become hyphens.

    Examples
    --------
    >>> element("p", text("a < b"), class_="note")
    '<p class="note">a &lt; b</p>'
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{pairs}>{''.join(content)}</{name}>"


def text(value: object) -> str:
    """Return a value as escaped text."""
    return escape(str(value))


def section(title: str, lead: str, *content: str) -> str:
    """Return a section with a heading and a sentence that says how to read it."""
    return element(
        "section",
        element("h2", text(title)),
        element("p", text(lead), class_="lead"),
        *content,
    )


def figure(value: float | None, digits: int = 3) -> str:
    """Return a figure between 0 and 1 without its leading zero, as papers set it.

    Examples
    --------
    >>> figure(0.8765), figure(1.0), figure(None)
    ('.877', '1.000', '-')
    """
    if value is None:
        return "-"
    shown = f"{value:.{digits}f}"
    return shown[1:] if shown.startswith("0.") else shown


def bar(
    value: float | None,
    *,
    low: float | None = None,
    high: float | None = None,
    mark: float | None = None,
    start: float = 0.0,
    kind: str = "a",
) -> str:
    """Return a bar from `start` to 1, with whiskers and a mark, and its figure.

    Parameters
    ----------
    value : float or None
        Its length; without one there is a dash alone.
    low, high : float or None
        Ends of the whiskers.
    mark : float or None
        Where to put a tick, such as chance.
    start : float
        Value of the left end.
    kind : str
        Class that says its colour.
    """
    if value is None:
        return element("span", "-", class_="value")

    def place(number: float) -> float:
        return round(100 * min(max((number - start) / (1 - start), 0.0), 1.0), 2)

    parts = [element("i", class_="fill", style=f"width:{place(value)}%")]
    if low is not None and high is not None:
        left = place(low)
        width = round(max(place(high) - left, 0.4), 2)
        parts.append(
            element("i", class_="whisker", style=f"left:{left}%;width:{width}%")
        )
    if mark is not None:
        parts.append(element("i", class_="mark", style=f"left:{place(mark)}%"))
    track = element("span", *parts, class_=f"track {kind}")
    return element(
        "span", track, element("span", figure(value), class_="value"), class_="bar"
    )


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], classes: Sequence[str] = ()
) -> str:
    """Return a table of cells that are HTML already, in a box that can scroll.

    Parameters
    ----------
    header : sequence of str
        Names of the columns, as HTML.
    rows : sequence of sequence of str
        The cells.
    classes : sequence of str
        Class of each column.
    """
    kinds = list(classes) or ["" for _ in header]
    head = "".join(
        element("th", name, class_=kind or None, scope="col")
        for name, kind in zip(header, kinds, strict=True)
    )
    body = "".join(element("tr", *_cells(row, kinds)) for row in rows)
    inner = element("thead", element("tr", head)) + element("tbody", body)
    return element("div", element("table", inner), class_="scroll")


def _cells(row: Sequence[str], kinds: Sequence[str]) -> list[str]:
    first, *others = [
        (cell, kind or None) for cell, kind in zip(row, kinds, strict=True)
    ]
    return [
        element("th", first[0], class_=first[1], scope="row"),
        *(element("td", cell, class_=kind) for cell, kind in others),
    ]
