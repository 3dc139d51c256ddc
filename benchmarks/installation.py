"""A small installation of Lyre in a folder of its own, for benchmarks that train."""

import os
import subprocess
import sys
from pathlib import Path


def prepare(folder: Path, songs: int, dbt_vars: str) -> None:
    """Write a sample, ingest and clean it; each command goes on where it was stopped.

    Parameters
    ----------
    folder : Path
        Of the installation; made where it is missing.
    songs : int
        Size of the sample.
    dbt_vars : str
        Vars of dbt, in YAML: a sample's counts are small; see the demo in the Makefile.

    Raises
    ------
    subprocess.CalledProcessError
        A command failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lyre.toml").write_text('data_dir = "."\n', encoding="utf-8")
    sources = str(folder / "sources")
    lyre(folder, "sample", "--tracks", str(songs), "--out", sources)
    lyre(folder, "ingest", "all")
    dbt = str(Path(sys.executable).with_name("dbt"))
    _run(folder, dbt, "--quiet", "run", "--vars", dbt_vars)


def lyre(folder: Path, *words: str) -> None:
    """Run a command of Lyre, such as ``train fit``, in the installation of a folder.

    Raises
    ------
    subprocess.CalledProcessError
        It failed.
    """
    _run(folder, sys.executable, "-m", *words)


def _run(folder: Path, *command: str) -> None:
    own = {
        "LYRE_CONFIG": str(folder / "lyre.toml"),
        # Not those of the checkout, where another dbt may be at work.
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    subprocess.run(command, check=True, env=os.environ | own)
