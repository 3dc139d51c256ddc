"""Charts as inline SVG, whose colours are those of the page in light and dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from train.tagger.page.elements import element, figure, text

_WIDTH, _HEIGHT = 340, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 10, 10, 34
_TICKS = 5
# Small shares are to be seen, too.
_DARKENED = 0.7
_LEAST_SHARE = 0.005


@dataclass(frozen=True)
class Line:
    """A line of a chart.

    Parameters
    ----------
    name : str
        What it shows.
    points : sequence of (float, float)
        Its points, x ascending.
    kind : str
        Class that says its colour: a, b, or faint.
    """

    name: str
    points: Sequence[tuple[float, float]]
    kind: str = "a"


@dataclass(frozen=True)
class Axes:
    """The frame of a chart.

    Parameters
    ----------
    x, y : (float, float)
        Least and greatest value.
    x_name, y_name : str
        What they are.
    whole_x : bool
        Whether only whole numbers make sense along x.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_name: str
    y_name: str
    whole_x: bool = False

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies in the drawing."""
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1.0)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1.0)
        return (
            round(_LEFT + across * (_WIDTH - _LEFT - _RIGHT), 1),
            round(_HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM), 1),
        )


def chart(
    title: str,
    axes: Axes,
    lines: Sequence[Line],
    *,
    dots: Sequence[tuple[float, float]] = (),
    under: str = "",
) -> str:
    """Return a chart of lines as a figure with its title and legend.

    Parameters
    ----------
    title : str
        Its title.
    axes : Axes
        The frame.
    lines : sequence of Line
        What is drawn; a legend names them where there are several.
    dots : sequence of (float, float)
        Points to stress.
    under : str
        SVG to put below the lines.
    """
    named = [line for line in lines if line.kind != "faint"]
    drawing = element(
        "svg",
        element("title", text(title)),
        _frame(axes),
        under,
        *(_path(axes, line) for line in lines),
        *(_dot(axes, x, y) for x, y in dots),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
    )
    legend = "".join(
        element("span", element("i", class_=f"key {line.kind}"), text(line.name))
        for line in named
    )
    return element(
        "figure",
        element("figcaption", text(title)),
        drawing,
        element("div", legend, class_="legend") if len(named) > 1 else "",
    )


def small(
    title: str,
    note: str,
    points: Sequence[tuple[float, float]],
    *,
    level: float,
    dot: tuple[float, float] | None,
) -> str:
    """Return a small chart on the unit square: a curve, a level, a dot."""
    size, inset = 120, 2
    inner = size - 2 * inset

    def place(x: float, y: float) -> str:
        return f"{inset + x * inner:.1f},{inset + (1 - y) * inner:.1f}"

    parts = [
        element("title", text(f"{title}: precision over recall")),
        element("rect", x=inset, y=inset, width=inner, height=inner, class_="frame"),
        element("path", d=f"M{place(0, level)}L{place(1, level)}", class_="line faint"),
        element(
            "path", d=f"M{'L'.join(place(*each) for each in points)}", class_="line a"
        )
        if points
        else "",
    ]
    if dot is not None:
        x, y = place(*dot).split(",")
        parts.append(element("circle", cx=x, cy=y, r=3.2, class_="dot"))
    drawing = element("svg", *parts, viewBox=f"0 0 {size} {size}", role="img")
    caption = element(
        "figcaption", element("b", text(title)), element("span", text(note))
    )
    return element("figure", drawing, caption, class_="small")


def heat(
    names: Sequence[str], shares: Sequence[Sequence[float | None]], *, cell: int = 14
) -> str:
    """Return a square of cells, the darker the greater the share; rows have names."""
    label = 130
    size = cell * len(names)
    parts = []
    for row, name in enumerate(names):
        y = label + row * cell
        middle = y + cell * 0.72
        parts.append(
            element("text", text(_cut(name)), x=label - 5, y=middle, class_="row")
        )
        x = label + row * cell + cell * 0.72
        parts.append(
            element(
                "text",
                text(_cut(name)),
                transform=f"translate({x:.1f},{label - 5}) rotate(-90)",
            )
        )
        parts += _heat_row(names, row, shares[row], (label, y), cell)
    frame = element("rect", x=label, y=label, width=size, height=size, class_="frame")
    whole = label + size + 2
    return element(
        "div",
        element(
            "svg",
            frame,
            *parts,
            viewBox=f"0 0 {whole} {whole}",
            class_="heat",
            role="img",
        ),
        class_="scroll",
    )


def _heat_row(
    names: Sequence[str],
    row: int,
    shares: Sequence[float | None],
    corner: tuple[int, int],
    cell: int,
) -> list[str]:
    """Return the cells of one row; those of less than half a per cent stay empty."""
    return [
        element(
            "rect",
            element("title", text(f"{names[row]} → {names[column]}: {share:.0%}")),
            x=corner[0] + column * cell,
            y=corner[1],
            width=cell - 1,
            height=cell - 1,
            class_="own" if row == column else "cell",
            fill_opacity=f"{min(share, 1.0) ** _DARKENED:.2f}",
        )
        for column, share in enumerate(shares)
        if share is not None and share >= _LEAST_SHARE
    ]


def columns(axes: Axes, heights: Sequence[tuple[float, float, float]]) -> str:
    """Return columns (left, right, height as a share of the frame) for `chart`."""
    parts = []
    for left, right, share in heights:
        height = axes.y[0] + share * (axes.y[1] - axes.y[0])
        x, y = axes.place(left, height)
        end, floor = axes.place(right, axes.y[0])
        parts.append(
            element(
                "rect",
                x=x + 0.5,
                y=y,
                width=round(max(end - x - 1, 0.5), 1),
                height=round(floor - y, 1),
                class_="column",
            )
        )
    return "".join(parts)


def _frame(axes: Axes) -> str:
    parts = []
    for value in _ticks(axes.y, whole=False):
        left, y = axes.place(axes.x[0], value)
        right, _ = axes.place(axes.x[1], value)
        parts.append(element("path", d=f"M{left},{y}H{right}", class_="grid"))
        parts.append(
            element(
                "text",
                text(_number(value, axes.y)),
                x=left - 5,
                y=y + 3.5,
                class_="row",
            )
        )
    for value in _ticks(axes.x, whole=axes.whole_x):
        x, floor = axes.place(value, axes.y[0])
        parts.append(
            element(
                "text",
                text(_number(value, axes.x)),
                x=x,
                y=floor + 14,
                class_="middle",
            )
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(
        element(
            "text", text(axes.x_name), x=middle, y=_HEIGHT - 4, class_="middle name"
        )
    )
    parts.append(
        element(
            "text",
            text(axes.y_name),
            transform=f"translate(9,{(_TOP + _HEIGHT - _BOTTOM) / 2}) rotate(-90)",
            class_="middle name",
        )
    )
    return "".join(parts)


def _path(axes: Axes, line: Line) -> str:
    places = [axes.place(x, y) for x, y in line.points]
    if not places:
        return ""
    if len(places) == 1:
        ((x, y),) = places
        return element("circle", cx=x, cy=y, r=3, class_=f"point {line.kind}")
    steps = "L".join(f"{x},{y}" for x, y in places)
    return element("path", d=f"M{steps}", class_=f"line {line.kind}")


def _dot(axes: Axes, x: float, y: float) -> str:
    across, up = axes.place(x, y)
    return element("circle", cx=across, cy=up, r=3.5, class_="dot")


def _ticks(ends: tuple[float, float], *, whole: bool) -> list[float]:
    """Return about five round numbers between two ends."""
    low, high = ends
    rough = (high - low) / _TICKS or 1.0
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * each for each in (1, 2, 5, 10) if size * each >= rough * 0.99)
    if whole:
        step = max(round(step), 1)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [number * step for number in range(first, last + 1)]


def _number(value: float, ends: tuple[float, float]) -> str:
    if math.isclose(value, round(value), abs_tol=1e-9):
        return f"{round(value)}"
    decimals = 1 if ends[1] - ends[0] >= 0.5 else 2
    return figure(value, decimals) if value < 1 else f"{value:.{decimals}f}"


def _cut(name: str) -> str:
    longest = 19
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
