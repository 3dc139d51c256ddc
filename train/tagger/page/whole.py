"""The whole page, and its sections that are not about tags."""

import math
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from lyre.counting import counted
from train import style
from train.tagger.measures.intervals import Interval
from train.tagger.measures.slices import Slice
from train.tagger.page import charts, tags
from train.tagger.page.charts import Axes, Line
from train.tagger.page.contents import Contents
from train.tagger.page.elements import bar, element, figure, section, table, text

# Nothing may be loaded from anywhere, by whatever slips into a text.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def build(of: Contents) -> str:
    """Return the page as HTML: one file, no scripts, nothing from outside."""
    sections: tuple[Callable[[Contents], str], ...] = (
        _header,
        tags.bars,
        tags.curves,
        _calibration,
        tags.confusions,
        _slices,
        _training,
        _funnel,
        _facts,
    )
    own = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    head = "".join(
        (
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            element("title", text(f"{of.title}: evaluation")),
            element("style", style.common() + own),
        )
    )
    body = "\n".join(part(of) for part in sections)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n'
        f"<body>{body}</body></html>\n"
    )


def _header(of: Contents) -> str:
    found = of.found
    told = (
        f"{found.split} split of {found.export.name}, label set {found.label_set}: "
        f"{counted(found.metrics.tracks, 'track')}, "
        f"{counted(len(found.metrics.tags), 'tag')}, mean of "
        f"{counted(found.windows, 'window')} a track"
    )
    notes = [element("p", text(_sentence(note)), class_="note") for note in found.notes]
    if found.metrics.undefined:
        left_out = ", ".join(found.metrics.undefined)
        notes.append(
            element("p", text(f"Left out of macro: {left_out}."), class_="note")
        )
    return element(
        "header",
        element("h1", text(of.title)),
        element("p", text(told)),
        element("dl", *_headline(of), class_="heads"),
        *notes,
    )


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."


def _headline(of: Contents) -> list[str]:
    found, bounds = of.found, of.found.intervals
    result, made = found.metrics, found.decisions
    micro_roc = f"micro {figure(result.micro_roc_auc)}"
    micro_pr = f"micro {figure(result.micro_pr_auc)}"
    heads = [
        _head(
            "macro ROC-AUC",
            result.roc_auc,
            bounds.roc_auc if bounds else None,
            micro_roc,
        ),
        _head(
            "macro PR-AUC", result.pr_auc, bounds.pr_auc if bounds else None, micro_pr
        ),
    ]
    if made is not None:
        micro_f1 = f"micro {figure(made.micro_f1)}"
        heads.append(
            _head("macro F1", made.f1, bounds.f1 if bounds else None, micro_f1)
        )
    heads.append(
        _head(
            "calibration error",
            found.calibration.error,
            None,
            f"Brier score {figure(found.calibration.brier)}",
        )
    )
    return heads


def _head(name: str, value: float | None, bounds: Interval | None, more: str) -> str:
    if bounds is not None and bounds.low is not None:
        more = f"{figure(bounds.low)} to {figure(bounds.high)}; {more}"
    return element(
        "div",
        element("dt", text(name)),
        element("dd", figure(value), class_="big"),
        element("dd", text(more), class_="more"),
    )


def _calibration(of: Contents) -> str:
    found = of.found.calibration
    points = [
        (each.score, each.positives)
        for each in found.bins
        if each.score is not None and each.positives is not None
    ]
    axes = Axes((0.0, 1.0), (0.0, 1.0), "score", "share of positives")
    lines = [
        Line("ideal", [(0, 0), (1, 1)], "faint"),
        Line("all labels", points, "a"),
    ]
    most = math.log10(1 + max(each.labels for each in found.bins))
    heights = [
        (each.low, each.high, math.log10(1 + each.labels) / most) for each in found.bins
    ]
    plot = charts.chart(
        "Reliability",
        axes,
        lines,
        dots=points,
        under=charts.columns(axes, heights),
    )
    rows = [
        [
            f"{figure(each.low, 2)} to {figure(each.high, 2)}",
            f"{each.labels:,}",
            figure(each.score),
            figure(each.positives),
        ]
        for each in found.bins
        if each.labels
    ]
    lead = (
        "Whether a score is a probability, over all labels of all tracks: on the "
        "diagonal it is one, below it the model is too sure. The columns behind count "
        "labels, on a logarithmic scale; the calibration error is the mean distance, "
        "weighted by these counts."
    )
    counts = table(["score", "labels", "mean score", "positives"], rows)
    return section("Calibration", lead, element("div", plot, counts, class_="charts"))


def _slices(of: Contents) -> str:
    if not of.found.slices:
        return ""
    parts = []
    for column, entries in of.found.slices.items():
        rows = [_slice(entry) for entry in entries]
        header = [text(column), "tracks", "tags", "macro ROC-AUC", "macro PR-AUC"]
        parts.append(table(header, rows, ["", "", "extra", "wide", "wide"]))
    lead = (
        "The same metrics on parts of the split. A macro average is over the tags that "
        "are defined in a part, and chance in PR-AUC differs between parts: compare "
        "with care where there are few tracks."
    )
    return section("Slices", lead, *parts)


def _slice(entry: Slice) -> list[str]:
    return [
        text(entry.value),
        f"{entry.tracks:,}",
        f"{entry.tags}",
        bar(entry.roc_auc, start=0.5, kind="a"),
        bar(entry.pr_auc, kind="b"),
    ]


def _training(of: Contents) -> str:
    if not of.history:
        return ""
    losses = [_line(of.history, "loss", "training, with dropout", "a")]
    losses.append(_line(of.history, "val_loss", "validation", "b"))
    areas = [
        _line(of.history, "val_roc_auc", "macro ROC-AUC", "a"),
        _line(of.history, "val_pr_auc", "macro PR-AUC", "b"),
    ]
    drawn = [_over_epochs("Loss", of.history, losses, top=None)]
    if any(line.points for line in areas):
        drawn.append(_over_epochs("Validation split", of.history, areas, top=1.0))
    lead = "After every epoch."
    return section("Training", lead, element("div", *drawn, class_="charts"))


def _line(history: Sequence[Mapping[str, Any]], key: str, name: str, kind: str) -> Line:
    points = [
        (float(entry["epoch"]), float(entry[key]))
        for entry in history
        if entry.get(key) is not None
    ]
    return Line(name, points, kind)


def _over_epochs(
    title: str,
    history: Sequence[Mapping[str, Any]],
    lines: Sequence[Line],
    top: float | None,
) -> str:
    drawn = [line for line in lines if line.points]
    first, last = float(history[0]["epoch"]), float(history[-1]["epoch"])
    highest = top or max(y for line in drawn for _, y in line.points) * 1.05
    axes = Axes((first, last), (0.0, highest), "epoch", title.lower(), whole_x=True)
    return charts.chart(title, axes, drawn)


def _funnel(of: Contents) -> str:
    if not of.funnel:
        return ""
    songs = of.funnel[0].n_left + of.funnel[0].n_excluded
    rows = [
        [
            text(entry.rule),
            f"{entry.n_excluded:,}",
            f"{entry.n_left:,}",
            bar(entry.n_left / songs if songs else None, kind="soft"),
        ]
        for entry in of.funnel
    ]
    header = ["rule", "taken out", "left", "share left"]
    lead = (
        f"What the data set's cleaning left of {counted(songs, 'song')}, rule by rule."
    )
    return section("Cleaning", lead, table(header, rows, ["", "", "", "wide"]))


def _facts(of: Contents) -> str:
    pairs = [
        element("dt", text(name)) + element("dd", text(value))
        for name, value in of.facts.items()
    ]
    lead = "What is needed to repeat these figures."
    return section("How it was made", lead, element("dl", *pairs, class_="facts"))
