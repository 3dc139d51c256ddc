import json
import re
import shlex
from pathlib import Path

import pytest

from train import config
from train.config import Config, urop2019
from train.errors import TrainError

# The published run, with the keys of the inventory that it left out.
_OLD: dict = {
    "model": {"n_dense_units": 500, "n_filters": 16},
    "model-training": {
        "optimizer": {"name": "Adam", "learning_rate": 0.002},
        "batch_size": 64,
        "iterations": 2026,
        "interleave_cycle_length": 2,
        "interleave_block_length": 1,
        "early_stop_patience": 5,
        "early_stop_min_delta": 0.2,
        "reduceLRoP_patience": 3,
        "reduceLRoP_factor": 0.5,
        "reduceLRoP_min_delta": 0.1,
        "reduceLRoP_min_lr": 0.0005,
        "log_dir": "/srv/logs",
        "shuffle": True,
        "shuffle_buffer_size": 1000,
        "split": [80, 10, 10],
        "window_length": 15,
        "window_random": True,
    },
    "tags": {
        "top": 50,
        "with": ["polka"],
        "without": ["love"],
        "merge": [["rnb", "soul"]],
    },
    "tfrecords": {"n_mels": 96, "n_tags": 155, "sample_rate": 16000},
}


def _write(folder: Path, content: object) -> Path:
    file = folder / "config.json"
    file.write_text(json.dumps(content))
    return file


def _changed(table: str, **values: object) -> dict:
    return _OLD | {table: _OLD[table] | values}


def _keys(content: dict, prefix: str = "") -> list[str]:
    keys = []
    for key, value in content.items():
        if isinstance(value, dict):
            keys += _keys(value, f"{prefix}{key}.")
        else:
            keys.append(f"{prefix}{key}")
    return keys


def test_every_key_is_mapped_or_named(tmp_path: Path) -> None:
    content = _changed("model-training")
    content["model-training"]["optimizer"] = {
        **_OLD["model-training"]["optimizer"],
        "max_learning_rate": 0.0014,
    }
    _, notes = urop2019.read(_write(tmp_path, content))
    told = [note.partition(":")[0].rpartition(".")[2] for note in notes]
    wanted = [key.rpartition(".")[2] for key in _keys(content)]
    assert sorted(told) == sorted(wanted)


def test_values_arrive_under_their_new_names(tmp_path: Path) -> None:
    found = config.load(_write(tmp_path, _OLD))
    assert found.model.model_dump()["dense_units"] == 500
    assert found.model.model_dump()["filters"] == 16
    assert found.optimizer.name == "Adam"
    assert found.training.batch_size == 64
    assert found.input.parallel_shards == 2
    assert found.validation.patience == 5
    assert found.validation.min_delta == 0.2
    assert found.validation.monitor == "pr_auc"
    assert found.input.shuffle
    assert found.input.window_seconds == 15
    assert found.input.window_position == "random"
    assert found.tags.top == 50
    assert found.tags.include == ["polka"]
    assert found.tags.exclude == ["love"]
    assert found.tags.merge == [["rnb", "soul"]]


def test_filters_were_of_the_log_mel_alone(tmp_path: Path) -> None:
    found = config.load(_write(tmp_path, _OLD), model_name="pons-waveform")
    assert found.model.model_dump()["filters"] == 64


def test_null_is_off(tmp_path: Path) -> None:
    old = _changed(
        "model-training",
        early_stop_patience=None,
        early_stop_min_delta=None,
        reduceLRoP_patience=None,
        reduceLRoP_factor=None,
        reduceLRoP_min_delta=None,
        reduceLRoP_min_lr=None,
    )
    old["tags"] = {"top": None, "with": None, "without": None, "merge": None}
    found = config.load(_write(tmp_path, old))
    assert found.validation == Config().validation
    assert found.tags == Config().tags


def test_centred_windows_and_further_arguments(tmp_path: Path) -> None:
    optimizer = {"name": "SGD", "learning_rate": 0.1, "momentum": 0.9}
    old = _changed("model-training", window_random=False, optimizer=optimizer)
    notes: list[str] = []
    found = config.load(_write(tmp_path, old), say=notes.append)
    assert found.input.window_position == "centre"
    assert any("window_position = 'centre'" in note for note in notes)
    assert found.optimizer.model_dump()["momentum"] == 0.9


def test_plateau_is_a_schedule(tmp_path: Path) -> None:
    values, _ = urop2019.read(_write(tmp_path, _OLD))
    assert values["schedule"] == {
        "name": "plateau",
        "patience": 3,
        "factor": 0.5,
        "floor": pytest.approx(0.25),  # 0.0005 of 0.002
    }


def test_cyclic_rate_is_a_schedule(tmp_path: Path) -> None:
    optimizer = {"name": "Adam", "learning_rate": 0.001, "max_learning_rate": 0.0014}
    old = _changed("model-training", optimizer=optimizer, reduceLRoP_patience=0)
    values, _ = urop2019.read(_write(tmp_path, old))
    # Between 0.00035 and 0.0014, each way in twice the steps of an epoch.
    assert values["optimizer"]["learning_rate"] == 0.0014
    assert values["schedule"] == {
        "name": "cyclical",
        "floor": 0.25,
        "cycle_epochs": 4.0,
    }


def test_the_cyclic_schedule_of_the_page_is_that_of_a_file(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "training.md"
    text = page.read_text(encoding="utf-8")
    (told,) = re.findall(r"cyclic schedule of 2019 is\s+`([^`]+)`", text)
    found = config.load(overrides=shlex.split(told)[1::2])
    optimizer = {"name": "adam", "max_learning_rate": 0.0014}
    old = _changed("model-training", optimizer=optimizer, reduceLRoP_patience=0)
    wanted = config.load(_write(tmp_path, old))
    assert found.schedule == wanted.schedule
    assert found.optimizer == wanted.optimizer


def test_notes_are_said_and_overrides_win(tmp_path: Path) -> None:
    lines: list[str] = []
    found = config.load(
        _write(tmp_path, _OLD), ["training.batch_size=8"], say=lines.append
    )
    assert found.training.batch_size == 8
    assert "config.json, tags.with: tags.include = ['polka']" in lines
    assert any("split: ignored, the export is split already" in each for each in lines)


def test_unknown_key_is_named(tmp_path: Path) -> None:
    old = _changed("model", n_heads=8)
    _, notes = urop2019.read(_write(tmp_path, old))
    assert "model.n_heads: ignored, no key of 2019" in notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "no tables"),
        ('{"tags": {"top": "many"}}', r"tags\.top is 'many'"),
        ('{"model": {"n_filters": 0}}', r"model\.filters: .*greater than 0"),
    ],
)
def test_bad_file_is_told(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    with pytest.raises(TrainError, match=rf"config\.json.*{message}"):
        config.load(file)
    with pytest.raises(TrainError, match="no such configuration"):
        config.load(tmp_path / "absent.json")
