"""A full disk, a write-protected one, a busy warehouse, two runs, changing sources.

Each stage says so in a sentence and a code, and loses nothing: once the obstacle is
gone, the same command ends as if there had been none.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# What each stage reads, below the sources or the working folder.
_SOURCES = {
    "msd": "data/sources/msd_summary_file.h5",
    "lastfm": "data/sources/lastfm_tags.db",
    "lists": "data/sources/*.txt",
    "dataset": "own.csv",
    "audio": "data/sources/audio/*/*/*",
}
# Of an export; the plan knows the bytes of the clip, too.
_WRITTEN = "shards", "label_sets"
_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(); input()"


def _mount(*options: str, at: Path) -> None:
    command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(at)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return an empty file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-o", "size=500m", at=folder)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _refused(
    installation: Any, command: tuple[str, ...], codes: tuple[int, ...] = (1, 2)
) -> str:
    """Run a command that cannot succeed; return what it said."""
    process = installation.start(command)
    printed, complaint = process.communicate()
    assert process.returncode in codes, f"{printed[-2000:]}{complaint[-2000:]}"
    said = printed + complaint
    assert "Traceback" not in said, said[-4000:]
    assert said.strip()
    return str(said)


def _expected(ready: Any, stage: Any, folder: Path) -> Any:
    undisturbed = ready.copy(folder)
    undisturbed.run(stage.command)
    state = undisturbed.state()
    shutil.rmtree(folder)
    return state


def _used(folder: Path) -> int:
    return shutil.disk_usage(folder).used


def test_a_full_disk(stage: Any, before: Callable[[Any], Any], disk: Path) -> None:
    ready = before(stage)
    expected = _expected(ready, stage, disk / "copy")
    full = ready.copy(disk / "copy")
    size = _used(disk) + 8192
    _mount("-o", f"remount,size={size}", at=disk)
    said = _refused(full, stage.command)
    assert "space" in said.lower(), said[-2000:]
    _mount("-o", "remount,size=500m", at=disk)
    full.finish(stage)
    assert full.state() == expected


def test_a_read_only_disk(stage: Any, before: Callable[[Any], Any], disk: Path) -> None:
    ready = before(stage)
    expected = _expected(ready, stage, disk / "copy")
    protected = ready.copy(disk / "copy")
    _mount("-o", "remount,ro", at=disk)
    said = _refused(protected, stage.command)
    assert "read-only" in said.lower() or "may not be written" in said, said[-2000:]
    _mount("-o", "remount,rw", at=disk)
    protected.finish(stage)
    assert protected.state() == expected


def test_a_busy_warehouse(
    stage: Any, before: Callable[[Any], Any], tmp_path: Path
) -> None:
    if stage.name == "fit":
        pytest.skip("training reads no warehouse")
    ready = before(stage)
    expected = _expected(ready, stage, tmp_path / "copy")
    busy = ready.copy(tmp_path / "copy")
    file = busy.folder / "data" / "lyre.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    holder.stdout.readline()
    try:
        said = _refused(busy, stage.command)
    finally:
        holder.communicate("\n")
    assert str(file) in said
    assert str(holder.pid) in said
    busy.finish(stage)
    assert busy.state() == expected


def test_two_runs_at_once(
    stage: Any, before: Callable[[Any], Any], tmp_path: Path
) -> None:
    ready = before(stage)
    expected = _expected(ready, stage, tmp_path / "copy")
    shared = ready.copy(tmp_path / "copy")
    processes = [shared.start(stage.command) for _ in range(2)]
    said = ["".join(process.communicate()) for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes[0] in (0, 1), said
    assert all(code in (0, 1, 2) for code in codes), said
    assert not any("Traceback" in text for text in said), said
    shared.finish(stage)
    assert shared.state() == expected


def test_a_run_that_is_being_trained(
    before: Callable[[Any], Any], tmp_path: Path, stages: dict[str, Any]
) -> None:
    stage = stages["fit"]
    shared = before(stage).copy(tmp_path / "copy")
    endless = shared.start((*stage.command, "--set", "training.epochs=100000"))
    history = shared.folder / "data" / "runs" / "run" / "history.json"
    try:
        while not history.is_file():
            assert endless.poll() is None, "".join(endless.communicate())
            time.sleep(0.1)
        for command in (stage.resume, (*stage.command, "--replace")):
            said = _refused(shared, command, (2,))
            assert f"at work here (process {endless.pid} on " in said
            assert "wait until it has ended" in said
    finally:
        endless.send_signal(signal.SIGINT)
        said = "".join(endless.communicate())
    assert endless.returncode == 1, said
    shared.run((*stage.resume, "--set", "training.epochs=1"))
    epochs = [epoch["epoch"] for epoch in shared.history()]
    assert epochs == list(range(1, len(epochs) + 1))
    assert not [path for path in shared.files() if path.endswith(".lock")]


def test_two_label_sets_at_once(
    before: Callable[[Any], Any], tmp_path: Path, stages: dict[str, Any]
) -> None:
    shared = before(stages["relabel"]).copy(tmp_path / "copy")
    commands = {
        name: (*stages["relabel"].command, "--name", name) for name in ("one", "two")
    }
    processes = {name: shared.start(command) for name, command in commands.items()}
    written = set()
    for name, process in processes.items():
        said = "".join(process.communicate())
        assert "Traceback" not in said, said
        if process.returncode == 2:
            assert "another process is at work here" in said
        else:
            assert process.returncode in (0, 1), said
            written.add(name)
    assert written
    assert _label_sets(shared) >= written
    for name in commands.keys() - written:
        shared.run(commands[name])
    assert _label_sets(shared) >= commands.keys()


def _label_sets(installation: Any) -> set[str]:
    described = json.loads((installation.folder / "export/manifest.json").read_text())
    return {each["name"] for each in described["label_sets"]}


def _own_sources(installation: Any) -> None:
    """Put a copy in the place of the link to the sources that all share."""
    link = installation.folder / "data" / "sources"
    shared = link.resolve()
    link.unlink()
    shutil.copytree(shared, link)


@contextmanager
def _written_again_and_again(files: list[Path]) -> Iterator[None]:
    """Touch files for as long as the block takes, as if somebody wrote them."""
    ended = threading.Event()

    def touch() -> None:
        while not ended.wait(0.01):
            for file in files:
                os.utime(file)

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_source_that_changes(
    stage: Any, before: Callable[[Any], Any], tmp_path: Path
) -> None:
    if stage.name not in _SOURCES:
        pytest.skip("reads what tests/export and tests/train change")
    ready = before(stage)
    expected = _expected(ready, stage, tmp_path / "copy")
    changing = ready.copy(tmp_path / "copy")
    _own_sources(changing)
    files = list(changing.folder.glob(_SOURCES[stage.name]))
    assert files
    with _written_again_and_again(files):
        # Clips that cannot be used are findings of a scan, which is done all the same.
        codes = (0,) if stage.name == "audio" else (2,)
        said = _refused(changing, stage.command, codes)
    assert "changed while it was" in said
    changing.finish(stage)
    state = changing.state()
    shutil.rmtree(changing.folder / "data" / "sources")
    assert state["tables"] == expected["tables"]


def test_a_clip_that_changes_after_the_scan(
    before: Callable[[Any], Any], tmp_path: Path, stages: dict[str, Any]
) -> None:
    stage = stages["tfrecord"]
    ready = before(stage)
    expected = _expected(ready, stage, tmp_path / "copy")
    changed = ready.copy(tmp_path / "copy")
    _own_sources(changed)
    ((path,),) = changed.ask("select min(path) from marts.training_set_v2")
    clip = changed.folder / "data" / "sources" / "audio" / path
    # The same sound, with a tag at its end.
    clip.write_bytes(clip.read_bytes() + b"TAG".ljust(128))
    said = _refused(changed, stage.command)
    assert f"({path}): its bytes are not those that were scanned" in said
    assert "`python -m ingest audio`, then run `dbt build`" in said
    for each in ("audio", "dbt", "tfrecord"):
        changed.run(stages[each].command)
    now = changed.state()["export"]
    assert [now[part] for part in _WRITTEN] == [
        expected["export"][part] for part in _WRITTEN
    ]
