import duckdb
import pytest

from dataset import labels, manifest, verify
from dataset.errors import DatasetError
from export import clips as encoding
from export import stage
from export.errors import ExportError
from export.recipe import Recipe
from export.relabel import relabel

V1 = Recipe("v1")


@pytest.fixture
def exported(warehouse, clips, tmp_path):
    folder = tmp_path / "out"
    made = stage.prepare(
        warehouse, folder, Recipe("v2"), encoding.features("waveform")
    )
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
    label_set = relabel(exported, both, V1, where=where, name="all-but-one")
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


def test_an_unfinished_export_is_refused(tmp_path, both):
    with pytest.raises(DatasetError, match="no finished export"):
        relabel(tmp_path, both, V1)


def test_added_labels_survive_a_rerun(exported, both, clips):
    relabel(exported, both, V1)
    made = stage.prepare(both, exported, Recipe("v2"), encoding.features("waveform"))
    stage.run(made, exported, clips)
    names = [entry.name for entry in manifest.read(exported).label_sets]
    assert names == ["training_set.v2", "training_set.v1"]
