"""Runs in one picture: how they learned, and which tags they tell better."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train import picture
from train.comparison import Summary, per_tag

_CURVES = (
    ("loss", "training loss"),
    ("val_roc_auc", "validation macro ROC-AUC"),
    ("val_pr_auc", "validation macro PR-AUC"),
)
_MOST_TAGS = 50


def draw(summaries: Sequence[Summary], path: Path) -> None:
    """Draw learning curves and per-tag differences to the first run.

    Parameters
    ----------
    summaries : sequence of Summary
        The runs; where two or more were evaluated, their tags are compared.
    path : Path
        A file whose ending matplotlib knows, such as ``.png``.

    Raises
    ------
    TrainError
        As `picture.save`.
    """
    picture.check(path)
    from matplotlib.figure import Figure

    evaluated = [run for run in summaries if run.evaluated]
    tags = _gains(evaluated)
    figure = Figure(
        figsize=(15, 4.5 + (0.2 * len(tags) + 1.5 if tags else 0)), layout="constrained"
    )
    parts = figure.subfigures(2 if tags else 1, 1, squeeze=False)[:, 0]
    _draw_curves(parts[0], summaries)
    if tags:
        _draw_gains(parts[1], tags, evaluated)
    picture.save(figure, path)


def _gains(evaluated: Sequence[Summary]) -> dict[str, list[float]]:
    """Return the ROC-AUC of each tag less that of the first run, the largest first."""
    if len(evaluated) < 2:
        return {}
    gains = {}
    for tag, values in per_tag(evaluated, "roc_auc").items():
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            gains[tag] = [value - known[0] for value in known[1:]]
    ranked = sorted(gains, key=lambda tag: -max(map(abs, gains[tag])))[:_MOST_TAGS]
    return {tag: gains[tag] for tag in sorted(ranked, key=lambda tag: -gains[tag][0])}


def _draw_curves(part: Any, summaries: Sequence[Summary]) -> None:
    for axes, (key, title) in zip(part.subplots(1, 3), _CURVES, strict=True):
        for run in summaries:
            points = [
                (entry["epoch"], entry[key])
                for entry in run.history
                if entry.get(key) is not None
            ]
            axes.plot(
                [epoch for epoch, _ in points],
                [value for _, value in points],
                marker=".",
                label=run.name,
            )
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.grid(visible=True, alpha=0.3)
    picture.legend(axes)


def _draw_gains(
    part: Any, gains: dict[str, list[float]], evaluated: Sequence[Summary]
) -> None:
    axes = part.subplots()
    others = evaluated[1:]
    height = 0.8 / len(others)
    for place, run in enumerate(others):
        axes.barh(
            [row + place * height for row in range(len(gains))],
            [values[place] for values in gains.values()],
            height=height,
            label=run.name,
        )
    middle = 0.4 - height / 2
    rows = [row + middle for row in range(len(gains))]
    axes.set_yticks(rows, list(gains), parse_math=False)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    title = f"ROC-AUC of each tag, less that of {evaluated[0].name}"
    axes.set_title(title, parse_math=False)
    axes.grid(visible=True, axis="x", alpha=0.3)
    picture.legend(axes)
