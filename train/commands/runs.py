"""``python -m train runs`` and ``compare``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lyre import settings
from train import comparison, runs
from train.commands.options import AsJson
from train.comparison import Summary
from train.tables import table


def list_runs(as_json: AsJson = False) -> None:
    """List the runs: their best metrics, and the settings in which they differ.

    Example: python -m train runs
    """
    folder = settings.load().runs
    found = comparison.summarise_all(folder)
    if as_json:
        print(json.dumps(_content(found), indent=2, ensure_ascii=False, default=str))
    elif found:
        print(_table(found))
    else:
        print(f"no runs in {folder}")


def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Names or folders of runs.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Draw curves and per-tag differences into this file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare runs: settings, best metrics, and every tag against the first run.

    Example: python -m train compare first second --out comparison.png
    """
    known = settings.load()
    found = [comparison.summarise(runs.find(known.runs, name)) for name in names]
    if as_json:
        content = _content(found)
        content["tags"] = {
            metric: comparison.per_tag(found, metric)
            for metric in ("roc_auc", "pr_auc")
        }
        print(json.dumps(content, indent=2, ensure_ascii=False, default=str))
    else:
        print(_table(found))
        print(_tags(found))
    if out is not None:
        from train import curves

        curves.draw(found, out)
        if not as_json:
            print(f"\ndrawn in {out}")


def _table(summaries: Sequence[Summary]) -> str:
    header = ["run", "started", "epochs", "best", "validation ROC/PR-AUC"]
    header += ["evaluated ROC/PR-AUC"]
    rows = []
    for run in summaries:
        best, measured = run.best or {}, run.evaluated or {}
        rows.append(
            [
                run.name,
                f"{run.started_at:%Y-%m-%d %H:%M}" if run.started_at else "unreadable",
                str(len(run.history)),
                str(best.get("epoch", "-")),
                _pair(best.get("val_roc_auc"), best.get("val_pr_auc")),
                _pair(measured.get("roc_auc"), measured.get("pr_auc"))
                + (f" {measured['split']}" if measured else ""),
            ]
        )
    problems = [f"{run.name}: {run.problem}" for run in summaries if run.problem]
    return "\n".join([table(header, rows), *problems, *_settings(summaries)])


def _settings(summaries: Sequence[Summary]) -> list[str]:
    """Return a table of the settings that differ; the longer side goes down."""
    different = comparison.differences(summaries)
    if not different:
        return []
    names = [run.name for run in summaries]
    lines = [[key, *map(_short, values)] for key, values in different.items()]
    lines.insert(0, ["", *names])
    if len(names) > len(different):
        lines = [list(line) for line in zip(*lines, strict=True)]
    return ["", table(lines[0], lines[1:])]


def _tags(summaries: Sequence[Summary]) -> str:
    measured = [run for run in summaries if run.evaluated]
    if len(measured) < 2:
        return "\nper tag: evaluate two of them first (`python -m train evaluate RUN`)"
    rows = []
    for tag, values in comparison.per_tag(measured, "roc_auc").items():
        first = values[0]
        gains = [
            "-" if None in (value, first) else f"{value - first:+.4f}"  # type: ignore[operator]
            for value in values[1:]
        ]
        rows.append([tag, *map(_figure, values), *gains])
    header = ["ROC-AUC", *(run.name for run in measured)]
    header += [f"{run.name} - {measured[0].name}" for run in measured[1:]]
    return f"\n{table(header, rows)}"


def _content(summaries: Sequence[Summary]) -> dict[str, Any]:
    return {
        "runs": [
            {
                "name": run.name,
                "started_at": run.started_at and run.started_at.isoformat(),
                "epochs": len(run.history),
                "best": run.best,
                "evaluated": run.evaluated
                and {
                    key: run.evaluated.get(key)
                    for key in ("split", "export", "roc_auc", "pr_auc")
                },
                "problem": run.problem,
            }
            for run in summaries
        ],
        "differences": comparison.differences(summaries),
    }


def _pair(one: float | None, other: float | None) -> str:
    return f"{_figure(one)} / {_figure(other)}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _short(value: Any) -> str:
    return "-" if value is None else str(value)
