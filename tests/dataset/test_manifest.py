import json

import pytest

from dataset import manifest
from dataset.errors import DatasetError


def edit(folder, change):
    file = folder / manifest.FILE_NAME
    values = json.loads(file.read_text())
    change(values)
    file.write_text(json.dumps(values))


def test_round_trip(small_export):
    folder, described = small_export
    assert manifest.read(folder) == described


def test_it_is_sorted_indented_json(small_export):
    text = (small_export[0] / manifest.FILE_NAME).read_text()
    values = json.loads(text)
    assert list(values) == sorted(values)
    assert text.startswith('{\n  "additions"')


def test_every_field_is_described():
    def described(schema):
        for field in schema.get("properties", {}).values():
            assert field.get("description"), field
        for part in schema.get("$defs", {}).values():
            described(part)

    described(manifest.Manifest.model_json_schema())


def test_label_sets_by_name(small_export):
    _, described = small_export
    assert described.label_set().tags == ["rock", "jazz"]
    assert described.label_set("training_set.v2") is described.label_set()
    with pytest.raises(DatasetError, match=r"no label set 'v9' .*training_set\.v2"):
        described.label_set("v9")


def test_shards_of_a_split(small_export):
    _, described = small_export
    assert [shard.records for shard in described.split_shards("validation")] == [2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda v: v.update(schema_version=2), "schema version 2 is not known"),
        (lambda v: v["features"].update(hopp=1), "features.hopp: .*'hop'"),
        (lambda v: v["shards"][0].update(records=-1), r"shards\.0\.records"),
        (lambda v: v.pop("left_out"), "left_out"),
        # Exports are put in order by it.
        (lambda v: v.update(created_at="2026-01-01T00:00:00"), "timezone"),
    ],
)
def test_what_is_wrong_is_named(small_export, change, told):
    folder, _ = small_export
    edit(folder, change)
    with pytest.raises(DatasetError, match=told):
        manifest.read(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_other_files_are_no_manifests(tmp_path, text):
    (tmp_path / manifest.FILE_NAME).write_text(text)
    with pytest.raises(DatasetError, match=r"manifest\.json"):
        manifest.read(tmp_path)


def test_a_file_that_cannot_be_written_whole_leaves_nothing(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        manifest.write_whole(tmp_path / "taken", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
