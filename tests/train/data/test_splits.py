import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset import labels, manifest
from lyre.checksum import sha256
from train import config
from train.data.splits import open_data
from train.errors import TrainError


def _config(*overrides: str) -> config.Config:
    return config.load(None, ["input.window_seconds=1", *overrides])


@pytest.fixture
def two_sets(band_export: Path, tmp_path: Path) -> Path:
    """Return an export with a second label set: rock and jazz exchanged."""
    folder = tmp_path / "export"
    shutil.copytree(band_export, folder)
    exchanged = {0: 1, 1: 0, 2: 2}
    _add_set(
        folder,
        "other",
        lambda row: {"labels": sorted(exchanged[place] for place in row.labels)},
    )
    return folder


def _add_set(folder: Path, name: str, change: Callable) -> None:
    described = manifest.read(folder)
    rows = [replace(row, **change(row)) for row in labels.read(folder)]
    file = f"{labels.FOLDER}/{name}.jsonl"
    labels.write(folder / file, rows)
    values = {"name": name, "file": file, "sha256": sha256(folder / file)}
    added = described.label_sets[0].model_copy(update=values)
    sets = [*described.label_sets, added]
    manifest.write(described.model_copy(update={"label_sets": sets}), folder)


def test_everything_is_taken_by_default(band_export: Path) -> None:
    data = open_data(band_export, _config())
    assert data.tags == ["rock", "jazz", "pop"]
    assert len(data.train.rows) == 40
    assert data.validation is not None
    assert len(data.validation.rows) == 15
    assert data.notes == ()


def test_batches_are_for_any_keras_model(band_export: Path) -> None:
    data = open_data(str(band_export), _config("training.batch_size=16"))
    shapes = [(x.shape, y.shape) for x, y in data.training(epoch=1)]
    assert shapes[0] == ((16, 31, 16), (16, 3))
    assert [len(x) for x, _ in data.training(epoch=2)] == [16, 16, 8]
    rows = np.concatenate([rows for _, rows in data.scoring()])
    # Four windows of each of 15 tracks.
    assert sorted(rows.tolist()) == sorted([*range(15)] * 4)


def test_tags_are_picked_in_both_splits(band_export: Path) -> None:
    usual = open_data(band_export, _config())
    data = open_data(band_export, _config('tags.include=["pop", "rock"]'))
    for split, whole in (
        (data.train, usual.train),
        (data.validation, usual.validation),
    ):
        assert split is not None
        assert whole is not None
        assert split.tags == ["rock", "pop"]
        # Tracks with neither teach nothing and are left out, as in the papers.
        either = whole.labels[:, [0, 2]]
        either = either[either.any(axis=1)]
        assert split.labels.tolist() == either.tolist()
        assert split.left_out == {"without a wanted tag": len(whole.rows) - len(either)}


def test_validation_of_positives_alone_cannot_be_scored(band_export: Path) -> None:
    with pytest.raises(TrainError, match="no tag of the validation split"):
        open_data(band_export, _config('tags.include=["pop"]'))


def test_untagged_tracks_are_kept_on_request(band_export: Path) -> None:
    chosen = _config('tags.include=["pop"]', "tags.untagged=keep")
    data = open_data(band_export, chosen)
    assert len(data.train.rows) == 40
    assert not data.train.left_out


def test_merged_tags(band_export: Path) -> None:
    usual = open_data(band_export, _config()).train.labels
    chosen = _config('tags.merge=[["rock", "jazz"]]', "tags.exclude=['jazz']")
    data = open_data(band_export, chosen)
    assert data.tags == ["rock", "pop"]
    either = usual[:, 0] | usual[:, 1]
    assert data.train.labels[:, 0].tolist() == either[either | usual[:, 2] > 0].tolist()


def test_lists_fraction_and_notes(band_export: Path, tmp_path: Path) -> None:
    keep = tmp_path / "keep.txt"
    ids = [f"TRTRAIN{n:04d}" for n in range(20)]
    ids += [f"TRVALIDATION{n:04d}" for n in range(10)]
    keep.write_text("\n".join([*ids, "TRABSENT"]))
    out = tmp_path / "out.txt"
    out.write_text("TRTRAIN0000\nTRVALIDATION0001\n")
    data = open_data(
        band_export, _config(f"tracks.keep={keep}", f"tracks.exclude={out}")
    )
    assert {row.track_id for row in data.train.rows} == set(ids[1:20])
    assert data.validation is not None
    assert len(data.validation.rows) == 9
    assert list(data.notes) == [
        f"{keep}: 1 of 31 ids not in the export",
        "train: 20 tracks left out, not listed",
        "train: 1 track left out, listed to be left out",
        "validation: 5 tracks left out, not listed",
        "validation: 1 track left out, listed to be left out",
        "validation: every track has rock; left out of the macro averages",
    ]


def test_tags_that_a_split_cannot_tell_apart_are_named(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    tmp_path: Path,
) -> None:
    audio = make_band_clips(1, 1)[0][0]
    clips = {
        "train": [(audio, [0, 1]), (audio, [0])],
        "validation": [(audio, [0]), (audio, [0, 1])],
    }
    folder = make_export(tmp_path / "export", clips, mel_features)
    assert list(open_data(folder, _config()).notes) == [
        "train: no track has pop; nothing to learn from",
        "train: every track has rock; nothing to learn from",
        "validation: no track has pop; left out of the macro averages",
        "validation: every track has rock; left out of the macro averages",
    ]


def test_fraction_is_of_training_alone(band_export: Path) -> None:
    data = open_data(band_export, _config("tracks.fraction=0.5"))
    assert 10 <= len(data.train.rows) <= 30
    assert data.train.left_out == {"outside the fraction": 40 - len(data.train.rows)}
    assert data.validation is not None
    assert len(data.validation.rows) == 15


def test_list_that_leaves_nothing_says_what_took_it(
    band_export: Path, tmp_path: Path
) -> None:
    keep = tmp_path / "keep.txt"
    keep.write_text("TRTRAIN0001\nTRTRAIN0002\n")
    with pytest.raises(TrainError, match="no track of the validation split is left"):
        open_data(band_export, _config(f"tracks.keep={keep}"))


@pytest.mark.field_report("R13")
def test_short_clips_are_counted_and_skipped(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: manifest.Features,
    tmp_path: Path,
) -> None:
    # 31 frames are a window of 1 s.
    clips = make_band_clips(9, 1)
    short = [(clips[0][0][:30], clips[0][1]), (clips[1][0][:1], clips[1][1])]
    exact = [(clips[2][0][:31], clips[2][1])]
    folder = make_export(
        tmp_path / "e",
        {"train": clips + short + exact, "validation": clips + short},
        mel_features,
    )
    data = open_data(folder, _config())
    assert list(data.notes) == [
        "train: 2 of 12 tracks shorter than a window of 1 s: repeated",
        "validation: 2 of 11 tracks shorter than a window of 1 s: repeated",
    ]
    data = open_data(folder, _config("input.short_clips=pad"))
    assert data.notes[0].endswith("padded")
    data = open_data(folder, _config("input.short_clips=skip"))
    assert len(data.train.rows) == 10
    assert list(data.notes) == [
        "train: 2 tracks left out, shorter than a window",
        "validation: 2 tracks left out, shorter than a window",
    ]
    assert sum(len(x) for x, _ in data.training(1)) == 10


def test_another_label_set_for_validation(two_sets: Path) -> None:
    usual = open_data(two_sets, _config())
    data = open_data(two_sets, _config("validation.label_set=other"))
    assert data.train.labels.tolist() == usual.train.labels.tolist()
    assert data.validation is not None
    assert usual.validation is not None
    exchanged = usual.validation.labels[:, [1, 0, 2]]
    assert data.validation.labels.tolist() == exchanged.tolist()


def test_track_in_both_splits_is_an_error(two_sets: Path) -> None:
    _add_set(two_sets, "moved", lambda _: {"split": "validation"})
    with pytest.raises(TrainError, match="is in training and in validation"):
        open_data(two_sets, _config("validation.label_set=moved"))


@pytest.mark.field_report("R11")
def test_artists_in_both_splits_are_told(two_sets: Path) -> None:
    _add_set(
        two_sets,
        "artists",
        lambda row: {"artist_key": f"artist {int(row.track_id[-4:]) % 4}"},
    )
    data = open_data(two_sets, _config("input.label_set=artists"))
    assert data.notes == ("training and validation share 4 artists",)


def test_scoring_needs_validation(band_export: Path) -> None:
    data = open_data(band_export, _config("validation.enabled=false"))
    with pytest.raises(TrainError, match="validation is off"):
        data.scoring()


def test_example_of_the_page_runs(
    band_export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run the example of docs/training.md on an export and a model of ours."""
    from train.engine import keras

    page = Path(__file__).resolve().parents[3] / "docs" / "training.md"
    (example,) = re.findall(
        r"^## Data sets for your own code\n.*?^```python\n(.*?)^```",
        page.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    model = keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(2, activation="sigmoid")]
    )
    model.compile("sgd", "binary_crossentropy")
    exec(example.replace("data/exports/v2", str(band_export)), {"model": model})
    assert capsys.readouterr().out.startswith("['")
    assert model.optimizer.iterations == 2 * 3  # two epochs of 40 tracks in 16s
