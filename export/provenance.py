"""What a manifest says about the programs that made it."""

import platform
from importlib import metadata

_SHAPING = ("lyre", "numpy", "scipy", "soundfile", "soxr")


def software() -> dict[str, str]:
    """Return the versions of what shapes the values of an export."""
    import soundfile

    versions = {name: metadata.version(name) for name in _SHAPING}
    versions["libsndfile"] = soundfile.__libsndfile_version__
    versions["python"] = platform.python_version()
    return versions
