"""What a manifest says about the programs that made it."""

import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

_SHAPING = ("lyre", "numpy", "scipy", "soundfile", "soxr")


def software() -> dict[str, str]:
    """Return the versions of what shapes the values of an export."""
    import soundfile

    versions = {name: metadata.version(name) for name in _SHAPING}
    versions["libsndfile"] = soundfile.__libsndfile_version__
    versions["python"] = platform.python_version()
    return versions


def revision() -> str | None:
    """Return the revision of Lyre's checkout, or None where git does not know it."""
    here = Path(__file__)
    if shutil.which("git") is None or _git(here, "ls-files", "--error-unmatch") is None:
        return None  # Installed as a package: the repository around it is another's.
    return _git(here.parent, "describe", "--always", "--dirty", "--tags")


def _git(place: Path, command: str, *options: str) -> str | None:
    folder = place if place.is_dir() else place.parent
    paths = () if place.is_dir() else (place.name,)
    done = subprocess.run(
        ["git", "-C", str(folder), command, *options, *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else None
