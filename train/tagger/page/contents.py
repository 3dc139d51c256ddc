"""What a page is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset.manifest import FunnelRow
from train.tagger.evaluation import Evaluation


@dataclass(frozen=True)
class Contents:
    """What a page tells.

    Parameters
    ----------
    title : str
        Name of the run, or of the model's file.
    found : Evaluation
        The figures.
    labels : ndarray of bool, shape (tracks, tags)
        The truth.
    scores : ndarray of float32, shape (tracks, tags)
        The model's probabilities.
    history : sequence of mapping
        The entries of ``history.json``; none for a model without a run.
    funnel : sequence of FunnelRow
        What the cleaning of the data set took out.
    facts : mapping of str to str
        What else a reader must know to repeat it.
    """

    title: str
    found: Evaluation
    labels: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float32]
    history: Sequence[Mapping[str, Any]]
    funnel: Sequence[FunnelRow]
    facts: Mapping[str, str]
