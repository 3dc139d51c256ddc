"""Which revision of Lyre is running."""

import shutil
import subprocess
from pathlib import Path


def revision() -> str | None:
    """Return the revision of Lyre's checkout, or None where git does not know it."""
    here = Path(__file__)
    if shutil.which("git") is None:
        return None
    if _git("ls-files", "--error-unmatch", here.name) is None:
        return None  # Installed as a package: the repository around it is another's.
    return _git("describe", "--always", "--dirty", "--tags")


def _git(*arguments: str) -> str | None:
    done = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else None
