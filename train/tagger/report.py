"""Results as plain text."""

from lyre.counting import counted
from lyre.errors import visible
from train.metrics import TagMetrics
from train.tables import table
from train.tagger.evaluation import Evaluation
from train.tagger.measures.intervals import Interval
from train.tagger.predict import Outcome
from train.tagger.tagging import Threshold

_BAR = 20


def evaluation(found: Evaluation) -> str:
    """Tell an evaluation: the averages, then every tag, the best first."""
    result = found.metrics
    lines = [
        f"{found.model}",
        f"{found.split} split of {found.export}, label set {found.label_set}: "
        f"{counted(result.tracks, 'track')}, mean of "
        f"{counted(found.windows, 'window')} each",
        *(f"note: {note}" for note in found.notes),
        "",
        table(("", "ROC-AUC", "PR-AUC", "F1"), _averages(found)),
        f"expected calibration error {_figure(found.calibration.error)}",
        "",
        _tags(found),
    ]
    if result.undefined:
        lines += ["", f"left out of macro: {', '.join(result.undefined)}"]
    return visible("\n".join(lines))


def outcome(found: Outcome, number: int | None, threshold: Threshold) -> str:
    """Tell what came of one file."""
    if found.tagging is None:
        return visible(f"{found.path}: {found.error}")
    tagging = found.tagging
    windows = counted(len(tagging.windows), "window")
    head = f"{found.path}: {tagging.seconds:.1f} s, {windows}"
    lines = [f"{head} ({'; '.join(tagging.notes)})" if tagging.notes else head]
    pairs = tagging.top(number, threshold)
    width = max((len(tag) for tag, _ in pairs), default=0)
    for tag, score in pairs:
        bar = "#" * round(score * _BAR)
        lines.append(f"  {tag.ljust(width)}  {score:.3f}  {bar}".rstrip())
    if not pairs:
        reached = threshold if isinstance(threshold, float) else "its threshold"
        lines.append(f"  no tag reaches {reached}")
    if found.genres is not None:
        lines.append(f"  genres now: {', '.join(found.genres)}")
    if found.unwritten is not None:
        lines.append(f"  genres not written: {found.unwritten}")
    return visible("\n".join(lines))


def _averages(found: Evaluation) -> list[tuple[str, ...]]:
    result, made, bounds = found.metrics, found.decisions, found.intervals
    rows: list[tuple[str, ...]] = [
        (
            "macro (mean over tags)",
            *_pair(result.roc_auc, result.pr_auc),
            _figure(made.f1 if made else None),
        )
    ]
    if bounds is not None:
        rows.append(
            (
                f"  {bounds.level:.0%} of {counted(bounds.replicates, 'draw')} "
                "of artists",
                *map(_range, (bounds.roc_auc, bounds.pr_auc, bounds.f1)),
            )
        )
    rows.append(
        (
            "micro (all labels at once)",
            *_pair(result.micro_roc_auc, result.micro_pr_auc),
            _figure(made.micro_f1 if made else None),
        )
    )
    return rows


def _tags(found: Evaluation) -> str:
    places = {entry.tag: place for place, entry in enumerate(found.metrics.tags)}

    def order(entry: TagMetrics) -> tuple[bool, float, str]:
        return entry.roc_auc is None, -(entry.roc_auc or 0.0), entry.tag

    header, rows = ["tag", "positives", "ROC-AUC", "PR-AUC"], []
    for entry in sorted(found.metrics.tags, key=order):
        row = [entry.tag, f"{entry.positives:,}", *_pair(entry.roc_auc, entry.pr_auc)]
        if found.decisions is not None:
            made = found.decisions.tags[places[entry.tag]]
            row += [_figure(made.f1), _figure(made.threshold)]
        rows.append(row)
    if found.decisions is not None:
        header += ["F1", "threshold"]
    return table(header, rows)


def _range(bounds: Interval) -> str:
    return f"{_figure(bounds.low)}-{_figure(bounds.high)}"


def _pair(roc_auc: float | None, pr_auc: float | None) -> tuple[str, str]:
    return _figure(roc_auc), _figure(pr_auc)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
