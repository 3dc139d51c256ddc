"""The files that a command names: outright, by folder, or by a pattern."""

import glob
from collections.abc import Iterable
from pathlib import Path

# What is looked for in folders; a file that is named outright is always tried.
_KINDS = "aac aif aiff au caf flac m4a mp3 mp4 oga ogg opus wav wma"
AUDIO_SUFFIXES = frozenset(f".{kind}" for kind in _KINDS.split(" "))


def find(paths: Iterable[str | Path]) -> list[Path]:
    """List files: those named, the audio files under folders, and those of patterns.

    The order is that of `paths`, folders and patterns sorted by path; no file comes
    twice. A pattern is tried where there is no file of that very name; ``**`` stands
    for any depth of folders. What does not exist stays in the list.
    """
    found: dict[Path, None] = {}
    for named in paths:
        for path in _matching(str(named)):
            inside = _audio_under(path) if path.is_dir() else [path]
            found |= dict.fromkeys(inside)
    return list(found)


def _matching(named: str) -> list[Path]:
    if not glob.has_magic(named) or Path(named).exists():
        return [Path(named)]
    # `Path.glob` takes no absolute patterns.
    matches = sorted(glob.glob(named, recursive=True))  # noqa: PTH207
    return [Path(each) for each in matches] or [Path(named)]


def _audio_under(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in AUDIO_SUFFIXES and file.is_file()
    )
