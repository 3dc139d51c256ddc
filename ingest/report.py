"""What a load tells the user, as lines and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from ingest.load import SKIPPED, Outcome

_FILES_SHOWN = 20


def lines(outcome: Outcome) -> list[str]:
    """Describe one load: rows, seconds, what was set aside and what was repaired.

    Parameters
    ----------
    outcome : Outcome
        How the load ended.
    """
    if outcome.status == SKIPPED:
        unchanged = "unchanged since its last load (--force loads it again)"
        return [f"{outcome.source}: {unchanged}: {outcome.path}"]
    set_aside = sum(outcome.set_aside.values())
    told = [
        f"{outcome.source}: {outcome.rows:,} rows loaded, {set_aside:,} set aside, "
        f"{outcome.seconds:.1f} s: {outcome.path}"
    ]
    if len(outcome.tables) > 1:
        counts = (f"{name} {rows:,}" for name, rows in outcome.tables.items())
        told.append(f"  {', '.join(counts)}")
    told += [
        f"  set aside: {count:,} x {reason}"
        for reason, count in outcome.set_aside.items()
    ]
    told += [
        f"  texts repaired: {count:,} x {kind}"
        for kind, count in sorted(outcome.repairs.items())
    ]
    bad = outcome.bad_files
    told += [f"  not read: {path}: {reason}" for path, reason in bad[:_FILES_SHOWN]]
    if len(bad) > _FILES_SHOWN:
        more = len(bad) - _FILES_SHOWN
        told.append(f"  not read: {more:,} more files, see raw.rows_set_aside")
    return told


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Return loads as a JSON list of objects."""
    return json.dumps([asdict(outcome) for outcome in outcomes], indent=2)
