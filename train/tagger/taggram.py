"""The taggram: tags over time, as an image and as an array."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lyre.filenames import shown
from lyre.whole import write_whole
from train.errors import TrainError
from train.tagger.tagging import Tagging

_MOST_TAGS = 20
_INCHES_PER_TAG = 0.26
# Bytes of a name: a file system takes 255, and endings and a number follow.
_LONGEST_NAME = 200


def write(tagging: Tagging, folder: Path, name: str) -> tuple[Path, Path]:
    """Write ``<name>.png`` and ``<name>.npz`` of what was said about one file.

    The array file holds ``scores`` (windows, tags), ``starts`` (seconds),
    ``window_seconds``, ``seconds`` and ``tags``. The image shows the 20 tags with the
    highest mean.

    Parameters
    ----------
    tagging : Tagging
        What the model said.
    folder : Path
        Where to; it is made if need be.
    name : str
        Name of the file that was tagged, without its suffix; a long one is cut. A
        number follows where such a taggram is there already.

    Returns
    -------
    image, array : Path

    Raises
    ------
    TrainError
        matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = shown(name)
    stem = _free(folder, name.encode()[:_LONGEST_NAME].decode(errors="ignore"))
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        scores=tagging.windows,
        starts=tagging.starts,
        window_seconds=np.float32(tagging.window_seconds),
        seconds=np.float32(tagging.seconds),
        tags=np.array(tagging.tags),
    )
    image = write_whole(folder / f"{stem}.png", draw(tagging, name), durable=False)
    array = write_whole(folder / f"{stem}.npz", packed.getvalue(), durable=False)
    return image, array


def draw(tagging: Tagging, title: str) -> bytes:
    """Draw a taggram as PNG: time across, the likeliest tags from the top down."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TrainError(
            "drawing needs matplotlib, which is not installed",
            remedy="install Lyre with its `train` extra: pip install '.[train]'",
        ) from error

    order = np.argsort(-tagging.scores, kind="stable")[:_MOST_TAGS]
    figure = Figure(figsize=(9, 1.3 + _INCHES_PER_TAG * len(order)), layout="tight")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    mesh = axes.pcolormesh(
        _edges(tagging),
        np.arange(len(order) + 1),
        tagging.windows[:, order].T,
        cmap="magma",
        vmin=0.0,
        vmax=1.0,
    )
    names = [f"{tagging.tags[place]}  {tagging.scores[place]:.2f}" for place in order]
    # A name may hold dollar signs, which are no formulas here.
    axes.set_yticks(np.arange(len(order)) + 0.5, names, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlabel("seconds")
    axes.set_title(title, loc="left", fontsize=10, parse_math=False)
    figure.colorbar(mesh, ax=axes, label="score", pad=0.02)
    content = io.BytesIO()
    canvas.print_png(content)
    return content.getvalue()


def _edges(tagging: Tagging) -> npt.NDArray[np.float64]:
    """Return where each window's column begins and ends, in seconds.

    A column reaches halfway to the middles of its neighbours, the outer ones to the
    ends of the audio.
    """
    middles = tagging.starts + np.float32(tagging.window_seconds / 2)
    between = (middles[1:] + middles[:-1]) / 2
    end = max(tagging.seconds, float(middles[-1]))
    return np.concatenate([[0.0], between, [end]])


def _free(folder: Path, name: str) -> str:
    stem, number = name, 1
    while (folder / f"{stem}.npz").exists() or (folder / f"{stem}.png").exists():
        number += 1
        stem = f"{name}-{number}"
    return stem
