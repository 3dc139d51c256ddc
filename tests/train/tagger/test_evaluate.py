import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from dataset import framing, manifest, records
from train import runs
from train.errors import TrainError
from train.tagger import Tagger, report
from train.tagger.evaluate import evaluate
from train.tracks import open_split


@pytest.fixture
def run(band_run: tuple, tmp_path: Path) -> Path:
    """Return a copy of the run, to write into."""
    return Path(shutil.copytree(band_run[0].folder, tmp_path / "run"))


def test_equal_to_scikit_learn_on_scores_made_one_by_one(
    run: Path,
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    tmp_path: Path,
) -> None:
    # So noisy that the model errs.
    clips = {"test": make_band_clips(40, seed=7, noise=60.0)}
    folder = make_export(tmp_path / "noisy", clips, mel_features)
    found = evaluate(run, export=folder, windows=5)
    tagger = Tagger.load(run)
    tracks = open_split(folder, "test")
    scores = []
    for row in tracks.rows:
        payload = framing.read_at(folder / row.shard, row.offset)
        audio = records.deserialize(payload).audio.astype(np.float64)
        places = [0, 7, 14, 21, 29]  # 60 frames leave the starts 0 to 29
        windows = np.stack([audio[place : place + 31] for place in places])
        mean = windows.mean(axis=(1, 2), keepdims=True)
        scaled = (windows - mean) / windows.std(axis=(1, 2), keepdims=True)
        scores.append(tagger.score(scaled.astype(np.float32)).mean(axis=0))
    result = found.metrics
    assert result.tracks == 40
    assert result.roc_auc is not None
    assert 0.5 < result.roc_auc < 0.99
    for average, roc_auc, pr_auc in (
        ("macro", result.roc_auc, result.pr_auc),
        ("micro", result.micro_roc_auc, result.micro_pr_auc),
    ):
        assert roc_auc == pytest.approx(
            roc_auc_score(tracks.labels, scores, average=average), abs=1e-6
        )
        assert pr_auc == pytest.approx(
            average_precision_score(tracks.labels, scores, average=average), abs=1e-6
        )


def test_metrics_are_written_and_told(run: Path) -> None:
    found = evaluate(run)
    assert json.loads((run / runs.METRICS).read_text()) == found.to_dict()
    assert found.notes == ()
    text = report.evaluation(found)
    assert "macro (mean over tags)" in text
    assert "micro (all labels at once)" in text
    table = text[text.index("tag ") :].splitlines()
    assert table[0].split() == ["tag", "positives", "ROC-AUC", "PR-AUC"]
    areas = [float(line.split()[-2]) for line in table[1:4]]
    assert areas == sorted(areas, reverse=True)


def test_model_file_needs_the_export_named(run: Path, band_export: Path) -> None:
    with pytest.raises(TrainError, match="name it with --export"):
        evaluate(run / runs.BEST)
    (run / runs.METRICS).unlink(missing_ok=True)
    assert evaluate(run / runs.BEST, export=band_export).metrics.tracks == 15
    assert not (run / runs.METRICS).exists()


def test_tag_table_in_another_order_changes_nothing(
    run: Path, band_export: Path, tmp_path: Path
) -> None:
    # R38: another order and one tag more; names come from the model.
    folder = Path(shutil.copytree(band_export, tmp_path / "export"))
    described = manifest.read(folder)
    entry = described.label_sets[0]
    old = [tag.tag for tag in entry.vocabulary]
    new = ["polka", *old[::-1]]
    lines = [json.loads(line) for line in (folder / entry.file).open()]
    for line in lines:
        line["labels"] = sorted(new.index(old[place]) for place in line["labels"])
    (folder / entry.file).write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    vocabulary = [
        manifest.Tag(position=place, tag=tag, n_tracks=0)
        for place, tag in enumerate(new)
    ]
    changed = entry.model_copy(update={"vocabulary": vocabulary})
    manifest.write(described.model_copy(update={"label_sets": [changed]}), folder)
    expected = evaluate(run).metrics
    found = evaluate(run, export=folder)
    assert found.metrics == expected
    assert "tags that the model does not know: polka" in found.notes
    assert "the export has changed since the run" in found.notes


def test_tag_that_the_data_set_lacks_is_refused(
    run: Path,
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    tmp_path: Path,
) -> None:
    folder = make_export(
        tmp_path / "export",
        {"test": make_band_clips(6, 1)},
        mel_features,
        tags=["rock", "jazz", "polka"],
    )
    with pytest.raises(TrainError, match="not in the data set: pop"):
        evaluate(run, export=folder)


def test_other_features_are_refused(
    run: Path,
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: manifest.Features,
    tmp_path: Path,
) -> None:
    folder = make_export(
        tmp_path / "export",
        {"test": make_band_clips(6, 1)},
        mel_features.model_copy(update={"hop": 256}),
    )
    with pytest.raises(TrainError, match="features of the data set are not those"):
        evaluate(run, export=folder)


def test_missing_export_is_told(run: Path) -> None:
    file = run / runs.RUN
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"export": "/absent/export"}))
    with pytest.raises(TrainError, match="no longer at /absent/export"):
        evaluate(run)
