import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lyre.revision import revision

_ROOT = Path(__file__).resolve().parents[2]


def test_revision_names_the_commit_of_the_checkout() -> None:
    if shutil.which("git") is None or not (_ROOT / ".git").exists():
        pytest.skip("no git checkout")
    head = subprocess.run(
        ["git", "rev-parse", "--short=7", "HEAD"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    found = revision()
    assert found is not None
    assert re.search(rf"{head}[0-9a-f]*(-dirty)?$", found)


def test_without_git_there_is_no_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert revision() is None
