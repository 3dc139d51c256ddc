"""Which sources there are to load: by the settings, or named in their place."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ingest import lastfm, lists, msd, splits
from ingest.errors import IngestError
from ingest.load import Source
from lyre.settings import Settings

Say = Callable[[str], None]


def msd_source(settings: Settings, paths: Sequence[Path] = ()) -> Source:
    """Return the MSD's files: those named, else ``sources.msd``."""
    return msd.source(
        list(paths) or [settings.source(path) for path in settings.sources.msd]
    )


def lastfm_source(settings: Settings, path: Path | None = None) -> Source:
    """Return the Last.fm database: the one named, else ``sources.lastfm``."""
    return lastfm.source(path or settings.source(settings.sources.lastfm))


def list_sources(
    settings: Settings,
    say: Say,
    *,
    mismatches: Path | None = None,
    duplicates: Path | None = None,
) -> list[Source]:
    """Return the lists and published splits that are there; all are optional.

    Parameters
    ----------
    settings : Settings
        Where the lists lie.
    say : callable
        Told of each list that is absent.
    mismatches, duplicates : Path, optional
        Files named in the place of those of the settings; these must exist.

    Raises
    ------
    IngestError
        A file that was named is missing, or one that exists is no list.
    """
    found = []
    for name, named, default, find in (
        ("mismatches", mismatches, settings.sources.mismatches, lists.mismatches),
        ("duplicates", duplicates, settings.sources.duplicates, lists.duplicates),
    ):
        path = named or settings.source(default)
        if named is None and not path.exists():
            say(f"{name}: not there, passed over: {path} (sources.{name})")
        else:
            found.append(find(path))
    present = {
        scheme: dict(_present(scheme, parts, settings, say))
        for scheme, parts in settings.sources.splits.items()
    }
    if any(present.values()):
        found.append(splits.splits(present))
    return found


def audio_root(settings: Settings, say: Say) -> Path | None:
    """Return the folder of clips, or None where it is absent, which is told."""
    root = settings.source(settings.sources.audio)
    if root.exists():
        return root
    say(f"audio: not there, passed over: {root} (sources.audio)")
    return None


def required(sources: Sequence[Source], settings: Settings) -> Sequence[Source]:
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
            "lyre.toml",
        )
    return sources


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
