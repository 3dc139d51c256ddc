"""Every command of the README, run as a reader would run it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(r"^```(sh|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)

# A smaller demo, and the shortest training, so that the test stays short.
_DEMO = {"DEMO_TRACKS": "200", "DEMO_EPOCHS": "2"}
_SHORTER = {"training.epochs=60": "training.epochs=1"}


def _blocks(language: str) -> list[str]:
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    return [block for found, block in _FENCE.findall(text) if found == language]


def _run(blocks: list[str], folder: Path, replaced: dict[str, str]) -> str:
    """Run blocks of the README one after another in one shell, at the root."""
    script = "\n".join(blocks)
    for words, others in replaced.items():
        assert words in script, f"the README no longer says {words!r}"
        script = script.replace(words, others)
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("LYRE_")
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=_ROOT,
        env=environment | _DEMO | {"DEMO": str(folder / "demo")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


def test_the_demo_runs_and_can_be_asked(folder: Path) -> None:
    blocks = _blocks("sh")
    printed = _run(blocks[:3], folder, {"data/demo": str(folder / "demo")})
    assert "ROC-AUC" in printed
    assert "listed_mismatch" in printed


def test_the_steps_on_real_data_run(folder: Path) -> None:
    sources = folder / "demo" / "sources"
    assert sources.is_dir(), "the demo has to run first"
    (settings,) = _blocks("toml")
    own = folder / "own"
    own.mkdir()
    (own / "lyre.toml").write_text(settings.replace("/data/msd", str(sources)))
    clip = next((sources / "audio").rglob("*.clip.mp3"))
    shutil.copy(clip, own / "song.mp3")
    blocks = [f"export LYRE_CONFIG={own}/lyre.toml", *_blocks("sh")[3:]]
    replaced = _SHORTER | {
        "run.toml": str(own / "run.toml"),
        "song.mp3": str(own / "song.mp3"),
    }
    printed = _run(blocks, folder, replaced)
    assert "macro (mean over tags)" in printed
