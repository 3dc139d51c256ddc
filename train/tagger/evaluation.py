"""What an evaluation found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.metrics import Metrics
from train.tagger.measures.calibration import Calibration
from train.tagger.measures.decisions import Decisions
from train.tagger.measures.intervals import Intervals
from train.tagger.measures.slices import Slice


@dataclass(frozen=True)
class Evaluation:
    """How a model does on a split.

    Parameters
    ----------
    model : Path
        The model's file.
    export : Path
        The data set.
    label_set, split : str
        What of it.
    windows : int
        Evenly spaced windows per track.
    notes : tuple of str
        Differences between this data set and the one that the model learned from.
    metrics : Metrics
        Areas, per tag and averaged.
    decisions : Decisions or None
        Precision, recall and F1 at thresholds of the validation split; None where the
        data set has no such split.
    calibration : Calibration
        How well scores are probabilities.
    intervals : Intervals or None
        Bounds; None where none were asked for, or there is one artist alone.
    slices : dict of str to tuple of Slice
        By column, the metrics for each value.
    folder : Path or None
        Where the results were written.
    """

    model: Path
    export: Path
    label_set: str
    split: str
    windows: int
    notes: tuple[str, ...]
    metrics: Metrics
    decisions: Decisions | None
    calibration: Calibration
    intervals: Intervals | None
    slices: dict[str, tuple[Slice, ...]]
    folder: Path | None

    def to_dict(self) -> dict[str, Any]:
        """Return the evaluation as values that JSON holds."""
        return {
            "model": str(self.model),
            "export": str(self.export),
            "label_set": self.label_set,
            "split": self.split,
            "windows": self.windows,
            "notes": list(self.notes),
            **self.metrics.to_dict(),
            "decisions": self.decisions and self.decisions.to_dict(),
            "intervals": self.intervals and self.intervals.to_dict(),
            "calibration": self.calibration.to_dict(),
            "slices": {
                column: [entry.to_dict() for entry in entries]
                for column, entries in self.slices.items()
            },
        }
