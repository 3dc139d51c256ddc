import csv
import io
import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pyarrow import parquet as pq
from typer.testing import CliRunner, Result

from train import trained
from train.__main__ import app
from train.errors import TrainError
from train.tagger import Tagger, genres, microphone
from train.tagger.finding import find

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def house(
    band_export: Path,
    band_run: tuple,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return a data folder with an export, a run and two songs."""
    shutil.copytree(band_export, tmp_path / "data" / "exports" / "bands")
    shutil.copytree(band_run[0].folder, tmp_path / "data" / "runs" / "first")
    rng = np.random.default_rng(0)
    (tmp_path / "songs").mkdir()
    for name in ("a", "b"):
        samples = rng.uniform(-0.3, 0.3, 24_000)
        soundfile.write(tmp_path / "songs" / f"{name}.wav", samples, 16_000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.usefixtures("house")
def test_predict_prints_a_table_a_file() -> None:
    done = _run("predict", "first", "songs", "--top", "2")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("songs/a.wav: 1.5 s, 2 windows")
    assert lines[3].startswith("songs/b.wav: ")
    assert len(lines) == 6


@pytest.mark.usefixtures("house")
def test_the_model_can_be_named_apart_from_the_paths() -> None:
    expected = _run("predict", "first", "songs")
    done = _run("predict", "--model", "first", "songs")
    assert done.exit_code == 0
    assert done.stdout == expected.stdout


@pytest.mark.usefixtures("house")
def test_predict_needs_a_model_and_something_to_tag() -> None:
    for arguments, missing in (
        ((), "no model is named"),
        (("first",), "nothing to tag is named"),
        (("--model", "first"), "nothing to tag is named"),
    ):
        done = _run("predict", *arguments)
        assert isinstance(done.exception, TrainError)
        assert done.exception.what == missing


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--threshold", "high"), "no threshold"),
        (("--threshold", "2"), "no threshold"),
        (("--threshold", "per-tag"), "no thresholds of this model"),
        (("--windows", "2", "--hop", "1"), "not both"),
        (("--window", "0.1"), "too short"),
        (("--write-tags",), "would become a genre"),
        (("--replace-genres",), "no genres are written"),
    ],
)
def test_predict_refuses_what_makes_no_sense(options: tuple, message: str) -> None:
    done = _run("predict", "first", "songs", *options)
    assert isinstance(done.exception, TrainError)
    assert message in done.exception.what


def test_predict_at_the_thresholds_that_evaluate_chose(house: Path) -> None:
    folder = house / "data" / "runs" / "first"
    assert (
        _run("evaluate", "first", "--export", "bands", "--windows", "2").exit_code == 0
    )
    kept = json.loads((folder / "best.thresholds.json").read_text())["tags"]
    every = json.loads(_run("predict", "first", "songs", "--json").stdout)
    options = ("--threshold", "per-tag", "--json")
    shown = json.loads(_run("predict", "first", "songs", *options).stdout)
    for all_tags, found in zip(every, shown, strict=True):
        expected = {
            tag: score for tag, score in all_tags["tags"].items() if score >= kept[tag]
        }
        assert found["tags"] == expected


def test_predict_as_csv_has_a_column_a_tag(house: Path) -> None:
    (house / "songs" / "c, d.mp3").write_text("<html>")
    done = _run("predict", "first", "songs", "--format", "csv", "--top", "1")
    assert done.exit_code == 1
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["path"] for row in rows] == [
        *("songs/a.wav", "songs/b.wav", "songs/c, d.mp3")
    ]
    assert sum(bool(rows[0][tag]) for tag in ("rock", "jazz", "pop")) == 1
    assert rows[2]["error"]
    assert not any(rows[2][tag] for tag in ("rock", "jazz", "pop", "seconds"))


def test_predict_writes_taggrams_embeddings_and_genres(house: Path) -> None:
    expected = Tagger.load(house / "data" / "runs" / "first").predict(
        house / "songs" / "a.wav", hop=0.1, embeddings=True
    )
    options = ("--taggram", "time", "--embeddings", "e.parquet", "--hop", "0.1")
    done = _run("predict", "first", "songs", *options, "--write-tags", "--top", "1")
    assert done.exit_code == 0
    best = expected.top(1)[0][0]
    assert f"genres now: {best}" in done.stdout
    assert genres.read(house / "songs" / "a.wav") == [best]
    with np.load(house / "time" / "a.npz") as taggram:
        np.testing.assert_allclose(taggram["scores"], expected.windows, atol=1e-6)
        np.testing.assert_array_equal(taggram["starts"], expected.starts)
        assert taggram["tags"].tolist() == list(expected.tags)
    assert (house / "time" / "a.png").read_bytes().startswith(b"\x89PNG")
    table = pq.read_table(house / "e.parquet").to_pylist()
    assert [row["path"] for row in table] == ["songs/a.wav", "songs/b.wav"]
    np.testing.assert_allclose(table[0]["windows"], expected.embeddings, atol=1e-5)
    np.testing.assert_allclose(
        table[0]["embedding"], np.mean(table[0]["windows"], axis=0), atol=1e-5
    )


def test_predict_never_writes_into_files_by_itself(house: Path) -> None:
    before = [file.read_bytes() for file in sorted((house / "songs").iterdir())]
    assert _run("predict", "first", "songs", "--top", "1").exit_code == 0
    assert before == [file.read_bytes() for file in sorted((house / "songs").iterdir())]


@pytest.mark.usefixtures("house")
def test_predict_of_a_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = np.random.default_rng(0).uniform(-0.3, 0.3, 88_200).astype(np.float32)
    monkeypatch.setattr(microphone, "record", lambda _seconds: (recorded, 44_100))
    done = _run("predict", "first", "--record", "2", "--json")
    assert done.exit_code == 0
    (found,) = json.loads(done.stdout)
    assert found["path"] == "microphone"
    expected = Tagger.load("data/runs/first").predict(recorded, 44_100)
    assert found["tags"] == pytest.approx(dict(expected.top()), abs=1e-5)


@pytest.mark.field_report("R54")
def test_predict_as_json_with_a_bad_file(house: Path) -> None:
    (house / "songs" / "c.mp3").write_text("<html>")
    done = _run("predict", "first", "songs", "--json", "--windows", "2")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [entry["path"] for entry in found] == [
        f"songs/{name}" for name in ("a.wav", "b.wav", "c.mp3")
    ]
    assert found[0]["windows"] == 2
    assert set(found[0]["tags"]) == {"rock", "jazz", "pop"}
    assert found[2].keys() == {"path", "error"}


@pytest.mark.field_report("R54")
def test_a_folder_is_tagged_with_one_load_of_the_model(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = house / "many"
    (folder / "deep").mkdir(parents=True)
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 8_000)
    for number in range(50):
        place = folder / "deep" if number % 2 else folder
        soundfile.write(place / f"{number}.wav", noise, 16_000)
    (folder / "broken.mp3").write_bytes(b"\0" * 100)
    (folder / "notes.txt").write_text("no song")
    loads = []
    load = trained.load
    monkeypatch.setattr(
        trained, "load", lambda source: loads.append(source) or load(source)
    )
    done = _run("predict", "first", "many", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [entry["path"] for entry in found] == list(map(str, find(["many"])))
    assert [entry["path"] for entry in found if "error" in entry] == ["many/broken.mp3"]
    assert len(found) == 51
    assert re.search(r"51 files, 1 failed, in .* s \(.* files/s\)", done.stderr)
    assert len(loads) == 1


def test_predict_of_bad_files_alone_did_nothing(house: Path) -> None:
    assert _run("predict", "first", "absent.mp3").exit_code == 2
    (house / "none").mkdir()
    assert _run("predict", "first", "none").exit_code == 2


def test_evaluate_as_json(house: Path) -> None:
    export = str(house / "data" / "exports" / "bands")
    done = _run("evaluate", "first", "--export", export, "--windows", "2", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["roc_auc"] > 0.7
    assert (house / "data" / "runs" / "first" / "metrics.json").is_file()


@pytest.mark.parametrize(
    "words",
    [
        "evaluate first --seed -1",
        f"evaluate first --windows {10**20}",
        f"evaluate first --bootstrap {10**20}",
        f"predict first songs --windows {10**20}",
        f"range-test --steps {10**20}",
        f"bench-input --clips {10**20}",
    ],
)
def test_a_number_beyond_all_sense_is_refused_before_anything_is_read(
    words: str,
) -> None:
    done = _run(*words.split())
    assert done.exit_code == 2
    assert words.split()[-2] in done.output


@pytest.mark.usefixtures("house")
def test_evaluate_prints_tables() -> None:
    done = _run("evaluate", "first", "--export", "bands", "--split", "validation")
    assert done.exit_code == 0
    for part in ("validation split", "macro", "micro", "rock"):
        assert part in done.stdout


@pytest.mark.slow
def test_the_commands_of_the_document_run(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = np.random.default_rng(0).uniform(-0.3, 0.3, 88_200).astype(np.float32)
    monkeypatch.setattr(microphone, "record", lambda _seconds: (recorded, 44_100))
    for name in ("albums", "more/deep"):
        (house / name).mkdir(parents=True)
        soundfile.write(house / name / "c.flac", recorded, 44_100)
    soundfile.write(house / "song.mp3", recorded, 44_100)
    run = house / "data" / "runs" / "first"
    shutil.copy(run / "best.keras", house / "model.keras")
    (house / "data" / "exports" / "bands").rename(house / "data" / "exports" / "v2")
    described = json.loads((run / "run.json").read_text())
    described["export"] = str(house / "data" / "exports" / "v2")
    (run / "run.json").write_text(json.dumps(described))
    text = (_ROOT / "docs" / "tagging.md").read_text(encoding="utf-8")
    lines = [
        line.partition(" > ")[0]
        for line in text.splitlines()
        if line.startswith("python -m train ")
        and not any(word in line for word in ("musicnn", "serve"))
    ]
    assert len(lines) == 11
    for line in lines:
        arguments = shlex.split(line, comments=True)[3:]
        quick = ["--bootstrap", "10"] if arguments[0] == "evaluate" else []
        done = _run(*arguments, *quick)
        assert done.exit_code == 0, (line, done.output, done.exception)


def test_fit_takes_name_and_overrides(house: Path) -> None:
    sets = (
        "model.name=pons-logmel",
        "model.filters=2",
        "model.backend_filters=8",
        "model.dense_units=8",
    )
    sets += ("input.window_seconds=1", "training.epochs=1")
    options = [part for each in sets for part in ("--set", each)]
    done = _run("fit", "--name", "second", *options)
    assert done.exit_code == 0, done.output
    assert "next: python -m train evaluate data/runs/second" in done.stdout
    assert (house / "data" / "runs" / "second" / "best.keras").is_file()


def test_fit_starts_from_a_run_with_its_sizes(house: Path) -> None:
    sets = ("init.freeze=true", "training.epochs=1")
    options = [part for each in sets for part in ("--set", each)]
    done = _run("fit", "--init", "first", "--name", "third", *options)
    assert done.exit_code == 0, done.output
    written = (house / "data" / "runs" / "third" / "config.toml").read_text()
    first = (house / "data" / "runs" / "first").absolute()
    assert f'model = "{first}"' in written
    # The sizes of the run `bands`; see conftest.
    assert "backend_filters = 16\n" in written
    assert "dense_units = 32\n" in written


@pytest.mark.usefixtures("house")
def test_without_a_command_the_newest_export_is_fitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from train import fit as fitting
    from train.config import Config

    seen = {}

    def note(export: Path, config: Config, **_options: object) -> fitting.Fitted:
        seen[export] = config
        return fitting.Fitted(Path("run"), [], None, interrupted=False)

    monkeypatch.setattr(fitting, "fit", note)
    assert _run().exit_code == 0
    assert seen == {Path("data/exports/bands"): Config()}


def test_config_prints_what_was_set() -> None:
    done = _run("config", "--set", "training.epochs=3")
    assert done.exit_code == 0
    assert "epochs = 3" in done.stdout


def test_models_lists_parameters() -> None:
    done = _run("models", "--json")
    found = {entry["name"]: entry["parameters"] for entry in json.loads(done.stdout)}
    assert found["pons-logmel"] == 5_931_198


def test_fit_takes_lists_and_a_fraction(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train import fit as fitting
    from train.config import Config

    seen: list[Config] = []

    def note(_export: Path, config: Config, **_options: object) -> fitting.Fitted:
        seen.append(config)
        return fitting.Fitted(Path("run"), [], None, interrupted=False)

    monkeypatch.setattr(fitting, "fit", note)
    done = _run(
        *("fit", "--tracks", "ids.txt", "--exclude-tracks", "not "),
        *("--fraction", "0.5"),
    )
    assert done.exit_code == 0, done.output
    tracks = seen[0].tracks
    # The run's folder keeps paths that hold wherever it is resumed from.
    assert tracks.keep == str(house / "ids.txt")
    assert tracks.exclude == str(house / "not ")
    assert tracks.fraction == 0.5
