"""What a load tells the user, as lines and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from ingest.attempt import Failure
from ingest.forecast import LOAD, SKIP, Forecast
from ingest.load import Outcome
from ingest.runs import SKIPPED
from lyre.console import DONE, DONE_WITH_FAILURES, NOTHING_DONE
from lyre.counting import counted
from lyre.filenames import shown

if TYPE_CHECKING:
    from ingest.scan import AudioSummary
    from ingest.status import Loaded

    Result = Outcome | AudioSummary | Forecast | Failure

_FILES_SHOWN = 20


def lines(result: "Outcome | AudioSummary | Forecast") -> list[str]:
    """Describe what was done, or would be, to a source."""
    if isinstance(result, Forecast):
        return [forecast_line(result)]
    if isinstance(result, Outcome):
        return load_lines(result)
    return audio_lines(result)


def load_lines(outcome: Outcome) -> list[str]:
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
        f"{outcome.source}: {counted(outcome.rows, 'row')} loaded, "
        f"{set_aside:,} set aside, {outcome.seconds:.1f} s: {outcome.path}"
    ]
    filled = [f"{name} {rows:,}" for name, rows in outcome.tables.items() if rows]
    if len(filled) > 1:
        told.append(f"  {', '.join(filled)}")
    told += [
        f"  set aside: {count:,} x {reason}"
        for reason, count in outcome.set_aside.items()
    ]
    told += [
        f"  texts repaired: {count:,} x {kind}"
        for kind, count in sorted(outcome.repairs.items())
    ]
    if outcome.kept_files:
        told.append(
            f"  {counted(outcome.kept_files, 'file')} unchanged, not read again"
        )
    bad = outcome.bad_files
    told += [f"  not read: {path}: {reason}" for path, reason in bad[:_FILES_SHOWN]]
    if len(bad) > _FILES_SHOWN:
        more = counted(len(bad) - _FILES_SHOWN, "more file")
        told.append(f"  not read: {more}, see raw.rows_set_aside")
    return told


def audio_lines(summary: "AudioSummary") -> list[str]:
    """Describe one scan: files by status, and the first of those that are not right.

    Parameters
    ----------
    summary : AudioSummary
        How the scan ended.
    """
    hours = summary.audio_seconds / 3600
    folders = "; ".join(map(shown, summary.folders))
    told = [
        f"audio: {counted(summary.found, 'file')} found, {summary.measured:,} measured "
        f"({hours:.1f} hours), {summary.vanished:,} vanished, "
        f"{summary.seconds:.1f} s: {folders}"
    ]
    if summary.by_status:
        counts = (f"{status} {rows:,}" for status, rows in summary.by_status.items())
        told.append(f"  {', '.join(counts)}")
    told += [
        f"  {status}: {path}" + (f": {error}" if error else "")
        for path, status, error in summary.failures
    ]
    right = sum(summary.by_status.get(each, 0) for each in ("ok", "listed", "vanished"))
    more = sum(summary.by_status.values()) - right - len(summary.failures)
    if more > 0:
        told.append(f"  {more:,} more, see status and error in raw.audio_files")
    return told + [f"  not read: {path}: {reason}" for path, reason in summary.unread]


def status_lines(loads: "Sequence[Loaded]") -> list[str]:
    """Describe the last load of each source, and what has changed since."""
    return [
        f"{each.source}: {counted(each.rows, 'row')}, "
        f"{each.rows_set_aside:,} set aside, loaded {each.started_at}, "
        f"{each.now}{_by_state(each)}: {each.path}"
        for each in loads
    ]


def _by_state(each: "Loaded") -> str:
    """Count the files where there are many: of one, the word before says it all."""
    files = each.files
    many = files.new + files.changed + files.gone + files.unchanged > 1
    return f" ({files})" if files.any and many else ""


def forecast_line(told: Forecast) -> str:
    """Describe what a load would do to a source."""
    verbs = {LOAD: "would be loaded", SKIP: "would be skipped"}
    return (
        f"{told.source}: {verbs[told.action]} ({told.reason}), "
        f"{counted(told.files, 'file')}, {told.size_bytes / 1e6:,.1f} MB: {told.path}"
    )


def exit_code(results: "Sequence[Result]") -> int:
    """Return the exit code of a command: whether all, some or nothing was done."""
    if results and all(isinstance(result, Failure) for result in results):
        return NOTHING_DONE
    return DONE_WITH_FAILURES if any(map(_has_failures, results)) else DONE


def _has_failures(result: "Result") -> bool:
    """Tell whether something went wrong that running it again may mend.

    Clips that are empty or no audio are none of these: that is what was measured.
    """
    if isinstance(result, Failure | Forecast):
        return isinstance(result, Failure)
    if isinstance(result, Outcome):
        return bool(result.bad_files)
    hung = result.by_status.get("crashed", 0) + result.by_status.get("timeout", 0)
    return bool(hung or result.unread)


def as_json(results: "Sequence[Result]") -> str:
    """Return loads, forecasts and failures as a JSON list of objects."""
    return json.dumps([asdict(each) for each in results], indent=2, default=str)
