import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet as pq
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from dataset import framing, manifest, records
from lyre.checksum import sha256
from train import bundle, runs
from train.data.tracks import open_split
from train.errors import TrainError
from train.tagger import Tagger, report, thresholds
from train.tagger import evaluate as evaluating
from train.tagger.evaluate import evaluate


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
    found = evaluate(run, replicates=20)
    assert "95% of 20 draws of artists" in report.evaluation(found)
    assert json.loads((run / runs.METRICS).read_text()) == found.to_dict()
    assert found.notes == ()
    strange = replace(found, notes=("a tag \x1b]0;title\x07",))
    assert "\x1b" not in report.evaluation(strange)
    text = report.evaluation(found)
    assert "macro (mean over tags)" in text
    assert "micro (all labels at once)" in text
    table = text[text.index("tag ") :].splitlines()
    names = ["tag", "positives", "ROC-AUC", "PR-AUC", "F1", "threshold"]
    assert table[0].split() == names
    areas = [float(line.split()[2]) for line in table[1:4]]
    assert areas == sorted(areas, reverse=True)


def test_model_outside_of_a_run_needs_the_export_named(
    run: Path, band_export: Path, tmp_path: Path
) -> None:
    alone = Path(shutil.copy(run / runs.BEST, tmp_path / "alone.keras"))
    with pytest.raises(TrainError, match="name it with --export"):
        evaluate(alone)
    found = evaluate(alone, export=band_export, windows=2)
    assert found.metrics.tracks == 15
    assert found.folder is None
    out = tmp_path / "results"
    assert evaluate(alone, export=band_export, windows=2, out=out).folder == out
    assert {file.name for file in out.iterdir()} == {
        *("metrics.json", "predictions.parquet", "report.html")
    }


def test_only_the_best_model_on_test_tracks_lies_at_the_top_of_a_run(run: Path) -> None:
    for source, split, folder in (
        (run, "test", run),
        (run / runs.BEST, "test", run),
        (run, "validation", run / "evaluations" / "best-validation"),
        (run / runs.LAST, "test", run / "evaluations" / "last-test"),
    ):
        found = evaluate(source, split=split, windows=2, replicates=0)
        assert found.folder == folder
        written = json.loads((folder / runs.METRICS).read_text())
        assert (written["split"], written["model"]) == (split, str(found.model))
    assert json.loads((run / runs.METRICS).read_text())["split"] == "test"


def test_thresholds_are_chosen_on_validation_once_and_kept(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = evaluate(run, windows=2, replicates=0)
    kept = thresholds.read(run / runs.BEST)
    judged = evaluate(run, split="validation", windows=2, replicates=0)
    assert "chosen on these very tracks" in judged.notes[-1]
    folder = judged.folder
    assert folder is not None
    rows = pq.read_table(folder / "predictions.parquet").to_pandas()
    for tag, part in rows.groupby("tag"):
        f1 = {
            each: f1_score(part.label, part.score >= each) for each in set(part.score)
        }
        assert f1[np.float32(kept.tags[str(tag)])] == max(f1.values())
    assert found.decisions is not None
    assert found.decisions.thresholds().tolist() == list(kept.tags.values())
    monkeypatch.setattr(evaluating, "choose", None)
    assert evaluate(run, windows=2, replicates=0).decisions == found.decisions


def test_another_data_set_leaves_the_figures_of_the_run_alone(
    run: Path, band_export: Path, tmp_path: Path
) -> None:
    own = evaluate(run, windows=2, replicates=0)
    assert own.folder == run
    before = (run / runs.METRICS).read_bytes()
    moved = Path(shutil.copytree(band_export, tmp_path / "moved"))
    assert evaluate(run, export=moved, windows=2, replicates=0).folder == run
    described = manifest.read(moved)
    manifest.write(described.model_copy(update={"name": "another"}), moved)
    found = evaluate(run, export=moved, windows=2, replicates=0)
    label_set = Path(described.label_set().file).stem
    assert found.folder == run / "evaluations" / f"best-test-moved-{label_set}"
    assert json.loads((run / runs.METRICS).read_text())["export"] == str(moved)
    evaluate(run, windows=2, replicates=0)
    assert (run / runs.METRICS).read_bytes() == before


def test_thresholds_of_another_data_set_do_not_flatter(
    run: Path, band_export: Path, tmp_path: Path
) -> None:
    evaluate(run, windows=2, replicates=0)
    folder = Path(shutil.copytree(band_export, tmp_path / "other"))
    described = manifest.read(folder)
    entry = described.label_sets[0]
    other = entry.model_copy(update={"training_set_checksum": "1" * 64})
    manifest.write(described.model_copy(update={"label_sets": [other]}), folder)
    common = {"split": "validation", "windows": 2, "replicates": 0}
    found = evaluate(run, export=folder, **common)
    assert found.decisions is not None
    assert not any("these very tracks" in note for note in found.notes)
    # Others are chosen for other windows, and on these tracks.
    chosen = evaluate(run, export=folder, **(common | {"windows": 1}))
    assert "chosen on these very tracks" in chosen.notes[-1]


def test_thresholds_of_another_model_are_not_taken(run: Path) -> None:
    evaluate(run, windows=2, replicates=0)
    bundle.save(*bundle.load(run / runs.LAST), run / runs.BEST)
    with (run / runs.BEST).open("ab") as file:
        file.write(b" ")
    with pytest.raises(TrainError, match="belong to an earlier model"):
        thresholds.read(run / runs.BEST)
    with pytest.raises(TrainError, match="no thresholds of this model"):
        thresholds.read(run / runs.LAST)


def test_data_set_without_validation_split_has_no_f1(
    run: Path, make_export: Callable, make_band_clips: Callable, mel_features: object
) -> None:
    folder = make_export(
        run.parent / "small", {"test": make_band_clips(6, 1)}, mel_features
    )
    found = evaluate(run, export=folder, windows=2, replicates=10)
    assert found.folder is not None
    assert found.decisions is None
    assert "no validation split, so no thresholds and no F1" in found.notes
    rows = pq.read_table(found.folder / "predictions.parquet").to_pydict()
    assert set(rows["predicted"]) == {None}
    assert ">F1<" not in (found.folder / "report.html").read_text()


def test_predictions_give_the_metrics_again(run: Path) -> None:
    found = evaluate(run, windows=2, replicates=0)
    rows = pq.read_table(run / "predictions.parquet").to_pandas()
    assert rows.columns.tolist() == [
        *("source", "track_id", "artist_key", "tag", "label", "score", "predicted")
    ]
    assert len(rows) == 15 * 3
    assert found.decisions is not None
    for entry, made in zip(found.metrics.tags, found.decisions.tags, strict=True):
        part = rows[rows.tag == entry.tag]
        assert entry.roc_auc == pytest.approx(roc_auc_score(part.label, part.score))
        assert made.f1 == pytest.approx(f1_score(part.label, part.predicted))
    tracks = open_split(found.export, "test")
    assert rows.track_id[::3].tolist() == [row.track_id for row in tracks.rows]


def test_slices_can_be_chosen(run: Path) -> None:
    with pytest.raises(TrainError, match="no column 'mood'"):
        evaluate(run, slice_columns=["mood"])
    found = evaluate(run, windows=2, replicates=0, slice_columns=["artist_key"])
    assert list(found.slices) == ["artist_key"]
    assert len(found.slices["artist_key"]) == 15


@pytest.mark.field_report("R38")
def test_tag_table_in_another_order_changes_nothing(
    run: Path, band_export: Path, tmp_path: Path
) -> None:
    # Another order and one tag more; names come from the model.
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
    values = {"vocabulary": vocabulary, "sha256": sha256(folder / entry.file)}
    changed = entry.model_copy(update=values)
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
    with pytest.raises(TrainError, match="of the model: pop"):
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
