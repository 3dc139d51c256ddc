import json
import shutil

import pytest
from typer.testing import CliRunner

from dataset import manifest
from export import __main__ as command
from export.errors import ExportError


@pytest.fixture
def invoke(warehouse, clips, tmp_path, monkeypatch):
    """Return a function that runs a command on the hand-made warehouse."""
    monkeypatch.setenv("LYRE_WAREHOUSE_PATH", str(warehouse))
    monkeypatch.setenv("LYRE_EXPORTS_DIR", str(tmp_path / "exports"))
    monkeypatch.setenv("LYRE_SOURCES__AUDIO", str(clips))
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return CliRunner().invoke(command.app, [str(word) for word in words])

    return run


def test_the_default_export_is_logmel_beside_the_others(invoke, tmp_path):
    result = invoke("tfrecord", "--workers", 1, "--verify")
    assert result.exit_code == 0, result.output
    told = manifest.read(tmp_path / "exports" / "training_set.v2-logmel")
    assert told.features.preset == "urop2019"
    assert told.features.shape == [None, 96]
    assert "40 records in" in result.output
    assert "every record is sound" in result.output


def test_settings_of_a_preset_can_be_overridden(invoke, tmp_path):
    words = ["--preset", "musicnn", "--mels", 48, "--hop", 400, "--dtype", "float32"]
    result = invoke("tfrecord", "--workers", 1, "--out", tmp_path / "mine", *words)
    assert result.exit_code == 0, result.output
    features = manifest.read(tmp_path / "mine").features
    assert (features.n_mels, features.hop, features.n_fft) == (48, 400, 512)
    assert (features.dtype, features.shape) == ("float32", [None, 48])


def test_json_for_scripts(invoke):
    result = invoke("tfrecord", "--format", "waveform", "--workers", 1, "--json")
    told = json.loads(result.stdout)
    assert told["records"] == 40
    assert told["left_out"] == []


def test_left_out_clips_are_listed_with_exit_code_1(invoke, clips, tmp_path):
    root = tmp_path / "some"
    shutil.copytree(clips, root)
    (root / "1/1.wav").unlink()
    result = invoke(
        "tfrecord", "--format", "waveform", "--workers", 1, "--audio-root", root
    )
    assert result.exit_code == 1
    assert "left out TR0000000000000001 (1/1.wav)" in result.stderr
    assert "1 clips left out" in result.stdout


def test_relabel_and_verify_take_the_newest(invoke, tmp_path):
    assert invoke("tfrecord", "--format", "waveform", "--workers", 1).exit_code == 0
    result = invoke("relabel", "--name", "again")
    assert result.exit_code == 0, result.output
    assert "40 tracks labelled as again" in result.stdout
    assert invoke("verify").exit_code == 0
    shard = next((tmp_path / "exports").rglob("train-*.tfrecord"))
    shard.write_bytes(shard.read_bytes()[:-7])
    result = invoke("verify")
    assert result.exit_code == 1
    assert f"{shard.name}, record" in result.stderr


def test_waveforms_take_no_mel_settings(invoke):
    result = invoke("tfrecord", "--format", "waveform", "--mels", 64)
    assert isinstance(result.exception, ExportError)
    assert "waveform" in str(result.exception)


def test_help_shows_an_example(invoke):
    for words in (("--help",), ("tfrecord", "--help"), ("relabel", "--help")):
        result = invoke(*words)
        assert result.exit_code == 0
        assert "Example: python -m export" in result.output
