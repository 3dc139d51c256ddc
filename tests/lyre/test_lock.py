"""Two processes in one folder, one after the other."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lyre.lock import NAME, LockError, locked

_HOLD = """
import sys
from pathlib import Path
from lyre.lock import locked
with locked(Path(sys.argv[1]), shared=sys.argv[2] == "shared"):
    print(flush=True)
    input()
"""


@contextmanager
def _held(folder: Path, kind: str = "alone") -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        if process.poll() is None:
            process.communicate("\n")


def test_a_held_folder_is_refused_and_its_holder_named(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with (
        _held(folder) as process,
        pytest.raises(LockError, match=f"{folder}: .*process {process.pid} on .*wait"),
        locked(folder),
    ):
        pytest.fail("two hold one folder")
    with locked(folder):
        assert (folder / NAME).exists()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with _held(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (tmp_path / NAME).exists()
    with locked(tmp_path):
        assert f"process {os.getpid()} on" in (tmp_path / NAME).read_text()
    assert not list(tmp_path.iterdir())


def test_shared_holders_keep_out_only_who_wants_it_alone(tmp_path: Path) -> None:
    with _held(tmp_path, "shared"):
        with locked(tmp_path, shared=True):
            pass
        # The other still shares it: its file must not go.
        with pytest.raises(LockError, match="at work"), locked(tmp_path):
            pytest.fail("not alone")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_stays_empty_goes_again(tmp_path: Path) -> None:
    for name in ("empty", "full"):
        with locked(tmp_path / name):
            if name == "full":
                (tmp_path / name / "file").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
    (tmp_path / "mine").mkdir()
    with locked(tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").is_dir()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LockError, match="expected a folder"), locked(tmp_path / "file"):
        pytest.fail("locked a file")


def test_a_file_system_without_locks_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_handle: int, _kind: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(tmp_path):
        (tmp_path / "file").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


_COUNT = """
import sys, time
from pathlib import Path
from lyre.lock import LockError, locked
folder, left = Path(sys.argv[1]), 200
while left:
    try:
        with locked(folder / "held"):
            number = int((folder / "number").read_text())
            (folder / "number").write_text(str(number + 1))
            left -= 1
    except LockError:
        time.sleep(0.001)
"""


def test_no_two_are_ever_inside(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("0")
    processes = [
        subprocess.Popen([sys.executable, "-c", _COUNT, str(tmp_path)])
        for _ in range(3)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert (tmp_path / "number").read_text() == "600"
