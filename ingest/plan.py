"""Which sources there are to load: by the settings, or named in their place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest import lastfm, lastfm_csv, lastfm_json, lists, msd, name_lists, splits
from ingest.attempt import Failure, attempt
from ingest.datasets import load as datasets
from ingest.errors import IngestError
from ingest.load import Source
from lyre.counting import counted
from lyre.settings import Settings

Say = Callable[[str], None]

_NONE: Mapping[str, Sequence[Path]] = {}


@dataclass(frozen=True)
class ClipFolders:
    """The common folder of clips, and those of data sets by name."""

    root: Path | None
    datasets: dict[str, Path]

    def __bool__(self) -> bool:
        return self.root is not None or bool(self.datasets)


_LISTS: Mapping[str, Callable[[list[Path]], Source]] = {
    "mismatches": lambda paths: lists.mismatches(paths[0]),
    "duplicates": lambda paths: lists.duplicates(paths[0]),
    "unique_tracks": lambda paths: name_lists.unique_tracks(paths[0]),
    "unique_artists": lambda paths: name_lists.unique_artists(paths[0]),
    "unique_tags": lambda paths: name_lists.unique_tags(paths[0]),
    "cliques": name_lists.cliques,
}


def msd_source(settings: Settings, paths: Sequence[Path] = ()) -> Source:
    """Return the MSD's files: those named, else ``sources.msd``."""
    return msd.source(
        list(paths) or [settings.source(path) for path in settings.sources.msd]
    )


def lastfm_source(settings: Settings, paths: Sequence[Path] = ()) -> Source:
    """Return the Last.fm data: those named, else ``sources.lastfm``.

    One SQLite database, one folder of three CSV files, or any number of JSON files
    and folders of them.

    Raises
    ------
    IngestError
        They cannot be read, or are not of one kind.
    """
    found = list(paths) or [settings.source(settings.sources.lastfm)]
    if all(lastfm_json.is_json(path) or _is_tree(path) for path in found):
        return lastfm_json.source(found)
    if len(found) > 1:
        raise IngestError(
            f"{counted(len(found), 'path')} that are not all JSON",
            where=found[0],
            expected="one database, one folder of CSV files, or JSON files and folders",
        )
    if lastfm_csv.is_folder_of_csv(found[0]):
        return lastfm_csv.source(found[0])
    return lastfm.source(found[0])


def _is_tree(path: Path) -> bool:
    return path.is_dir() and not lastfm_csv.is_folder_of_csv(path)


def list_sources(
    settings: Settings, say: Say, named: Mapping[str, Sequence[Path]] = _NONE
) -> list[Source | Failure]:
    """Return the lists and published splits that are there; all are optional.

    Parameters
    ----------
    settings : Settings
        Where the lists lie.
    say : callable
        Told of each list that is absent.
    named : mapping of str to sequence of Path
        Files to take in the place of those of the settings, by the list's key there;
        these must exist.

    Returns
    -------
    list of Source or Failure
        A failure where a file that was named is missing, or one that exists is no
        list.
    """
    found: list[Source | Failure] = []
    for name, find in _LISTS.items():
        files = list(named.get(name, ()))
        if not files:
            files = _there(name, _set_paths(settings, name), say)
        if files:
            found.append(attempt(name, partial(find, files)))
    present = {
        scheme: dict(_present(scheme, parts, settings, say))
        for scheme, parts in settings.sources.splits.items()
    }
    if any(present.values()):
        found.append(attempt("splits", partial(splits.splits, present)))
    return found


def dataset_sources(settings: Settings, say: Say) -> list[Source | Failure]:
    """Return the data sets of ``sources.datasets`` that are there.

    One that cannot be read is a failure.
    """
    found: list[Source | Failure] = []
    for name, dataset in settings.sources.datasets.items():
        paths = [settings.source(path) for path in dataset.paths]
        if there := _there(f"datasets.{name}", paths, say):
            find = partial(datasets.source, dataset.format, there, name)
            found.append(attempt(name, find))
    return found


def clip_folders(settings: Settings, say: Say) -> ClipFolders:
    """Return the folders of clips that are there; of absent ones is told.

    Raises
    ------
    IngestError
        One is of a data set that cannot be called so.
    """
    root = settings.source(settings.sources.audio)
    there = _there("audio", [root], say)
    own = {
        name: folder
        for name, folder in _own_folders(settings).items()
        if _there(f"datasets.{name}.audio", [folder], say)
    }
    return ClipFolders(root if there else None, own)


def chosen_clip_folders(settings: Settings, root: Path | None) -> ClipFolders:
    """Return the folders of clips of the settings, with another common one if given.

    Without clips of its own in the common folder, that may be absent.

    Raises
    ------
    IngestError
        One is of a data set that cannot be called so.
    """
    common = root or settings.source(settings.sources.audio)
    own = _own_folders(settings)
    is_needed = root is not None or common.exists() or not own
    return ClipFolders(common if is_needed else None, own)


def _own_folders(settings: Settings) -> dict[str, Path]:
    """Return the data sets' own folders of clips; their names begin clips' paths."""
    for name in settings.dataset_audio:
        datasets.check_name(name)
    return settings.dataset_audio


def required(
    sources: Sequence[Source | Failure], settings: Settings
) -> Sequence[Source | Failure]:
    """Return the sources, of which there must be one.

    Raises
    ------
    IngestError
        There is none.
    """
    if not sources:
        raise IngestError(
            "none of the lists is there",
            where=settings.source(Path()),
            remedy="set sources.mismatches, sources.duplicates or sources.splits in "
            "lyre.toml, or name a file",
        )
    return sources


def _set_paths(settings: Settings, name: str) -> list[Path]:
    value = getattr(settings.sources, name)
    paths = value if isinstance(value, list) else [value]
    return [settings.source(path) for path in paths if path is not None]


def _there(name: str, paths: Sequence[Path], say: Say) -> list[Path]:
    """Leave out the paths that are absent, and say so."""
    for path in paths:
        if not path.exists():
            say(f"{name}: not there, passed over: {path} (sources.{name})")
    return [path for path in paths if path.exists()]


def _present(
    scheme: str, parts: dict[str, Path], settings: Settings, say: Say
) -> Iterator[tuple[str, Path]]:
    for split, relative in parts.items():
        path = settings.source(relative)
        if path.exists():
            yield split, path
        else:
            key = f"sources.splits.{scheme}.{split}"
            say(f"splits: not there, passed over: {path} ({key})")
