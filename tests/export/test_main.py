import json
import shutil

import duckdb
import pytest
from typer.testing import CliRunner

from dataset import exports, manifest
from export import __main__ as command
from export.errors import ExportError
from lyre.lock import LockError, locked


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


@pytest.mark.field_report("R01")
def test_left_out_clips_are_listed_with_exit_code_1(invoke, clips, tmp_path):
    root = tmp_path / "some"
    shutil.copytree(clips, root)
    (root / "1/1.wav").unlink()
    result = invoke(
        "tfrecord", "--format", "waveform", "--workers", 1, "--audio-root", root
    )
    assert result.exit_code == 1
    assert "left out TR0000000000000001 (1/1.wav)" in result.stderr
    assert "1 clip left out" in result.stdout


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


def test_parts_say_what_is_still_to_do(invoke, tmp_path):
    words = ["tfrecord", "--format", "waveform", "--workers", 1]
    result = invoke(*words, "--shards", "0/2")
    assert result.exit_code == 0, result.output
    assert "2 of 4 shards there; 2 to go" in result.stdout
    result = invoke(*words, "--finish")
    assert isinstance(result.exception, ExportError)
    assert "missing or damaged: 2 of 4 shards" in str(result.exception)
    result = invoke(*words, "--shards", "1/2", "--json")
    assert json.loads(result.stdout)["finished"] == 4
    result = invoke(*words, "--finish", "--verify")
    assert result.exit_code == 0, result.output
    assert "40 records in 4 shards" in result.stdout
    manifest.read(tmp_path / "exports/training_set.v2-waveform")


def test_one_run_at_a_time_writes_an_export(invoke, tmp_path):
    words = ["tfrecord", "--format", "waveform", "--workers", 1]
    folder = tmp_path / "exports/training_set.v2-waveform"
    with locked(folder):
        for more in ([], ["--replace"], ["--shards", "0/2"], ["--finish"]):
            assert isinstance(invoke(*words, *more).exception, LockError)
    assert not folder.exists()
    with locked(folder, shared=True):
        assert isinstance(invoke(*words).exception, LockError)
        for part in ("0/2", "1/2"):
            assert invoke(*words, "--shards", part).exit_code == 0
        assert isinstance(invoke(*words, "--finish").exception, LockError)
    assert invoke(*words, "--finish").exit_code == 0
    with locked(folder):
        refused = invoke("relabel", "--name", "again")
        assert isinstance(refused.exception, LockError)
        assert "at work here (process" in str(refused.exception)
    assert len(manifest.read(folder).label_sets) == 1


def test_a_refused_relabel_makes_no_folder(invoke, tmp_path):
    result = invoke("relabel", tmp_path / "some/where")
    assert "no finished export" in str(result.exception)
    assert not (tmp_path / "some").exists()


def test_a_part_is_not_finished_at_once(invoke):
    result = invoke("tfrecord", "--finish", "--shards", "0/2")
    assert isinstance(result.exception, ExportError)
    assert "do not go together" in str(result.exception)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["tfrecord", "--shards", "0/2", "--verify"], "--shards writes no manifest"),
        (["relabel", "--audio-root", "x"], "--audio-root is read for --add-missing"),
        (["relabel", "--workers", 0], "--workers is read for --add-missing"),
        (["relabel", "--max-bad-share", 0], "--max-bad-share is read for --add-mi"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(invoke, tmp_path, words, told):
    result = invoke(*words)
    assert isinstance(result.exception, ExportError)
    assert told in str(result.exception)
    assert not (tmp_path / "exports").exists()


def test_a_file_of_sql_selects(invoke, tmp_path):
    (tmp_path / "some.sql").write_text(
        "select track_id from marts.training_set_v2"
        " where split <> 'train' or title like '%1%'"
    )
    words = ["--format", "waveform", "--workers", 1, "--select", "some.sql"]
    result = invoke("webdataset", *words)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "exports/training_set.v2-waveform-webdataset"
    label_set = manifest.read(folder).label_set()
    # 1, 10 to 19, 21 and 31
    assert label_set.splits["train"].tracks == 13
    assert label_set.query.startswith("SELECT track_id FROM marts.training_set_v2")
    assert invoke("verify").exit_code == 0


def test_training_takes_the_newest_it_can_read(invoke, tmp_path):
    for target in ("tfrecord", "parquet"):
        words = [target, "--format", "waveform", "--workers", 1]
        assert invoke(*words).exit_code == 0
    found = exports.newest(tmp_path / "exports")
    assert found.name == "training_set.v2-waveform"
    assert exports.newest(tmp_path / "exports", None).name.endswith("-parquet")


def test_missing_tracks_are_added_on_demand(invoke, make_warehouse, rows):
    assert invoke("tfrecord", "--format", "waveform", "--workers", 1).exit_code == 0
    make_warehouse([*rows, (*rows[0][:1], "TRNEW", *rows[0][2:])])
    words = ["relabel", "--name", "more"]
    result = invoke(*words)
    assert result.exit_code == 1
    assert "without audio here: 1 track of the recipe" in result.stdout
    result = invoke(*words, "--add-missing", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "1 track added in 1 shard" in result.stdout


def test_tables_for_other_tools(invoke, warehouse, tmp_path):
    result = invoke("csv", "--out", "set.csv", "--json")
    assert json.loads(result.stdout)["rows"] == {"training_set.v2": 40}
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table marts.track_labels_v2 as"
            " select 'msd' as source, 'T' as track_id, 'rock' as tag,"
            " 1.0::double as weight"
        )
        connection.execute(
            "create table marts.tag_numbers_v2 as select 'rock' as tag, 1 as number"
        )
    result = invoke("sqlite", "--out", "tags.db")
    assert result.exit_code == 0, result.output
    assert "tids 1, tags 1, tid_tag 1" in result.stdout
    assert (tmp_path / "tags.db").is_file()


def test_waveforms_take_no_mel_settings(invoke):
    result = invoke("tfrecord", "--format", "waveform", "--mels", 64)
    assert isinstance(result.exception, ExportError)
    assert "waveform" in str(result.exception)


def test_help_shows_an_example(invoke):
    names = ("tfrecord", "webdataset", "parquet", "relabel", "verify", "csv", "sqlite")
    for words in (("--help",), *((name, "--help") for name in names)):
        result = invoke(*words)
        assert result.exit_code == 0
        assert "Example: python -m export" in result.output
