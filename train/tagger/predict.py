"""Tagging many files: one model, a result for each file, bad ones included."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lyre.errors import LyreError
from train.tagger.tagger import DEFAULT_WINDOWS, Tagger, Tagging

# What is looked for in folders; a file that is named outright is always tried.
_KINDS = "aac aif aiff au caf flac m4a mp3 mp4 oga ogg opus wav wma"
AUDIO_SUFFIXES = frozenset(f".{kind}" for kind in _KINDS.split(" "))


@dataclass(frozen=True)
class Outcome:
    """What came of one file.

    Parameters
    ----------
    path : Path
        The file.
    tagging : Tagging or None
        The result, or None where there is an error.
    error : str or None
        Why there is no result.
    """

    path: Path
    tagging: Tagging | None
    error: str | None

    def to_dict(self, number: int | None, threshold: float) -> dict[str, Any]:
        """Return the outcome as values that JSON holds."""
        if self.tagging is None:
            return {"path": str(self.path), "error": self.error}
        scores = self.tagging.top(number, threshold)
        return {
            "path": str(self.path),
            "seconds": round(self.tagging.seconds, 3),
            "windows": len(self.tagging.windows),
            "tags": {tag: round(score, 6) for tag, score in scores},
            "notes": list(self.tagging.notes),
        }


def find(paths: Iterable[Path]) -> list[Path]:
    """List files: those named, and the audio files under the folders named.

    The order is that of `paths`, folders sorted by path; no file comes twice.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = _audio_under(path) if path.is_dir() else [path]
        found |= dict.fromkeys(inside)
    return list(found)


def predict(
    tagger: Tagger,
    files: Sequence[Path],
    *,
    windows: int = DEFAULT_WINDOWS,
    hop: float | None = None,
) -> Iterator[Outcome]:
    """Tag files one after the other; a bad one is an outcome, not the end.

    Parameters
    ----------
    tagger : Tagger
        The model.
    files : sequence of Path
        The files.
    windows, hop
        As in `Tagger.predict`.

    Yields
    ------
    Outcome
        One a file, in order.
    """
    for file in files:
        try:
            yield Outcome(file, tagger.predict(file, windows=windows, hop=hop), None)
        except LyreError as error:
            yield Outcome(file, None, error.what)
        except OSError as error:
            yield Outcome(file, None, error.strerror or str(error))


def _audio_under(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in AUDIO_SUFFIXES and file.is_file()
    )
