"""The folder of a run: all that is needed to tell what was trained, and on what.

::

    config.toml     the whole configuration
    run.json        export, checksums, seed, versions, revision
    history.json    one entry an epoch
    best.keras      the model of the best epoch
    last.keras      the model of the last epoch
    state.npz       what --resume needs
    tensorboard/    event files
    metrics.json    what `python -m train evaluate` found
"""

import importlib.metadata
import json
import platform
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dataset import manifest
from lyre import lock
from lyre.checksum import sha256
from lyre.documents import read_model
from lyre.revision import revision
from lyre.whole import write_whole
from train.errors import TrainError

CONFIG, RUN, HISTORY, METRICS = (
    "config.toml",
    "run.json",
    "history.json",
    "metrics.json",
)
BEST, LAST = "best.keras", "last.keras"
STATE = "state.npz"
_DISTRIBUTIONS = ("tensorflow", "keras", "numpy")


class Run(BaseModel):
    """What ``run.json`` holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    started_at: datetime = Field(description="When it began, UTC.")
    export: Path = Field(description="Folder of the export.")
    manifest_sha256: str = Field(description="Checksum of the export's manifest.")
    label_set: str = Field(description="The label set.")
    lists: dict[str, str] = Field(
        default_factory=dict, description="Checksums of the lists of tracks."
    )
    seed: int = Field(description="Seed of weights, order and windows.")
    revision: str | None = Field(description="Revision of Lyre, where git knew it.")
    software: dict[str, str] = Field(description="Versions.")


def describe(export: Path, label_set: str, seed: int, lists: Iterable[str] = ()) -> Run:
    """Describe a run that begins now, with the lists of tracks that it reads."""
    software = {name: importlib.metadata.version(name) for name in _DISTRIBUTIONS}
    return Run(
        started_at=datetime.now(UTC),
        export=export.absolute(),
        manifest_sha256=manifest_checksum(export),
        label_set=label_set,
        lists={file: sha256(Path(file)) for file in lists},
        seed=seed,
        revision=revision(),
        software={"python": platform.python_version(), **software},
    )


def place(runs: Path, name: str | None, model: str) -> Path:
    """Return the folder of a new run; without a name, of the time and the model.

    Raises
    ------
    TrainError
        The name is none of a folder right in that of all runs.
    """
    if name is None:
        return runs / f"{datetime.now():%Y%m%d-%H%M%S}-{model}"
    if name in ("", "..") or name != Path(name).name:
        raise TrainError(
            f"{name!r} is no name of a run", expected="one without slashes"
        )
    return runs / name


def create(folder: Path, *, replace: bool = False) -> None:
    """Make the folder of a new run.

    Parameters
    ----------
    folder : Path
        From `place`; the caller holds its lock.
    replace : bool
        Remove an earlier run of that name.

    Raises
    ------
    TrainError
        There is such a run already, or a folder that is no run.
    """
    check_free(folder, replace=replace)
    if folder.exists():
        _empty(folder)
    folder.mkdir(parents=True, exist_ok=True)


def check_free(folder: Path, *, replace: bool = False) -> None:
    """Refuse the place of another run, or of something that is no run; as `create`."""
    if not folder.exists():
        return
    is_run = (folder / RUN).is_file()
    if not (replace if is_run else _is_only_begun(folder)):
        raise TrainError(
            "the run exists already" if is_run else "no run",
            where=folder,
            remedy="choose another --name, or replace a run with --replace",
        )


def sweep(folder: Path) -> None:
    """Take away the files that a killed run was about to write."""
    for path in folder.iterdir():
        if _is_half(path):
            path.unlink(missing_ok=True)


def _is_half(path: Path) -> bool:
    """Tell whether a file lies beside the place that it would have been renamed to."""
    return path.is_file() and ".part" in path.suffixes


def _is_only_begun(folder: Path) -> bool:
    """Tell whether a folder holds no more than a run that was killed at its start."""
    return folder.is_dir() and all(
        path.name in (CONFIG, lock.NAME) or _is_half(path) for path in folder.iterdir()
    )


def _empty(folder: Path) -> None:
    """Remove what a folder holds; ``run.json`` last, so that it stays a run till then.

    Whoever is killed here can give the same command again.
    """
    for path in sorted(folder.iterdir(), key=lambda path: path.name == RUN):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != lock.NAME:
            path.unlink()


def read(folder: Path) -> Run:
    """Read ``run.json``.

    Raises
    ------
    TrainError
        The folder is no run.
    """
    file = folder / RUN
    if not file.is_file():
        raise TrainError(
            "no run here", where=folder, expected="a folder that `train fit` made"
        )
    return read_model(file, Run, TrainError)


def find(runs: Path, run: str | Path) -> Path:
    """Return the folder of a run, given by its name or its path."""
    for folder in (Path(run), runs / run):
        if (folder / RUN).is_file():
            return folder
    raise TrainError(
        "no such run", where=run, expected=f"a run of {runs}, or the folder of one"
    )


def model_of(folder: Path) -> Path:
    """Return the best model of a run; the last one where none was validated."""
    for name in (BEST, LAST):
        if (folder / name).is_file():
            return folder / name
    raise TrainError("the run has no model yet", where=folder)


def write_config(folder: Path, text: str) -> None:
    """Write ``config.toml``, whole or not at all."""
    write_whole(folder / CONFIG, text.encode())


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_whole(path, f"{text}\n".encode())


def manifest_checksum(export: Path) -> str:
    """Return the SHA-256 of an export's manifest, which names all its checksums.

    Raises
    ------
    TrainError
        There is no such export.
    """
    file = export / manifest.FILE_NAME
    if not file.is_file():
        raise TrainError(
            "no finished export here",
            where=export,
            expected=f"a folder with a {manifest.FILE_NAME}",
        )
    return sha256(file)
