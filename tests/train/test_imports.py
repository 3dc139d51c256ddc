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
