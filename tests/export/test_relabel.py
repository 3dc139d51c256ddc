import shutil

import duckdb
import numpy as np
import pytest
import soundfile

from dataset import labels, manifest, verify
from dataset.errors import DatasetError
from export import clips as encoding
from export import shards, stage
from export.additions import Adding
from export.errors import ExportError
from export.narrowing import Narrowing
from export.production import Options
from export.recipe import Recipe
from export.relabel import relabel

V1 = Recipe("v1")


@pytest.fixture
def exported(warehouse, clips, tmp_path):
    folder = tmp_path / "out"
    made = stage.prepare(warehouse, folder, Recipe("v2"), encoding.features("waveform"))
    stage.run(made, folder, clips)
    return folder


@pytest.fixture
def both(make_warehouse, rows):
    """Return a warehouse whose v1 has other tags, lacks a track and has a new one."""
    tags = ["piano", "rock"]
    v1 = [(*row[:10], ["piano"]) for row in rows[1:]]
    v1.append(("msd", "TRNEW", *rows[0][2:10], ["rock"]))
    return make_warehouse(v1, version="v1", tags=tags)


def audio_of(folder):
    return {path.name: path.read_bytes() for path in (folder / "shards").iterdir()}


def test_labels_are_added_beside_untouched_audio(exported, both, rows):
    before = audio_of(exported)
    label_set = relabel(exported, both, V1)
    assert audio_of(exported) == before
    assert label_set.tags == ["piano", "rock"]
    assert [key.track_id for key in label_set.without_audio] == ["TRNEW"]
    tracks = labels.read(exported, "training_set.v1")
    assert {track.track_id for track in tracks} == {row[1] for row in rows[1:]}
    assert all(track.labels == [0] for track in tracks)
    assert verify.verify(exported) == []
    assert len(labels.read(exported)) == len(rows)


def test_what_a_killed_run_left_half_is_taken_away(exported, both):
    halves = [
        exported / f"{manifest.FILE_NAME}.{'0' * 32}.part",
        exported / "labels" / "training_set.v0.jsonl.part",
    ]
    for half in halves:
        half.write_text("half")
    relabel(exported, both, V1)
    assert not list(exported.rglob("*.part"))


def test_labels_can_be_replaced(exported, both):
    relabel(exported, both, V1)
    relabel(exported, both, V1)
    names = [entry.name for entry in manifest.read(exported).label_sets]
    assert names == ["training_set.v2", "training_set.v1"]


def test_the_same_recipe_gives_the_same_file(exported, both):
    file = exported / manifest.read(exported).label_set().file
    before = file.read_bytes()
    relabel(exported, both, Recipe("v2"))
    assert file.read_bytes() == before


def test_narrowed_labels_under_a_name_of_their_own(exported, both, rows):
    where = f"track_id != '{rows[2][1]}'"
    label_set = relabel(exported, both, V1, Narrowing(where), "all-but-one")
    assert label_set.file == "labels/all-but-one.jsonl"
    assert len(labels.read(exported, "all-but-one")) == len(rows) - 2


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden"])
def test_bad_names_are_refused(exported, both, name):
    with pytest.raises(ExportError, match="no name for a label set"):
        relabel(exported, both, V1, name=name)


def test_a_split_without_audio_is_refused(exported, both):
    with duckdb.connect(str(both)) as connection:
        connection.execute(
            "update marts.training_set_v1 set track_id = track_id || 'X'"
            " where split = 'test'"
        )
    with pytest.raises(ExportError, match=r"with audio in out: no track in .* test"):
        relabel(exported, both, V1)
    assert len(manifest.read(exported).label_sets) == 1


@pytest.fixture
def more_clips(clips, tmp_path):
    """Return the clips with three more, of which one is broken."""
    root = tmp_path / "more"
    shutil.copytree(clips, root)
    for name in ("new.wav", "newer.wav"):
        noise = np.random.default_rng(7).uniform(-0.5, 0.5, (11_025, 1))
        soundfile.write(root / name, noise, 22_050)
    (root / "broken.wav").write_text("<html>404 Not Found</html>")
    return root


@pytest.fixture
def more(make_warehouse, rows):
    """Return a warehouse whose v1 has the rows of v2 and those three."""
    make_warehouse(rows)
    added = [
        (*rows[0][:1], track, *rows[0][2:7], path, 0.5, split, ["rock"])
        for track, path, split in (
            ("TRNEW", "new.wav", "train"),
            ("TRNEWER", "newer.wav", "test"),
            ("TRBROKEN", "broken.wav", "train"),
        )
    ]
    return make_warehouse([*rows, *added], version="v1")


@pytest.fixture
def adding(more_clips):
    return Adding(more_clips, Options(max_bad_share=0.03))


def test_missing_tracks_are_added_in_shards_of_their_own(exported, more, adding, rows):
    before = audio_of(exported)
    label_set = relabel(exported, more, V1, adding=adding)
    after = audio_of(exported)
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {
        "train-added1-00000-of-00001.tfrecord",
        "test-added1-00000-of-00001.tfrecord",
    }
    assert [key.track_id for key in label_set.without_audio] == ["TRBROKEN"]
    assert verify.verify(exported) == []
    found = {track.track_id: track for track in labels.read(exported, V1.name)}
    assert len(found) == len(rows) + 2
    assert found["TRNEW"].frames == 8_000
    assert found["TRNEWER"].split == "test"
    told = manifest.read(exported)
    assert [each.track_id for each in told.left_out] == ["TRBROKEN"]
    assert [each.number for each in told.additions] == [1]
    assert len(labels.read(exported)) == len(rows)


def test_a_repaired_clip_makes_the_next_addition(exported, more, adding):
    relabel(exported, more, V1, adding=adding)
    relabel(exported, more, V1, adding=adding)
    assert len(manifest.read(exported).additions) == 1  # Still broken.
    root = adding.audio_root
    shutil.copy(root / "new.wav", root / "broken.wav")
    label_set = relabel(exported, more, V1, adding=adding)
    assert label_set.without_audio == []
    told = manifest.read(exported)
    assert [each.number for each in told.additions] == [1, 2]
    assert told.left_out == []
    assert verify.verify(exported) == []


def test_a_stopped_addition_goes_on(exported, more, adding, monkeypatch):
    real, produced = shards.produce, []

    def stopping(task):
        if produced:
            raise KeyboardInterrupt
        produced.append(task.name)
        return real(task)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "produce", stopping)
        with pytest.raises(KeyboardInterrupt):
            relabel(exported, more, V1, adding=adding)
    assert manifest.read(exported).additions == []
    relabel(exported, more, V1, adding=adding)
    assert [each.number for each in manifest.read(exported).additions] == [1]
    assert verify.verify(exported) == []


def test_additions_survive_a_rerun_of_the_export(exported, more, adding, clips):
    relabel(exported, more, V1, adding=adding)
    before = manifest.read(exported)
    made = stage.prepare(more, exported, Recipe("v2"), encoding.features("waveform"))
    stage.run(made, exported, clips)
    assert manifest.read(exported) == before
    assert verify.verify(exported) == []


def test_additions_go_where_the_export_is_written_anew(exported, more, adding):
    relabel(exported, more, V1, adding=adding)
    shard = next(each for each in manifest.read(exported).shards if each.records)
    (exported / shard.name).write_bytes(b"")
    root = adding.audio_root
    for number in range(32):
        shutil.copy(root / "new.wav", root / f"{number % 10}/{number}.wav")
    made = stage.prepare(more, exported, Recipe("v2"), encoding.features("waveform"))
    stage.run(made, exported, root)
    assert not any("added" in name for name in audio_of(exported))
    assert verify.verify(exported) == []


def test_too_many_unusable_clips_stop_an_addition(exported, more, adding):
    for name in ("new.wav", "newer.wav"):
        (adding.audio_root / name).unlink()
    before = manifest.read(exported)
    with pytest.raises(ExportError, match=r"unusable clips?"):
        relabel(exported, more, V1, adding=adding)
    assert manifest.read(exported) == before


def test_an_unfinished_export_is_refused(tmp_path, both):
    with pytest.raises(DatasetError, match="no finished export"):
        relabel(tmp_path, both, V1)


def test_added_labels_survive_a_rerun(exported, both, clips):
    relabel(exported, both, V1)
    made = stage.prepare(both, exported, Recipe("v2"), encoding.features("waveform"))
    stage.run(made, exported, clips)
    names = [entry.name for entry in manifest.read(exported).label_sets]
    assert names == ["training_set.v2", "training_set.v1"]
