"""Lines of CSV that every reader takes apart as they were put together."""

import csv
import io
from collections.abc import Iterable, Iterator

_END = "\r\n"


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    r"""Yield rows as lines that end with a line feed.

    Parameters
    ----------
    rows : iterable of iterable
        Their values; None is an empty field.

    Examples
    --------
    >>> list(csv_lines([("title", "year"), ("one\rtwo", None)]))
    ['title,year\n', '"one\rtwo",\n']
    """
    line = io.StringIO()
    # `csv` quotes a value for what is in its own line end. With a line feed alone, a
    # carriage return would stay bare, at which readers end a line.
    writer = csv.writer(line, lineterminator=_END)
    for row in rows:
        writer.writerow(row)
        yield f"{line.getvalue().removesuffix(_END)}\n"
        line.seek(0)
        line.truncate()
