"""The peer of the learning benchmark: a logistic regression on librosa's MFCC."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset import labels, manifest, storage
from dataset.containers import CONTAINERS
from train.metrics import Metrics, compute
from train.tagger.measures.intervals import Intervals, bootstrap

_COEFFICIENTS = 20
_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)

Floats = npt.NDArray[np.float64]


def learn(export: Path) -> dict[str, Any]:
    """Fit a regression a tag on the training split, and measure it on the test split.

    Parameters
    ----------
    export : Path
        An export of waveforms.

    Returns
    -------
    dict
        As ``metrics.json`` of a run.
    """
    tracks = labels.read(export)
    described = manifest.read(export)
    tags = described.label_set().vocabulary
    sounds = _statistics(export, described)
    parts = {}
    for split in manifest.SPLITS:
        chosen = [track for track in tracks if track.split == split and track.labels]
        matrix = np.stack([sounds[track.source, track.track_id] for track in chosen])
        truth = labels.multi_hot([track.labels for track in chosen], len(tags))
        parts[split] = (matrix, truth, [track.artist_key for track in chosen])
    names = [tag.tag for tag in tags]
    fitted = {
        strength: _scores(parts["train"], parts["validation"][0], strength)
        for strength in _STRENGTHS
    }
    best = max(
        _STRENGTHS,
        key=lambda strength: (
            compute(parts["validation"][1], fitted[strength], names).roc_auc or 0.0
        ),
    )
    matrix, truth, artists = parts["test"]
    scores = _scores(parts["train"], matrix, best)
    found: Metrics = compute(truth, scores, names)
    bounds: Intervals | None = bootstrap(truth, scores, artists)
    return found.to_dict() | {"intervals": bounds and bounds.to_dict()}


def _statistics(
    export: Path, described: manifest.Manifest
) -> dict[tuple[str, str], Floats]:
    container = CONTAINERS[described.target]
    found = {}
    for shard in described.shards:
        for _, record in container.read(export / shard.name):
            if isinstance(record, Exception):
                raise record
            samples = storage.restore(record.audio, described.features)
            key = record.source, record.track_id
            found[key] = _describe(samples, described.features.sample_rate)
    return found


def _describe(samples: npt.NDArray[np.float32], rate: int) -> Floats:
    import librosa

    mfcc = librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=_COEFFICIENTS)
    rows = [mfcc, librosa.feature.delta(mfcc), librosa.feature.delta(mfcc, order=2)]
    stacked = np.concatenate(rows)
    return np.concatenate([stacked.mean(axis=1), stacked.std(axis=1)])


def _scores(train: tuple[Any, Any, Any], matrix: Floats, strength: float) -> Floats:
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        StandardScaler(),
        OneVsRestClassifier(LogisticRegression(C=strength, max_iter=2000)),
    )
    model.fit(train[0], train[1])
    scores: Floats = model.predict_proba(matrix)
    return scores
