from collections.abc import Callable
from pathlib import Path

import pytest

from lyre.lock import NAME, locked
from train import runs
from train.errors import TrainError


def _run(folder: Path, export: Path) -> Path:
    described = runs.describe(export, "training_set.v2", seed=3)
    runs.write_json(folder / runs.RUN, described.model_dump(mode="json"))
    return folder


def _begun(tmp_path: Path, export: Path) -> Path:
    runs.create(tmp_path / "one")
    return _run(tmp_path / "one", export)


def test_description_comes_back(tmp_path: Path, band_export: Path) -> None:
    found = runs.read(_run(tmp_path, band_export))
    assert found.export == band_export
    assert found.seed == 3
    assert found.software["keras"].startswith("3.")


def test_run_is_kept_unless_replaced(tmp_path: Path, band_export: Path) -> None:
    folder = _begun(tmp_path, band_export)
    with pytest.raises(TrainError, match="exists already"):
        runs.create(folder)
    runs.create(folder, replace=True)
    assert not list(folder.iterdir())


def test_folder_that_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    with pytest.raises(TrainError, match="no run"):
        runs.create(tmp_path / "mine", replace=True)
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_run_without_a_name_has_time_and_model(tmp_path: Path) -> None:
    assert runs.place(tmp_path, None, "pons-logmel").name.endswith("-pons-logmel")
    assert runs.place(tmp_path, "one", "pons-logmel") == tmp_path / "one"


def test_run_is_found_by_name_and_by_path(tmp_path: Path, band_export: Path) -> None:
    folder = _begun(tmp_path, band_export)
    assert runs.find(tmp_path, "one") == folder
    assert runs.find(tmp_path / "elsewhere", folder) == folder
    with pytest.raises(TrainError, match="no such run"):
        runs.find(tmp_path, "two")


def test_model_is_the_best_else_the_last(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="no model yet"):
        runs.model_of(tmp_path)
    (tmp_path / runs.LAST).touch()
    assert runs.model_of(tmp_path).name == runs.LAST
    (tmp_path / runs.BEST).touch()
    assert runs.model_of(tmp_path).name == runs.BEST


@pytest.mark.parametrize(
    "spoil",
    [lambda text: text[:-20], lambda text: text.replace("seed", "sead")],
)
def test_damaged_description_is_told(
    spoil: Callable[[str], str], tmp_path: Path, band_export: Path
) -> None:
    file = _run(tmp_path, band_export) / runs.RUN
    file.write_text(spoil(file.read_text()))
    with pytest.raises(TrainError, match=r"run\.json"):
        runs.read(tmp_path)


def test_run_that_was_killed_at_its_start_can_be_begun_again(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    runs.create(folder)
    runs.write_config(folder, "")
    (folder / ".run.1.part.json").write_text("{")
    with locked(folder):
        runs.create(folder)
        assert [path.name for path in folder.iterdir()] == [NAME]
    assert not list(folder.iterdir())


def test_half_files_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    kept = {"best.keras", "state.npz", "notes.txt"}
    halves = {".best.part.keras", ".state.npz.part", ".history.1.part.json"}
    for name in kept | halves:
        (tmp_path / name).write_text("")
    runs.sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept
