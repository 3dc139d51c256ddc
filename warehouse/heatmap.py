"""A picture of how clean tags go together, as an HTML file of its own or as PNG.

The cell in row A and column B is P(B | A): the share of A's tracks that have B.
"""

import io
import math
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from lyre.counting import counted
from lyre.whole import whole
from warehouse.errors import WarehouseError
from warehouse.query import ask

# Two tags, tracks with the first, with both, and their share; NULL if they never meet.
Cell = tuple[str, str, int, int | None, float | None]

_CELL = 16
_MARGIN = 150
_INCHES_PER_TAG = 0.17

_SQL = """
with tags as (
    select tag, row_number() over (order by n_tracks desc, tag) as place, n_tracks
    from (select tag, count(*) as n_tracks from marts.track_tags_v{recipe} group by tag)
    order by place
    limit {size}
)
select a.tag, b.tag, a.n_tracks, pairs.n_both, pairs.p_b_given_a
from tags as a
cross join tags as b
left join marts.tag_cooccurrence_v{recipe} as pairs
    on a.tag = pairs.tag_a and b.tag = pairs.tag_b
order by a.place, b.place
"""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>body {{ font: 12px sans-serif; margin: 2em }} text {{ fill: #222 }}</style>
<h1>{title}</h1>
<p>Row A, column B: the share of A's tracks that also have B, from white (none) to blue
(all). Hover over a cell for its numbers.</p>
<svg xmlns="http://www.w3.org/2000/svg" width="{extent}" height="{extent}">
{body}
</svg>
</html>
"""


def write_heatmap(
    warehouse: Path, out: Path, *, recipe: int = 2, size: int = 50
) -> list[str]:
    """Draw the shares of the most frequent clean tags.

    Parameters
    ----------
    warehouse : Path
        The DuckDB file, after `dbt run`.
    out : Path
        The file to write; its suffix, ``.html`` or ``.png``, says as what.
    recipe : int
        Version of the cleaning recipe.
    size : int
        Number of tags, the most frequent first.

    Returns
    -------
    list of str
        The tags, in the order of rows and columns.

    Raises
    ------
    WarehouseError
        The suffix is another, the warehouse has no such mart or no tags, the file
        cannot be written, or matplotlib is missing for a PNG.
    """
    draw = _DRAWN_AS.get(out.suffix.lower())
    if draw is None:
        raise WarehouseError(
            "it is not known what to draw", where=out, expected=" or ".join(_DRAWN_AS)
        )
    with ask(warehouse, _SQL.format(recipe=recipe, size=size)) as answer:
        cells: list[Cell] = list(answer.rows)
    tags = list(dict.fromkeys(cell[0] for cell in cells))
    if not tags:
        raise WarehouseError(
            f"no track has a clean tag of recipe {recipe}", where=warehouse
        )
    shown = counted(len(tags), "tag")
    title = f"The most frequent tags together: {shown} (recipe v{recipe})"
    drawn = draw(title, tags, cells)
    try:
        with whole(out) as beside:
            beside.write_bytes(drawn)
    except OSError as error:
        raise WarehouseError(
            f"the picture cannot be written: {error.strerror}", where=out
        ) from error
    return tags


def _page(title: str, tags: list[str], cells: list[Cell]) -> bytes:
    """Draw into a page, whose cells tell their numbers."""
    body = [*_labels(tags), *_squares(tags, cells)]
    page = _PAGE.format(
        title=title, extent=_MARGIN + _CELL * len(tags), body="\n".join(body)
    )
    return page.encode()


def _image(title: str, tags: list[str], cells: list[Cell]) -> bytes:
    """Draw into a PNG; a tag with itself is grey."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise WarehouseError(
            "a PNG needs matplotlib, which is not installed",
            remedy="pip install '.[warehouse]', or write an .html file",
        ) from error

    inches = 3 + _INCHES_PER_TAG * len(tags)
    figure = Figure(figsize=(inches + 1, inches), layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor="#ccc")
    mesh = axes.imshow(_shares(tags, cells), cmap="Blues", vmin=0.0, vmax=1.0)
    # Tags may hold the signs of formulas.
    places = range(len(tags))
    axes.set_xticks(places, tags, rotation=90, fontsize=8, parse_math=False)
    axes.set_yticks(places, tags, fontsize=8, parse_math=False)
    axes.xaxis.tick_top()
    axes.set_title(title, fontsize=10)
    label = "share of the row's tracks that also have the column's tag"
    figure.colorbar(mesh, ax=axes, label=label, shrink=0.6)
    packed = io.BytesIO()
    canvas.print_png(packed)
    return packed.getvalue()


def _shares(tags: list[str], cells: list[Cell]) -> list[list[float]]:
    """Return a row a tag: the shares, 0 where two never meet, NaN on the diagonal."""
    shares = {(tag_a, tag_b): share or 0.0 for tag_a, tag_b, _, _, share in cells}
    shares |= {(tag, tag): math.nan for tag in tags}
    return [[shares[one, other] for other in tags] for one in tags]


def _labels(tags: list[str]) -> list[str]:
    lines = []
    for place, tag in enumerate(tags):
        at = _MARGIN + _CELL * place + 12
        name = escape(tag)
        lines.append(
            f'<text x="{_MARGIN - 6}" y="{at}" text-anchor="end">{name}</text>'
        )
        lines.append(
            f'<text transform="translate({at},{_MARGIN - 6}) rotate(-90)">{name}</text>'
        )
    return lines


def _squares(tags: list[str], cells: list[Cell]) -> list[str]:
    """Draw the pairs that meet; a tag with itself is grey."""
    places = {tag: place for place, tag in enumerate(tags)}
    squares = []
    for tag_a, tag_b, n_a, n_both, share in cells:
        if share is None and tag_a != tag_b:
            continue
        share = 1.0 if share is None else share
        fill = "#ccc" if tag_a == tag_b else f"rgba(20,80,160,{share:.3f})"
        told = f"{tag_a} and {tag_b}: {n_both} of {n_a} ({share:.1%})"
        squares.append(
            f'<rect x="{_MARGIN + _CELL * places[tag_b]}" '
            f'y="{_MARGIN + _CELL * places[tag_a]}" width="{_CELL - 1}" '
            f'height="{_CELL - 1}" fill="{fill}">'
            f"<title>{escape(tag_a if tag_a == tag_b else told)}</title></rect>"
        )
    return squares


_DRAWN_AS: dict[str, Callable[[str, list[str], list[Cell]], bytes]] = {
    ".html": _page,
    ".png": _image,
}
