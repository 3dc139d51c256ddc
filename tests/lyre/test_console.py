"""Exit codes, error sentences and progress in a log."""

import errno
import os
import pty
import subprocess
import sys
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from lyre.console import NOTHING_DONE, command_line, finite, progress, run
from lyre.errors import LyreError


def _failing_app() -> None:
    app = command_line("Example.")

    @app.command()
    def only() -> None:
        raise LyreError("no such file", where="x.h5")

    run(app, "python -m example")


def test_an_error_is_a_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["example"])
    with pytest.raises(SystemExit) as caught:
        _failing_app()
    assert caught.value.code == NOTHING_DONE
    assert capsys.readouterr().err == "python -m example: x.h5: no such file\n"


def _refused(error: Exception) -> None:
    app = command_line("Example.")

    @app.command()
    def only() -> None:
        raise error

    run(app, "python -m example")


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.ENOSPC, "make room there"),
        (errno.EROFS, "choose a place that can be written"),
        (errno.EACCES, "change its permissions"),
        (errno.ENAMETOOLONG, "choose a shorter name"),
        (errno.ENOTDIR, "choose another place"),
        (errno.EEXIST, "choose another place"),
        (errno.ELOOP, "choose another place"),
    ],
)
def test_what_a_disk_refuses_is_a_sentence(
    code: int,
    advice: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["example"])
    with pytest.raises(SystemExit) as caught:
        _refused(OSError(code, os.strerror(code), "/somewhere/file"))
    assert caught.value.code == NOTHING_DONE
    said = capsys.readouterr().err
    assert said.startswith(f"python -m example: /somewhere/file: {os.strerror(code)}; ")
    assert advice in said
    assert said.count("\n") == 1


def test_a_name_that_is_no_text_is_printed_escaped() -> None:
    script = (
        "import os, typer; from lyre.console import command_line, run\n"
        "app = command_line('Example.')\n"
        "@app.command()\n"
        "def only(): typer.echo(os.fsdecode(b'caf\\xe9.mp3'))\n"
        "run(app, 'example')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"caf\\udce9.mp3\n")


@pytest.mark.parametrize("told", ["", "Unable to allocate 7.95 TiB"])
def test_want_of_memory_is_a_sentence(
    told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["example"])
    with pytest.raises(SystemExit) as caught:
        _refused(MemoryError(told))
    assert caught.value.code == NOTHING_DONE
    said = capsys.readouterr().err
    assert said.startswith("python -m example: there is not enough memory")
    assert told in said
    assert said.count("\n") == 1


def test_other_errors_of_the_system_are_not_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["example"])
    with pytest.raises(OSError, match=os.strerror(errno.ENOTTY)):
        _refused(OSError(errno.ENOTTY, os.strerror(errno.ENOTTY)))


def test_a_log_gets_a_last_line_with_the_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress("decode", 3, "file") as advance:
        advance(1)
        advance(2)
    assert capsys.readouterr().err.startswith("decode: 3 of 3 files, ")


@pytest.mark.parametrize(
    ("done", "total", "unit", "told"),
    [
        (1, 1, "file", "decode: 1 of 1 file, "),
        (0, 1, "file", "decode: 0 of 1 file, "),
        (1, 2, "file", "decode: 1 of 2 files, "),
        (0, 0, "batch", "decode: 0 of 0 batches, "),
        (1_000, 2_000, "batch", "decode: 1,000 of 2,000 batches, "),
        (1, None, "window", "decode: 1 window, "),
        (2, None, "window", "decode: 2 windows, "),
    ],
)
def test_one_is_told_in_the_singular(
    done: int,
    total: int | None,
    unit: str,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress("decode", total, unit) as advance:
        advance(done)
    assert capsys.readouterr().err.startswith(told)


def test_a_note_stands_behind_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    errors = 0
    with progress("decode", 3, "file", lambda: f"{errors} errors") as advance:
        errors += 2
        advance(3)
    told = capsys.readouterr().err
    assert "files/s, 2 errors" in told


def test_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("[b]:cd:", 1, "file") as advance:
        advance(1)
    assert capsys.readouterr().err.startswith("[b]:cd:: 1 of 1 file, ")


_COUNT = """
from lyre.console import progress

with progress("decode", 3, "file") as advance:
    advance(3)
"""


def _told(environment: dict[str, str], stderr: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _COUNT],
        env=os.environ | environment,
        stderr=stderr,
        text=True,
        check=True,
    )
    return done.stderr


@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": "1"}])
def test_what_is_no_terminal_gets_lines(environment: dict[str, str]) -> None:
    told = _told(environment, subprocess.PIPE)
    assert told.startswith("decode: 3 of 3 files, ")
    assert told.count("\n") == 1


@pytest.mark.parametrize(("term", "moves"), [("xterm", True), ("dumb", False)])
def test_a_terminal_gets_a_bar_if_it_can_move_one(term: str, moves: bool) -> None:
    ours, theirs = pty.openpty()
    _told({"TERM": term}, theirs)
    os.close(theirs)
    told = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert ("3/3" in told) == moves
    assert ("3 of 3 files" in told) != moves


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_an_option_takes_finite_numbers_alone(text: str) -> None:
    app = command_line("An example.")

    @app.command()
    def example(
        hop: Annotated[float, typer.Option(min=-1, max=9, callback=finite)] = 1.0,
    ) -> None:
        """Do nothing."""

    assert CliRunner().invoke(app, ["--hop", "0.5"]).exit_code == 0
    done = CliRunner().invoke(app, [f"--hop={text}"])
    assert done.exit_code == NOTHING_DONE
