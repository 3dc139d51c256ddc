"""The MSD's lists of names to raw tables: tracks, artists, cliques, tags.

Columns are separated by ``<SEP>``. Some copies have ``;`` in its place, which names
can hold too: a line with too many of them is ambiguous and set aside.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ingest.files import check, fingerprint
from ingest.lists import SEPARATOR, TRACK_ID, Rows, list_source, numbered_lines
from ingest.load import Load, Source
from ingest.tables import (
    LASTFM_UNIQUE_TAGS,
    MSD_CLIQUES,
    MSD_UNIQUE_ARTISTS,
    MSD_UNIQUE_TRACKS,
    Table,
)
from ingest.text import clean, tag_nfkc
from lyre.filenames import shown

_OTHER_SEPARATOR = b";"
_SONG_ID = re.compile(rb"SO[A-Z0-9]{16}")
_ARTIST_ID = re.compile(rb"AR[A-Z0-9]{16}")
_CLIQUE = re.compile(rb"%(-?\d{1,18}(?:,-?\d{1,18})*)(?:,\s*(.*))?", re.DOTALL)
_PERFORMANCE = re.compile(rb"-?\d{1,18}")
_COUNTED_TAG = re.compile(rb"(.*)\t\s*(\d{1,18})\s*", re.DOTALL)

# The columns of a line: names to expressions of ids, or None for what is a text.
_Form = Mapping[str, re.Pattern[bytes] | None]


def unique_tracks(path: Path) -> Source:
    """Find the list of all tracks.

    Parameters
    ----------
    path : Path
        ``unique_tracks.txt``: lines of ``TRACK<SEP>SONG<SEP>artist<SEP>title``.

    Raises
    ------
    IngestError
        The file is missing, empty or a git-LFS pointer.
    """
    return list_source(
        "unique_tracks", path, MSD_UNIQUE_TRACKS, _fill_tracks, "the list of tracks"
    )


def unique_artists(path: Path) -> Source:
    """Find the list of all artists.

    Parameters
    ----------
    path : Path
        ``unique_artists.txt``: lines of ``ARTIST<SEP>mbid<SEP>TRACK<SEP>name``.

    Raises
    ------
    IngestError
        The file is missing, empty or a git-LFS pointer.
    """
    return list_source(
        "unique_artists", path, MSD_UNIQUE_ARTISTS, _fill_artists, "the list of artists"
    )


def cliques(paths: Sequence[Path]) -> Source:
    """Find the lists of cliques, the versions of one work.

    Parameters
    ----------
    paths : sequence of Path
        ``shs_dataset_train.txt`` and ``shs_dataset_test.txt``: comments with ``#``,
        headers ``%<work>,<work>, title``, lines ``TRACK<SEP>ARTIST<SEP>performance``.

    Raises
    ------
    IngestError
        A file is missing, empty or a git-LFS pointer.
    """
    for path in paths:
        check(path, is_a="a list of cliques", key="sources.cliques")
    state = fingerprint(paths, paths)
    return Source("cliques", state, (MSD_CLIQUES,), partial(_fill_cliques, paths))


def unique_tags(path: Path) -> Source:
    """Find the list of all Last.fm tags.

    Parameters
    ----------
    path : Path
        ``lastfm_unique_tags.txt``: a tag a line, followed by a tabulator and the
        number of its tracks, or by nothing.

    Raises
    ------
    IngestError
        The file is missing, empty or a git-LFS pointer.
    """
    return list_source(
        "unique_tags", path, LASTFM_UNIQUE_TAGS, _fill_tags, "the list of tags"
    )


def _fill_tracks(path: Path, load: Load) -> None:
    form = {"TRACK": TRACK_ID, "SONG": _SONG_ID, "artist": None, "title": None}
    _fill_named(path, MSD_UNIQUE_TRACKS, form, load)


def _fill_artists(path: Path, load: Load) -> None:
    form = {"ARTIST": _ARTIST_ID, "mbid": None, "TRACK": TRACK_ID, "name": None}
    _fill_named(path, MSD_UNIQUE_ARTISTS, form, load)


def _fill_named(path: Path, table: Table, form: _Form, load: Load) -> None:
    """Load lines of ids, which have to match, and names, which may be anything."""
    told = "<SEP>".join(form)
    rows = Rows(load, table)
    for number, line in numbered_lines(path, load.source):
        if not line:
            continue
        fields = _fields(number, line, told, load)
        if fields is None:
            continue
        cells = list(zip(form.values(), fields, strict=True))
        if not all(kind is None or kind.fullmatch(field) for kind, field in cells):
            load.set_aside(str(number), f"line is not '{told}'", line)
            continue
        values = (
            _name(field, load) if kind is None else field.decode()
            for kind, field in cells
        )
        rows.add(number, *values)
    rows.close(path, f"lines of {told}")


def _fields(number: int, line: bytes, form: str, load: Load) -> list[bytes] | None:
    """Split a line at its separator, or set it aside."""
    wanted = form.count("<SEP>") + 1
    separator = SEPARATOR if SEPARATOR in line else _OTHER_SEPARATOR
    fields = line.split(separator)
    if len(fields) == wanted:
        return fields
    if len(fields) > wanted:
        reason = f"names are ambiguous, as they hold {separator.decode()!r}"
        load.set_aside(str(number), reason, line)
    else:
        load.set_aside(str(number), f"line is not '{form}'", line)
    return None


def _fill_cliques(paths: Sequence[Path], load: Load) -> None:
    clique = 0
    for path in paths:
        rows = Rows(load, MSD_CLIQUES)
        before, first = load.rows, clique
        header: tuple[list[int] | None, str | None] = (None, None)
        position = 0
        for number, line in numbered_lines(path, load.source):
            if not line.strip() or line.startswith(b"#"):
                continue
            if line.startswith(b"%"):
                clique, position = clique + 1, 0
                header = _clique_header(number, line, path, load)
                continue
            track = _clique_track(line)
            if track is None:
                reason = "neither 'TRACK<SEP>ARTIST<SEP>performance' nor '%<work>, ...'"
                load.set_aside(str(number), reason, line, path=shown(path))
            elif clique == first:
                reason = "track before the first clique"
                load.set_aside(str(number), reason, line, path=shown(path))
            else:
                position += 1
                rows.add(clique, *header, position, *track, shown(path))
        rows.close(path, "cliques of '%<work>, title' and a track a line", before)


def _clique_header(
    number: int, line: bytes, path: Path, load: Load
) -> tuple[list[int] | None, str | None]:
    match = _CLIQUE.fullmatch(line)
    if match is None:
        reason = "header is not '%<work>, title', so the clique is loaded without it"
        load.set_aside(str(number), reason, line, path=shown(path))
        return None, None
    works = [int(work) for work in match[1].split(b",")]
    return works, _name(match[2] or b"", load)


def _clique_track(line: bytes) -> tuple[str, str, int | None] | None:
    fields = [field.strip() for field in line.split(SEPARATOR)]
    if len(fields) not in (2, 3):
        return None
    track_id, artist_id, *rest = fields
    if not TRACK_ID.fullmatch(track_id) or not _ARTIST_ID.fullmatch(artist_id):
        return None
    if rest and not _PERFORMANCE.fullmatch(rest[0]):
        return None
    return track_id.decode(), artist_id.decode(), int(rest[0]) if rest else None


def _fill_tags(path: Path, load: Load) -> None:
    rows = Rows(load, LASTFM_UNIQUE_TAGS)
    for number, line in numbered_lines(path, load.source):
        counted = _COUNTED_TAG.fullmatch(line)
        raw = counted[1] if counted else line
        if not raw:
            continue
        if b"\0" in raw:
            load.set_aside(str(number), "NUL inside the tag", line)
            continue
        try:
            tag = raw.decode()
        except UnicodeDecodeError:
            load.set_aside(str(number), "tag is not valid UTF-8", line)
            continue
        rows.add(number, tag, tag_nfkc(tag), int(counted[2]) if counted else None)
    rows.close(path, "a tag a line")


def _name(raw: bytes, load: Load) -> str | None:
    return clean(raw, load.repairs).strip() or None
