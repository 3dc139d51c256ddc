"""Packages of each format, as those see them who have no Lyre."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

import audio
from lyre.console import REFUSALS
from train import config
from train.__main__ import app
from train.errors import TrainError
from train.packaging import checking, running, writing
from train.packaging.package import Packaged, package
from train.packaging.target import MODEL_FILES, Target
from train.tagger import Tagger

_RATE = 16_000
_HOSTILE = "rock|pop</script>`"

pytestmark = pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter:UserWarning")


@pytest.fixture(scope="module")
def run(band_run: tuple, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of a run, so that nothing that is written stays in it."""
    folder = tmp_path_factory.mktemp("runs") / "bands"
    shutil.copytree(band_run[0].folder, folder)
    return folder


def _package(run: Path, target: Target, out: Path, **options: Any) -> Packaged:
    if target is Target.onnx:
        pytest.importorskip("tf2onnx")
    (made,) = package(run, [target], out, say=lambda _line: None, **options)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("target", Target)
def test_a_real_clip_gets_the_scores_of_the_tagger(
    target: Target, run: Path, real: Path, tmp_path: Path
) -> None:
    made = _package(run, target, tmp_path)
    assert made.folder == tmp_path / "bands" / target
    assert made.agreement.tags <= 1e-3
    assert min(made.latency.window, made.latency.piece, made.bytes) > 0
    score = running.load(target, made.folder / MODEL_FILES[target])
    tagger = Tagger.load(run)
    for name in ("test-1.mp3", "sorohanro_-_solo-trumpet-06.ogg"):
        samples = audio.load(real / "music" / name, _RATE)
        expected = tagger.predict(samples, _RATE)
        tags, taggram = score(samples)
        np.testing.assert_allclose(tags, expected.scores, atol=1e-3)
        np.testing.assert_allclose(taggram, expected.windows, atol=5e-3)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a place that refuses root")
def test_a_saved_model_in_a_protected_place_is_refused(run: Path) -> None:
    tagger = Tagger.load(run)
    with pytest.raises(OSError, match="/sys/lyre") as told:
        writing.write(Target.savedmodel, tagger.model, tagger.bundle, Path("/sys/lyre"))
    assert told.value.errno in REFUSALS


@pytest.mark.slow
@pytest.mark.parametrize("target", Target)
@pytest.mark.field_report("R36")
def test_the_example_of_the_card_runs_without_lyre(
    target: Target, run: Path, real: Path, tmp_path: Path
) -> None:
    made = _package(run, target, tmp_path)
    card = (made.folder / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    samples = audio.load(real / "music" / "test-1.mp3", _RATE)
    soundfile.write(made.folder / "song.flac", samples, _RATE, subtype="PCM_24")
    done = subprocess.run(
        # Isolated: neither the working folder nor PYTHONPATH is searched.
        [
            sys.executable,
            "-I",
            "-c",
            f"{code}\nimport sys; print('train' in sys.modules)",
        ],
        cwd=made.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown, has_lyre = done.stdout.splitlines()
    assert has_lyre == "False"
    found = {
        tag: score
        for score, tag in json.loads(
            shown.replace("(", "[").replace(")", "]").replace("'", '"')
        )
    }
    expected = dict(Tagger.load(run).predict(samples, _RATE).top())
    assert found == pytest.approx(expected, abs=1e-3)


def test_beside_the_model_lie_its_tags_and_a_card(run: Path, tmp_path: Path) -> None:
    made = _package(run, Target.keras, tmp_path)
    assert {path.name for path in made.folder.iterdir()} == {
        *("README.md", "model.json", "model.keras")
    }
    described = json.loads((made.folder / "model.json").read_text(encoding="utf-8"))
    assert described["tags"] == ["rock", "jazz", "pop"]
    assert described["input"]["sample_rate"] == _RATE
    assert described["package"]["bytes"] == made.bytes
    assert made.bytes == (made.folder / "model.keras").stat().st_size
    card = (made.folder / "README.md").read_text(encoding="utf-8")
    for heading in ("Use", "Intended use", "Limits", "Data", "Metrics", "Tags"):
        assert f"\n## {heading}\n" in card
    assert "rock, jazz, pop" in card
    assert "Not evaluated" in card
    assert "Not stated" in card


def test_an_evaluated_run_tells_its_metrics(run: Path, tmp_path: Path) -> None:
    measured = tmp_path / "measured"
    shutil.copytree(run, measured)
    entry = {"roc_auc": 0.75, "pr_auc": None}
    content = {
        "model": str(measured / "best.keras"),
        "tracks": 1234,
        "split": "test",
        "label_set": "training_set.v2",
        "windows": 16,
        **{"roc_auc": 0.876, "pr_auc": 0.5, "micro_roc_auc": 0.9, "micro_pr_auc": 0.4},
        "tags": [{"tag": tag, **entry} for tag in ("rock", "jazz", "pop")],
    }
    (measured / "metrics.json").write_text(json.dumps(content))
    made = _package(measured, Target.keras, tmp_path / "out")
    card = (made.folder / "README.md").read_text(encoding="utf-8")
    assert "1,234 tracks of the test split" in card
    assert "| macro (mean over tags) | 0.876 | 0.500 |" in card
    assert "| jazz | 0.750 | - |" in card


def test_metrics_of_an_earlier_model_are_not_told(run: Path, tmp_path: Path) -> None:
    measured = tmp_path / "measured"
    shutil.copytree(run, measured)
    (measured / "metrics.json").write_text("{}")
    hour_ago = time.time() - 3600
    os.utime(measured / "metrics.json", (hour_ago, hour_ago))
    made = _package(measured, Target.keras, tmp_path / "out")
    assert "Not evaluated" in (made.folder / "README.md").read_text(encoding="utf-8")


def test_names_are_escaped_in_the_card(run: Path, tmp_path: Path) -> None:
    from train import bundle

    model, known = bundle.load(run / "best.keras")
    file = tmp_path / "hostile.keras"
    hostile = known.model_copy(update={"tags": [_HOSTILE, "jazz", "pop"]})
    bundle.save(model, hostile, file)
    made = _package(file, Target.keras, tmp_path / "out")
    card = (made.folder / "README.md").read_text(encoding="utf-8")
    assert made.folder.parent.name == "hostile"
    assert r"rock\|pop\</script\>\`" in card


def test_other_scores_make_no_package(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = running.load

    def wrong(target: Target, path: Path) -> running.Runner:
        score = right(target, path)
        return lambda samples: (score(samples)[0], score(samples)[1] + 0.01)

    monkeypatch.setattr(running, "load", wrong)
    with pytest.raises(TrainError, match=r"of single windows by 0\.01"):
        _package(run, Target.keras, tmp_path)
    assert not list((tmp_path / "bands").iterdir())


def test_scores_that_are_no_numbers_do_not_pass(run: Path) -> None:
    tagger = Tagger.load(run)

    def broken(samples: np.ndarray) -> tuple:
        found = tagger.predict(samples, _RATE)
        return found.scores, found.windows * np.nan

    with pytest.raises(TrainError, match="differ"):
        checking.compare(broken, tagger)


def test_a_package_is_replaced_on_demand_only(run: Path, tmp_path: Path) -> None:
    made = _package(run, Target.keras, tmp_path)
    with pytest.raises(TrainError, match="such a package already"):
        _package(run, Target.keras, tmp_path)
    (made.folder / "README.md").unlink()
    assert _package(run, Target.keras, tmp_path, replace=True).folder == made.folder
    assert (made.folder / "README.md").is_file()
    shutil.rmtree(made.folder)
    made.folder.mkdir()
    with pytest.raises(TrainError, match="no package"):
        _package(run, Target.keras, tmp_path, replace=True)


@pytest.mark.parametrize("missing", ["tf2onnx", "onnx", "onnxruntime"])
def test_without_its_extra_onnx_is_one_sentence(
    missing: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(TrainError, match="not installed") as caught:
        package(run, [Target.keras, Target.onnx], tmp_path)
    assert "onnx]" in str(caught.value)
    assert not list(tmp_path.iterdir())


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["package", *arguments])


def test_command_writes_into_the_data_folder(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(run, tmp_path / "data" / "runs" / "first")
    monkeypatch.chdir(tmp_path)
    clip = (0.1 * checking.signal(2.0, 44_100)).astype(np.float32)
    soundfile.write(tmp_path / "clip.wav", clip, 44_100)
    done = _run("first", "--to", "keras", "--json", "--check", "clip.wav")
    assert done.exit_code == 0, done.output
    (made,) = json.loads(done.stdout)
    assert made["format"] == "keras"
    assert (
        tmp_path / "data" / "packages" / "first" / "keras" / "model.keras"
    ).is_file()
    done = _run("--model", "first", "--to", "keras", "--replace")
    assert done.stdout.splitlines()[0].split()[:2] == ["format", "MB"]
    for arguments, told in (
        ((), "no model is named"),
        (("first",), "no format is named"),
        (("first", "--model", "first", "--to", "keras"), "or two are"),
    ):
        refused = _run(*arguments).exception
        assert isinstance(refused, TrainError)
        assert told in refused.what


@pytest.mark.pretrained
@pytest.mark.slow
@pytest.mark.parametrize("target", Target)
@pytest.mark.skipif(
    importlib.util.find_spec("musicnn") is None,
    reason="the package musicnn is not installed; see make pretrained",
)
def test_published_weights_are_packaged_with_their_licence(
    target: Target, real: Path, tmp_path: Path
) -> None:
    clip = real / "music" / "TRWJAZW128F42760DD_test.mp3"
    made = _package(Path("musicnn-msd"), target, tmp_path, clip=clip)
    score = running.load(target, made.folder / MODEL_FILES[target])
    tags = json.loads((made.folder / "model.json").read_text())["tags"]
    # Muddy Waters.
    assert tags[int(np.argmax(score(audio.load(clip, _RATE))[0]))] == "blues"
    assert "ISC licence" in (made.folder / "README.md").read_text()


def test_a_run_tells_what_it_started_from(run: Path, tmp_path: Path) -> None:
    from train.packaging.facts import gather

    started = tmp_path / "started"
    shutil.copytree(run, started)
    chosen = config.load(started / "config.toml", ["init.model=musicnn-msd"])
    (started / "config.toml").write_text(config.to_toml(chosen))
    tagger = Tagger.load(started)
    found = gather(started, tagger.bundle, 1)
    assert found.learned_from is not None
    assert "ISC licence" in found.learned_from
