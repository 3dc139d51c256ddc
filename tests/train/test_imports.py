import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_FOREIGN = {
    *("duckdb", "dbt", "warehouse", "ingest", "export", "sample"),
    "librosa",
}


def _loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_training_and_tagging_need_no_other_stage() -> None:
    code = (
        "import train.__main__, train.fit, train.models.overview, "
        "train.tagger.evaluate, train.tagger.predict, train.tagger.report, "
        "train.packaging.package, train.serving.handler"
    )
    assert not _loaded(code) & _FOREIGN


def test_configuration_and_help_do_not_wait_for_tensorflow() -> None:
    code = "import train.__main__, train.config, train.bundle, train.metrics"
    assert not _loaded(code) & {"tensorflow", "keras"}


def test_each_architecture_can_be_imported_first() -> None:
    names = [
        f"train.models.{file.stem}" for file in _ROOT.glob("train/models/[a-z]*.py")
    ]
    code = f"""
import importlib, sys
for name in {names}:
    for loaded in [each for each in sys.modules if each.partition(".")[0] == "train"]:
        del sys.modules[loaded]
    importlib.import_module(name)
"""
    subprocess.run([sys.executable, "-c", code], cwd=_ROOT, check=True)
