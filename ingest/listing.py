"""The audio files under a folder: by content, in a fixed order, whatever their names.

A file is listed if its name ends like an audio file's, so that a broken clip does not
vanish, or if its first bytes are those of an audio format. Links to folders are not
followed, nor are links to files outside the folder; a link to nowhere counts as an
empty file.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from audio.measure import Measurement, measure
from audio.quiet import mute_decoders
from audio.sniff import HEAD_BYTES, sniff
from ingest.errors import IngestError

_SUFFIXES = (
    ".aac .aif .aifc .aiff .ape .au .caf .flac .m4a .m4b .mp2 .mp3 .mpga .oga .ogg "
    ".opus .snd .w64 .wav .wave .wma .wv"
)
_CHANGED = "it changed while it was scanned; scan it again once it is whole"
_LARGE_BYTES = 2**25 - 2**16

AUDIO_SUFFIXES = frozenset(_SUFFIXES.split())

# Told the path, as of a file that is listed, of what cannot be looked at, and why.
OnError = Callable[[str, OSError], None]


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that was found.

    Attributes
    ----------
    name : str
        Relative to the root; bytes that are not UTF-8 are surrogates, as in `os`.
    size_bytes : int
        Its size.
    modified_us : int
        Time of its last change, microseconds since 1970 in UTC.
    dataset : str or None
        Data set whose own folder is the root; None for the common folder.
    """

    name: str
    size_bytes: int
    modified_us: int
    dataset: str | None = None

    @property
    def path(self) -> str:
        """The name as valid text, with ``/``; an escape where a byte is not UTF-8."""
        inside = _text_of(self.name)
        return inside if self.dataset is None else f"{self.dataset}/{inside}"

    @property
    def path_bytes(self) -> bytes | None:
        """The name's bytes, where they are not UTF-8."""
        try:
            self.name.encode("utf-8")
        except UnicodeEncodeError:
            folder = b"" if self.dataset is None else f"{self.dataset}/".encode()
            return folder + os.fsencode(self.name)
        return None


@dataclass(frozen=True, slots=True)
class Clip:
    """A file that is to be measured."""

    file: ListedFile
    root: str
    thresholds_db: tuple[float, ...]
    fingerprint: bool = False


def list_audio(root: Path, on_error: OnError) -> list[ListedFile]:
    """List the audio files under a folder.

    Parameters
    ----------
    root : Path
        The folder.
    on_error : callable
        Called for each folder or file below it that cannot be looked at, with its
        path, which is empty for the folder itself, and the error.

    Returns
    -------
    list of ListedFile
        In the order of the names' bytes.

    Raises
    ------
    IngestError
        `root` is no folder.
    """
    if not root.is_dir():
        raise IngestError(
            "no such folder",
            where=root,
            remedy="set sources.audio in lyre.toml, or name the folder with --root",
        )
    inside = os.path.realpath(root)
    found = _files(os.fspath(root), "", inside, on_error)
    return sorted(found, key=lambda file: os.fsencode(file.name))


def folders_of(root: Path | None, datasets: Mapping[str, Path]) -> list[Path]:
    """Return the common folder, if there is one, and those of data sets."""
    return [*([] if root is None else [root]), *datasets.values()]


def folder_names(root: Path | None, datasets: Mapping[str, Path]) -> list[str]:
    """Return what `folders_of` are called: empty, or the name of the data set."""
    return [*([] if root is None else [""]), *datasets]


def list_datasets(folders: Mapping[str, Path], on_error: OnError) -> list[ListedFile]:
    """List the audio files in data sets' own folders, which are given by name.

    Raises
    ------
    IngestError
        One is no folder.
    """
    found = []
    for name, folder in folders.items():
        if not folder.is_dir():
            raise IngestError(
                "no such folder",
                where=folder,
                remedy=f"set sources.datasets.{name}.audio in lyre.toml",
            )
        told = partial(_told_of, name, on_error)
        found += [replace(f, dataset=name) for f in list_audio(folder, told)]
    return found


def _told_of(dataset: str, on_error: OnError, path: str, error: OSError) -> None:
    on_error(f"{dataset}/{path}" if path else dataset, error)


def measure_clip(clip: Clip) -> Measurement:
    """Measure one clip; a task for workers.

    A clip that is not the one that was listed, or changes meanwhile, is unreadable: its
    bytes may be half old and half new. The next scan meets another size or time than
    the one listed, and measures it again.
    """
    path = Path(clip.root) / clip.file.name
    measured = measure(path, clip.thresholds_db, fingerprint=clip.fingerprint)
    if _is_as_listed(path, clip.file):
        return measured
    return Measurement("unreadable", _CHANGED)


def _is_as_listed(path: Path, listed: ListedFile) -> bool:
    try:
        stat = path.stat()
    except OSError:
        return True  # That it is gone was met by the measurement.
    return (stat.st_size, stat.st_mtime_ns // 1000) == (
        listed.size_bytes,
        listed.modified_us,
    )


def prepare_worker() -> None:
    """Get a worker ready for `measure_clip`."""
    mute_decoders()
    # After a large block was freed, glibc keeps up to 64 MiB for the next clip instead
    # of giving the memory back after each one: that costs a fiftieth of the time.
    bytes(_LARGE_BYTES)


def _text_of(name: str) -> str:
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return text.replace(os.sep, "/")


def _files(
    root: str, folder: str, inside: str, on_error: OnError
) -> Iterator[ListedFile]:
    folders: list[str] = []
    try:
        with os.scandir(Path(root) / folder) as entries:
            for entry in entries:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                    continue
                try:
                    yield from _file(entry, name, inside)
                except OSError as error:
                    on_error(_text_of(name), error)
    except OSError as error:
        on_error(_text_of(folder), error)
    for name in folders:
        yield from _files(root, name, inside, on_error)


def _file(entry: "os.DirEntry[str]", name: str, inside: str) -> Iterator[ListedFile]:
    if entry.is_symlink() and not _stays_inside(entry.path, inside):
        return
    is_file = entry.is_file()
    is_dangling = entry.is_symlink() and not Path(entry.path).exists()
    if not (is_file or is_dangling):
        return
    if not _is_named_audio(entry.name) and not (is_file and _is_audio(entry.path)):
        return
    stat = entry.stat(follow_symlinks=not is_dangling)
    size = 0 if is_dangling else stat.st_size
    yield ListedFile(name, size, stat.st_mtime_ns // 1000)


def _stays_inside(path: str, inside: str) -> bool:
    target = os.path.realpath(path)
    return os.path.commonpath([target, inside]) == inside


def _is_named_audio(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in AUDIO_SUFFIXES  # noqa: PTH122


def _is_audio(path: str) -> bool:
    with Path(path).open("rb", buffering=0) as file:
        kind = sniff(file.read(HEAD_BYTES))
    return kind is not None and kind.is_audio
