"""The trainer installs without the warehouse and trains in such an environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_FOREIGN = ("duckdb", "dbt", "sqlglot", "pebble", "librosa", "sklearn", "pandas")
_SMALL = (
    *(
        "model.name=pons-logmel",
        "model.filters=2",
        "model.backend_filters=8",
        "model.dense_units=8",
    ),
    *("input.window_seconds=1", "training.epochs=1"),
)
_PACKAGES = ("audio", "dataset", "export", "ingest", "lyre", "sample", "train")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a new environment with ``.[train]`` and nothing else."""
    place = tmp_path_factory.mktemp("alone")
    environment = place / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    reachable = _run(
        [python, "-m", "pip", "download", "--quiet", "--no-deps", "typer"],
        cwd=place,
    )
    if reachable.returncode:
        last = reachable.stderr.strip().splitlines()[-1:]
        pytest.skip(f"pip reaches no package index: {' '.join(last)}")
    # A copy, so that building leaves nothing in the checkout.
    source = place / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "requirements.lock"):
        shutil.copy(_ROOT / name, source)
    for name in (*_PACKAGES, "warehouse"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_ROOT / name, source / name, ignore=ignored)
    done = _run(
        [
            *(python, "-m", "pip", "install", "--quiet"),
            *("--constraint", source / "requirements.lock", f"{source}[train]"),
        ],
        cwd=place,
    )
    assert done.returncode == 0, done.stderr
    return python


def _run(
    command: list[object], cwd: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    # The checkout must not be found: what is installed is tried.
    kept = {key: each for key, each in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_no_other_part_is_installed(python: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.util as u; "
        f"print([name for name in {_FOREIGN} if u.find_spec(name)])"
    )
    done = _run([python, "-c", code], cwd=tmp_path)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_models_fit_and_evaluate_run(
    python: Path, band_export: Path, tmp_path: Path
) -> None:
    listed = _run([python, "-m", "train", "models"], cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "pons-logmel" in listed.stdout
    (tmp_path / "lyre.toml").write_text('data_dir = "."\n')
    settings = {"LYRE_CONFIG": str(tmp_path / "lyre.toml")}
    sets = [part for each in _SMALL for part in ("--set", each)]
    command = [python, "-m", "train", "fit", band_export, "--name", "run", *sets]
    done = _run(command, cwd=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "run" / "best.keras").is_file()
    command = [python, "-m", "train", "evaluate", "run", "--bootstrap", "0"]
    done = _run(command, cwd=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
