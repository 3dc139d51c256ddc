from datetime import UTC, datetime

import pytest

from dataset import exports, manifest
from dataset.errors import DatasetError


def test_newest_takes_the_latest_finished_export(small_export):
    folder, described = small_export
    later = folder.parent / "later"
    later.mkdir()
    when = datetime(2026, 2, 1, tzinfo=UTC)
    manifest.write(described.model_copy(update={"created_at": when}), later)
    unfinished = folder.parent / "unfinished"
    (unfinished / "shards").mkdir(parents=True)
    (unfinished / "manifest.json.part").write_text("{}")
    assert exports.newest(folder.parent) == later
    assert exports.complete(folder.parent) == [folder, later]


def test_newest_without_exports_tells_to_export(tmp_path):
    with pytest.raises(DatasetError, match="python -m export tfrecord"):
        exports.newest(tmp_path / "none")


def test_an_export_is_found_by_name_by_folder_and_as_the_newest(small_export):
    folder, _ = small_export
    assert exports.find(folder.parent, folder.name) == folder
    assert exports.find(folder.parent / "none", str(folder)) == folder
    assert exports.find(folder.parent, None) == folder
