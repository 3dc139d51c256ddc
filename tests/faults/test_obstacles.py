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
from collections.abc import Iterator
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


def test_a_full_disk(stage: Any, chain: Any, disk: Any) -> None:
    full = chain.before(stage).copy(disk.folder / "copy")
    disk.fill(8192)
    said = _refused(full, stage.command)
    assert "space" in said.lower(), said[-2000:]
    disk.free()
    full.finish(stage)
    assert full.state() == chain.expected(stage)


def test_a_read_only_disk(stage: Any, chain: Any, disk: Any) -> None:
    protected = chain.before(stage).copy(disk.folder / "copy")
    disk.protect()
    said = _refused(protected, stage.command)
    assert "read-only" in said.lower() or "may not be written" in said, said[-2000:]
    disk.free()
    protected.finish(stage)
    assert protected.state() == chain.expected(stage)


@pytest.mark.field_report("R43")
def test_a_busy_warehouse(stage: Any, chain: Any, tmp_path: Path) -> None:
    if stage.name == "fit":
        pytest.skip("training reads no warehouse")
    busy = chain.before(stage).copy(tmp_path / "copy")
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
    assert busy.state() == chain.expected(stage)


def test_two_runs_at_once(stage: Any, chain: Any, tmp_path: Path) -> None:
    shared = chain.before(stage).copy(tmp_path / "copy")
    processes = [shared.start(stage.command) for _ in range(2)]
    said = ["".join(process.communicate()) for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes[0] in (0, 1), said
    assert all(code in (0, 1, 2) for code in codes), said
    assert not any("Traceback" in text for text in said), said
    shared.finish(stage)
    assert shared.state() == chain.expected(stage)


def test_a_run_that_is_being_trained(
    chain: Any, tmp_path: Path, stages: dict[str, Any]
) -> None:
    stage = stages["fit"]
    shared = chain.before(stage).copy(tmp_path / "copy")
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
    finished = len(shared.history())
    shared.run((*stage.resume, "--set", f"training.epochs={finished + 1}"))
    epochs = [epoch["epoch"] for epoch in shared.history()]
    assert epochs == list(range(1, finished + 2))
    assert not [path for path in shared.files() if path.endswith(".lock")]


def test_two_label_sets_at_once(
    chain: Any, tmp_path: Path, stages: dict[str, Any]
) -> None:
    shared = chain.before(stages["relabel"]).copy(tmp_path / "copy")
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


def test_a_source_that_changes(stage: Any, chain: Any, tmp_path: Path) -> None:
    if stage.name not in _SOURCES:
        pytest.skip("reads what tests/export and tests/train change")
    changing = chain.before(stage).copy(tmp_path / "copy")
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
    assert state["tables"] == chain.expected(stage)["tables"]


def test_a_clip_that_changes_after_the_scan(
    chain: Any, tmp_path: Path, stages: dict[str, Any]
) -> None:
    stage = stages["tfrecord"]
    changed = chain.before(stage).copy(tmp_path / "copy")
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
    now, expected = changed.export(), chain.expected(stage)["export"]
    assert [now[part] for part in _WRITTEN] == [expected[part] for part in _WRITTEN]
