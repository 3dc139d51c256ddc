"""Names of files as text that any database or format takes, and back."""

import os
import re
from pathlib import Path

_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def shown(path: str | Path) -> str:
    r"""Return a name or a path as text: ``\xNN`` where it is not UTF-8."""
    return os.fsencode(path).decode(errors="backslashreplace")


def placed(text: str) -> Path:
    """Return the path that `shown` made a text of."""
    path = Path(text)
    if "\\x" not in text or os.path.lexists(path):
        return path
    name = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), os.fsencode(text))
    return Path(os.fsdecode(name))
