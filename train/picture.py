"""Pictures as files of their own, such as those of runs and of learning rates."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lyre.whole import whole
from train.errors import TrainError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 110


def check(path: Path) -> None:
    """Refuse a place or a kind of picture, before the work that it is to show.

    Parameters
    ----------
    path : Path
        A file whose ending matplotlib knows, such as ``.png``, in a folder that is
        there.

    Raises
    ------
    TrainError
        There is no such folder or kind, or matplotlib is not installed.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise TrainError(
            "drawing needs matplotlib, which is not installed",
            remedy="pip install 'lyre[train]'",
        ) from error
    if not path.parent.is_dir():
        raise TrainError("there is no such folder for the picture", where=path.parent)
    kinds = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lower().removeprefix(".") not in kinds:
        raise TrainError(
            f"no kind of picture: {path.suffix or 'a name without an ending'}",
            where=path,
            expected=", ".join(f".{kind}" for kind in sorted(kinds)),
        )


def save(figure: "Figure", path: Path) -> None:
    """Write a picture, whole or not at all.

    Raises
    ------
    TrainError
        As `check`, or the file cannot be written.
    LyreError
        There is something else in its place, such as a folder.
    """
    check(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    try:
        with whole(path) as beside:
            figure.savefig(beside, dpi=_DOTS_PER_INCH)
    except OSError as error:
        raise TrainError(
            f"the picture cannot be written: {error.strerror}", where=path
        ) from error


def legend(axes: Any) -> None:
    """Add a legend; a name may hold dollar signs, which are no formulas here."""
    for text in axes.legend(fontsize=8).get_texts():
        text.set_parse_math(False)
