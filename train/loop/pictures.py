"""Pictures for TensorBoard, as arrays of pixels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from train import picture
from train.metrics import Metrics, operating_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = npt.NDArray[np.uint8]
_SHOWN = 8


def batch(
    features: npt.NDArray[Any], labels: npt.NDArray[Any], tags: Sequence[str]
) -> Picture | None:
    """Draw the first examples of a batch, spectrograms or waveforms.

    Parameters
    ----------
    features : ndarray, shape (batch, frames, bands) or (batch, samples)
        What the model sees; other shapes are not drawn.
    labels : ndarray, shape (batch, tags)
        Their labels.
    tags : sequence of str
        Names of the tags.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3), or None
        The picture.
    """
    if features.ndim not in (2, 3):
        return None
    figure = _figure(12, 6)
    for place, (example, truth) in enumerate(
        zip(features[:_SHOWN], labels[:_SHOWN], strict=True)
    ):
        axes = figure.add_subplot(2, _SHOWN // 2, place + 1)
        if example.ndim == 2:
            axes.imshow(example.T, origin="lower", aspect="auto")
        else:
            axes.plot(example, linewidth=0.5)
        names = [tag for tag, value in zip(tags, truth, strict=True) if value > 0]
        axes.set_title(", ".join(names[:3]), fontsize=8, parse_math=False)
    return _pixels(figure)


def curves(
    labels: npt.NDArray[Any], scores: npt.NDArray[Any], metrics: Metrics, number: int
) -> Picture:
    """Draw precision against recall for the most frequent tags.

    Parameters
    ----------
    labels, scores : ndarray, shape (examples, tags)
        The truth and what the model says.
    metrics : Metrics
        Of the same.
    number : int
        At most so many tags.
    """
    figure = _figure(8, 6)
    axes = figure.add_subplot()
    defined = [(i, tag) for i, tag in enumerate(metrics.tags) if tag.pr_auc is not None]
    defined.sort(key=lambda each: -each[1].positives)
    for place, entry in defined[:number]:
        recall, precision = curve(labels[:, place], scores[:, place])
        axes.step(recall, precision, label=f"{entry.tag}: {entry.pr_auc:.3f}")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    if defined:
        picture.legend(axes)
    return _pixels(figure)


def curve(
    labels: npt.NDArray[Any], scores: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the steps under which the area is the average precision.

    Parameters
    ----------
    labels, scores : ndarray, shape (examples,)
        The truth, with a positive, and what the model says; equal scores are one
        threshold.

    Returns
    -------
    recall, precision : ndarray, shape (points,)
        From recall 0 on; a precision holds from the recall before it to its own.
    """
    _, hits, chosen = operating_points(labels, scores)
    precision = hits / chosen
    return np.append(0.0, hits / hits[-1]), np.append(precision[0], precision)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=80, layout="constrained")


def _pixels(figure: "Figure") -> Picture:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
