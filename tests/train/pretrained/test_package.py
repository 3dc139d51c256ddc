from pathlib import Path

import pytest

from train import trained
from train.errors import TrainError
from train.pretrained import package


def test_absent_package_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for work in (trained.describe, trained.load):
        with pytest.raises(TrainError, match=r"not installed.*make pretrained"):
            work("musicnn-msd")


def test_tags_are_read_and_no_code_is_run(tmp_path: Path) -> None:
    (tmp_path / "configuration.py").write_text(
        "raise SystemExit\nMSD_LABELS = ['rock', 'Hip-Hop']\n"
    )
    assert package.tags(tmp_path, "MSD_LABELS") == ["rock", "Hip-Hop"]
    with pytest.raises(TrainError, match="no list MTT_LABELS"):
        package.tags(tmp_path, "MTT_LABELS")
