"""Runs side by side: what they were told, how they learned, what they reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lyre.errors import LyreError
from train import config as configuration
from train import runs
from train.loop.best import Best, Monitor
from train.results import read_history, read_metrics


@dataclass(frozen=True)
class Summary:
    """One run at a glance.

    Parameters
    ----------
    name : str
        Its name.
    started_at : datetime or None
        When it began; None where the run cannot be read.
    config : dict of str to object
        Its configuration by dotted key.
    history : list of dict
        The entries of ``history.json``.
    best : dict or None
        The entry of the best epoch, by ``validation.monitor``.
    evaluated : dict or None
        What ``metrics.json`` holds.
    problem : str or None
        Why the run cannot be read.
    """

    name: str
    started_at: datetime | None
    config: dict[str, Any]
    history: list[dict[str, Any]]
    best: dict[str, Any] | None
    evaluated: dict[str, Any] | None
    problem: str | None = None


def summarise(folder: Path) -> Summary:
    """Read a run, as far as it has come.

    Raises
    ------
    TrainError
        It is no run, or its configuration is not valid.
    """
    run = runs.read(folder)
    chosen = configuration.load(folder / runs.CONFIG)
    history = read_history(folder)
    return Summary(
        name=folder.name,
        started_at=run.started_at,
        config=_flat(chosen.model_dump()) | {"export": run.export.name},
        history=history,
        best=_best(history, chosen.validation.monitor),
        evaluated=read_metrics(folder),
    )


def summarise_all(all_runs: Path) -> list[Summary]:
    """Summarise every run of a folder, the oldest first; damaged ones say so."""
    found = []
    for file in sorted(all_runs.glob(f"*/{runs.RUN}")):
        try:
            found.append(summarise(file.parent))
        except LyreError as error:
            problem = Summary(file.parent.name, None, {}, [], None, None, str(error))
            found.append(problem)
    # A run that cannot be read has no time: it comes last.
    return sorted(
        found,
        key=lambda run: (
            run.started_at is None,
            run.started_at and run.started_at.timestamp(),
            run.name,
        ),
    )


def differences(summaries: Sequence[Summary]) -> dict[str, list[Any]]:
    """Return the keys in which configurations differ, with the value of each run.

    A key that a run does not have is None there, as with another architecture.
    """
    readable = [run.config for run in summaries if run.problem is None]
    keys = dict.fromkeys(key for config in readable for key in config)
    return {
        key: [run.config.get(key) for run in summaries]
        for key in keys
        if any(config.get(key) != readable[0].get(key) for config in readable)
    }


def per_tag(summaries: Sequence[Summary], metric: str) -> dict[str, list[float | None]]:
    """Return a metric of every tag that all evaluated runs have, for each run.

    Parameters
    ----------
    summaries : sequence of Summary
        The runs.
    metric : str
        roc_auc or pr_auc.

    Returns
    -------
    dict of str to list
        By tag, in the order of the first run that was evaluated; None for runs that
        were not, and where it is undefined.
    """
    tables = [
        {entry["tag"]: entry[metric] for entry in (run.evaluated or {}).get("tags", ())}
        for run in summaries
    ]
    filled = [table for table in tables if table]
    first = filled[0] if filled else {}
    common = [tag for tag in first if all(tag in each for each in filled)]
    return {tag: [table.get(tag) for table in tables] for tag in common}


def _best(history: list[dict[str, Any]], monitor: Monitor) -> dict[str, Any] | None:
    best, found = Best(monitor), None
    for entry in history:
        if best.update(entry["epoch"], entry.get(f"val_{monitor}")):
            found = entry
    return found


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
