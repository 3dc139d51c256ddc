"""The sections about tags: bars, curves, confusion."""

import numpy as np
import numpy.typing as npt

from lyre.counting import counted
from train.metrics import TagMetrics, operating_points
from train.tagger.measures.confusion import confusion, most_confused
from train.tagger.measures.intervals import Interval
from train.tagger.page import charts
from train.tagger.page.contents import Contents
from train.tagger.page.elements import bar, element, figure, section, table, text

# Points of a drawn curve, and tags of the square of confusions.
_POINTS = 80
_MOST_TAGS = 60


def bars(of: Contents) -> str:
    """Return the table of all tags, the best PR-AUC first."""
    header = ["tag", "tracks", "ROC-AUC", "PR-AUC"]
    classes = ["", "extra", "wide", "wide"]
    decided = of.found.decisions is not None
    if decided:
        header += ["F1", "precision", "recall", "threshold"]
        classes += ["", "extra", "extra", "extra"]
    header.append("calibration error")
    classes.append("extra")
    lead = (
        "Bars of ROC-AUC begin at .5, which is chance; the tick in a bar of PR-AUC is "
        "the share of tracks with the tag, which is chance there."
    )
    if of.found.intervals is not None:
        share = of.found.intervals.level
        lead += f" Whiskers hold {share:.0%} of the bootstrap's replicates."
    rows = [_row(of, place, decided) for place in _order(of)]
    return section("Tags", lead, table(list(map(text, header)), rows, classes))


def curves(of: Contents) -> str:
    """Return a precision-recall curve a tag, the most frequent first."""
    tags = of.found.metrics.tags
    order = np.argsort([-entry.positives for entry in tags], kind="stable")
    drawn = [
        _curve(of, int(place)) for place in order if tags[place].pr_auc is not None
    ]
    lead = (
        "Precision (up) over recall (across), both from 0 to 1, the most frequent tags "
        "first; below each its PR-AUC and number of tracks. Dashed: the share of "
        "tracks with the tag."
    )
    if of.found.decisions is not None:
        lead += " Ring: at the threshold that was chosen on the validation split."
    return section(
        "Precision and recall", lead, element("div", *drawn, class_="smalls")
    )


def confusions(of: Contents) -> str:
    """Return which tags were taken for which; nothing without thresholds."""
    if of.found.decisions is None:
        return ""
    chosen = of.scores >= of.found.decisions.thresholds()
    shares, numbers = confusion(of.labels, chosen)
    names = [entry.tag for entry in of.found.metrics.tags]
    positives = of.labels.sum(axis=0)
    shown = np.argsort(-positives, kind="stable")[:_MOST_TAGS]
    shown = shown[positives[shown] > 0]
    square = charts.heat(
        [names[place] for place in shown],
        [
            [None if np.isnan(share) else float(share) for share in row]
            for row in shares[np.ix_(shown, shown)]
        ],
    )
    pairs = table(
        ["has", "got", "tracks", "share"],
        [
            [
                text(each.has),
                text(each.got),
                f"{each.tracks:,}",
                bar(each.share, kind="b"),
            ]
            for each in most_confused(shares, numbers, names)
        ],
        ["", "left", "", "wide"],
    )
    lead = (
        "Of the tracks that have the tag of a row and lack that of a column, the share "
        "that got the latter; on the diagonal, in the other colour, the recall."
    )
    if len(shown) < len(names):
        lead += f" Shown: {counted(len(shown), 'tag')}, the most frequent."
    below = element("h3", "Most frequent confusions")
    return section("Tags taken for others", lead, square, below, pairs)


def _order(of: Contents) -> list[int]:
    def key(place: int) -> tuple[bool, float, str]:
        entry = of.found.metrics.tags[place]
        return entry.pr_auc is None, -(entry.pr_auc or 0.0), entry.tag

    return sorted(range(len(of.found.metrics.tags)), key=key)


def _row(of: Contents, place: int, decided: bool) -> list[str]:
    found = of.found
    entry = found.metrics.tags[place]
    cells = [text(entry.tag), f"{entry.positives:,}", *_areas(of, place, entry)]
    if decided and found.decisions is not None:
        made = found.decisions.tags[place]
        parts = (made.f1, made.precision, made.recall, made.threshold)
        cells += [figure(value) for value in parts]
    cells.append(figure(found.calibration.tag_errors[entry.tag]))
    return cells


def _areas(of: Contents, place: int, entry: TagMetrics) -> tuple[str, str]:
    roc = pr = Interval(None, None)
    bounds = of.found.intervals
    if bounds is not None:
        roc, pr = bounds.tag_roc_auc[place], bounds.tag_pr_auc[place]
    chance = entry.positives / of.found.metrics.tracks
    return (
        bar(entry.roc_auc, low=roc.low, high=roc.high, start=0.5, kind="a"),
        bar(entry.pr_auc, low=pr.low, high=pr.high, mark=chance, kind="b"),
    )


def _curve(of: Contents, place: int) -> str:
    entry = of.found.metrics.tags[place]
    labels, scores = of.labels[:, place], of.scores[:, place]
    _, true_positives, predicted = operating_points(labels, scores)
    recall = true_positives / entry.positives
    precision = true_positives / predicted
    made = None if of.found.decisions is None else of.found.decisions.tags[place]
    dot = None
    if made is not None and made.recall is not None and made.precision is not None:
        dot = (made.recall, made.precision)
    return charts.small(
        entry.tag,
        f"{figure(entry.pr_auc)} · {entry.positives:,}",
        _thinned(recall, precision),
        level=entry.positives / of.found.metrics.tracks,
        dot=dot,
    )


def _thinned(
    recall: npt.NDArray[np.float64], precision: npt.NDArray[np.float64]
) -> list[tuple[float, float]]:
    """Keep the ends and at most so many points, evenly spaced along the recall."""
    wanted = np.linspace(recall[0], 1.0, _POINTS)
    kept = np.unique(np.append(np.searchsorted(recall, wanted), 0))
    return list(zip(recall[kept].tolist(), precision[kept].tolist(), strict=True))
