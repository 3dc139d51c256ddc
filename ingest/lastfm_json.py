"""The JSON files of Last.fm, tags and similar tracks, to ``raw.lastfm_*``.

The train and test releases have an object a file, ``A/B/C/TRABC....json``; files with
an object a line (``.jsonl``) are read too. Tracks and tags get row numbers of their
own, from 1, in the order of reading. As in ``lastfm_tags.db``, a track is in ``tids``
only if it has a tag. Values are strings, "0" to "100".

A later load reads only files that are new or have changed, and numbers on.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

import pyarrow as pa

from ingest.errors import IngestError
from ingest.files import check, fault_in, fault_of, fingerprint, unreadable, walk
from ingest.lastfm import TABLES
from ingest.lastfm_names import insert_tags, insert_tids
from ingest.lastfm_tree import (
    REPEATED,
    keep_unchanged,
    kept_files_repeated,
    take_others_out,
)
from ingest.lists import TRACK_ID
from ingest.load import Load, Source, count_rows
from ingest.tables import LASTFM_SIMILARS, LASTFM_TID_TAG, LASTFM_TRACKS
from ingest.text import restore
from lyre.console import progress
from lyre.counting import counted
from lyre.filenames import shown

_LINES = ".jsonl"
_SUFFIXES = (".json", _LINES)
_ROWS_HELD = 100_000


def is_json(path: Path) -> bool:
    """Tell by its name whether a path is a file that `source` takes."""
    return path.suffix.lower() in _SUFFIXES


def source(paths: Sequence[Path]) -> Source:
    """Find the files.

    Parameters
    ----------
    paths : sequence of Path
        Files ``*.json`` and ``*.jsonl``, and folders of them at any depth. A track
        that occurs again is taken from the first.

    Returns
    -------
    Source
        Ready to load.

    Raises
    ------
    IngestError
        A named file is missing or empty, or a folder holds no JSON file.
    """
    for path in paths:
        if not path.is_dir():
            check(path, is_a="a JSON file of Last.fm", key="sources.lastfm")
        elif next(walk(path, _SUFFIXES), None) is None:
            raise IngestError(
                "the folder holds no files of Last.fm",
                where=path,
                expected="*.json, *.jsonl, or tids.csv, tags.csv and tid_tag.csv",
                remedy="set sources.lastfm in lyre.toml",
            )
    files = find_files(paths)
    state = fingerprint(paths, files)
    named = {path for path in paths if not path.is_dir()}
    return Source("lastfm", state, TABLES, partial(_fill, files, named), keep_unchanged)


def find_files(paths: Sequence[Path]) -> list[Path]:
    """List the files that `source` would read, without looking into them."""
    found = [
        file
        for path in paths
        for file in (sorted(walk(path, _SUFFIXES)) if path.is_dir() else [path])
    ]
    return list(dict.fromkeys(found))


def _fill(files: Sequence[Path], named: set[Path], load: Load) -> None:
    _read(files, named, load)
    if repeated := kept_files_repeated(load):
        # Which file comes first decides, so these are read in their place after all.
        load.kept_files -= repeated
        take_others_out(load)
        load.forget_aside()
        _read(files, named, load)
    if not count_rows(load.connection, LASTFM_TRACKS):
        raise IngestError(
            f"no track in {counted(len(files), 'file')}",
            where=load.path,
            expected='objects with "track_id" and "tags"',
        )
    load.rows = sum(count_rows(load.connection, table) for table in TABLES)


def _read(files: Sequence[Path], named: set[Path], load: Load) -> None:
    rows = _Rows.after_those_kept(load)
    pending = [file for file in files if _name(file) not in load.kept_files]
    with progress("last.fm files", len(pending), "file") as advance:
        for file in pending:
            if file.suffix.lower() == _LINES:
                _read_lines(file, file in named, rows, load)
            else:
                _read_file(file, file in named, rows, load)
            advance(1)
    rows.close()


def _refuse(file: Path, reason: str, is_named: bool, load: Load) -> None:
    if is_named:
        raise IngestError(reason, where=file, expected="a JSON file of Last.fm")
    load.set_file_aside(_name(file), reason)


def _name(file: Path) -> str:
    return shown(file.absolute())


def _read_file(file: Path, is_named: bool, rows: "_Rows", load: Load) -> None:
    record: Any = None
    try:
        content = file.read_bytes()
        fault = fault_in(content)
    except OSError as error:
        fault = unreadable(error)
    if fault is None:
        record, fault = _parse(content)
    if fault is None:
        fault = rows.add(record, _name(file), "")
    if fault == REPEATED:
        load.set_aside(None, fault, record["track_id"], path=_name(file))
    elif fault is not None:
        _refuse(file, fault, is_named, load)


def _read_lines(file: Path, is_named: bool, rows: "_Rows", load: Load) -> None:
    if fault := fault_of(file):
        _refuse(file, fault, is_named, load)
        return
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            record, fault = _parse(line)
            if fault is None:
                fault = rows.add(record, _name(file), f"line {number}, ")
            if fault is not None:
                load.set_aside(str(number), fault, line.strip(), path=_name(file))


def _parse(content: bytes) -> tuple[Any, str | None]:
    try:
        return json.loads(content), None
    except UnicodeDecodeError:
        return None, "not valid UTF-8"
    except (ValueError, RecursionError):
        return None, "not valid JSON"


@dataclass
class _Rows:
    """Gathers the rows of many files and writes them together."""

    load: Load
    seen: set[str] = field(default_factory=set)
    _tag_rows: dict[str, int] = field(default_factory=dict)
    _last_tid: int = 0
    _last_tag: int = 0
    _tids: list[str] = field(default_factory=list)
    _new_tags: list[str] = field(default_factory=list)
    _pairs: list[tuple[int, int, float]] = field(default_factory=list)
    _similars: list[tuple[str, str, float, int]] = field(default_factory=list)
    _tracks: list[tuple[str | None, ...]] = field(default_factory=list)

    @classmethod
    def after_those_kept(cls, load: Load) -> "_Rows":
        """Return rows that are numbered on after those of the files kept."""
        ((tid, tag),) = load.connection.execute(
            "select (select coalesce(max(tid_rowid), 0) from raw.lastfm_tids), "
            "(select coalesce(max(tag_rowid), 0) from raw.lastfm_tags)"
        ).fetchall()
        known = load.connection.execute("select tag, tag_rowid from raw.lastfm_tags")
        return cls(load, _tag_rows=dict(known.fetchall()), _last_tid=tid, _last_tag=tag)

    def add(self, record: Any, path: str, place: str) -> str | None:
        """Add a track, or say why not.

        Parameters
        ----------
        record : object
            As it was parsed.
        path : str
            Its file.
        place : str
            Its place in the file, a prefix of positions.
        """
        if not isinstance(record, dict):
            return "not a JSON object"
        track_id = record.get("track_id")
        if not _is_track_id(track_id):
            return "track_id is no MSD track id"
        if track_id in self.seen:
            return REPEATED
        lists = [record.get("tags", []), record.get("similars", [])]
        if not all(isinstance(each, list) for each in lists):
            return "tags or similars is no list"
        self.seen.add(track_id)
        tags, similars = lists
        texts = [
            self._text(record, key, path, place)
            for key in ("artist", "title", "timestamp")
        ]
        self._tracks.append((track_id, *texts, path))
        self._add_tags(track_id, tags, path, place)
        self._add_similars(track_id, similars, path, place)
        if len(self._pairs) + len(self._similars) + len(self._tracks) >= _ROWS_HELD:
            self._flush()
        return None

    def close(self) -> None:
        """Write what is held."""
        self._flush()

    def _text(
        self, record: dict[str, Any], key: str, path: str, place: str
    ) -> str | None:
        text = record.get(key)
        if text is None:
            return None
        if not isinstance(text, str) or not _is_unicode(text):
            fault = f"{key} is no text, so it is loaded as NULL"
            self.load.set_aside(f"{place}{key}", fault, json.dumps(text), path=path)
            return None
        return restore(text, self.load.repairs).strip() or None

    def _add_tags(self, track_id: str, tags: list[Any], path: str, place: str) -> None:
        tid_row = self._last_tid + len(self._tids) + 1
        has_tag = False
        for number, entry in enumerate(tags, start=1):
            tag, value, fault = _tag(entry)
            if fault is not None:
                position = f"{place}tag {number}"
                self.load.set_aside(position, fault, json.dumps(entry), path=path)
                continue
            row = self._tag_rows.get(tag)
            if row is None:
                self._new_tags.append(tag)
                row = self._tag_rows[tag] = self._last_tag + len(self._new_tags)
            self._pairs.append((tid_row, row, value))
            has_tag = True
        if has_tag:
            self._tids.append(track_id)

    def _add_similars(
        self, track_id: str, similars: list[Any], path: str, place: str
    ) -> None:
        for number, entry in enumerate(similars, start=1):
            other, score, fault = _similar(entry)
            if fault is None:
                self._similars.append((track_id, other, score, number))
            else:
                position = f"{place}similar {number}"
                self.load.set_aside(position, fault, json.dumps(entry), path=path)

    def _flush(self) -> None:
        tids = range(self._last_tid + 1, self._last_tid + len(self._tids) + 1)
        tags = range(self._last_tag + 1, self._last_tag + len(self._new_tags) + 1)
        insert_tids(tids, self._tids, self.load)
        insert_tags(tags, self._new_tags, self.load)
        self._last_tid += len(tids)
        self._last_tag += len(tags)
        for table, rows in (
            (LASTFM_TID_TAG, self._pairs),
            (LASTFM_SIMILARS, self._similars),
            (LASTFM_TRACKS, self._tracks),
        ):
            if rows:
                columns = (list(values) for values in zip(*rows, strict=True))
                batch = dict(zip(table.column_names, columns, strict=True))
                self.load.insert(table, pa.table(batch))
        for held in (
            *(self._tids, self._new_tags),
            *(self._pairs, self._similars, self._tracks),
        ):
            held.clear()


def _tag(entry: Any) -> tuple[str, float, str | None]:
    if not isinstance(entry, list) or len(entry) != 2:
        return "", 0.0, "tag is no pair of name and value"
    tag, value = entry
    if not isinstance(tag, str):
        return "", 0.0, f"tag is of type {type(tag).__name__}, not text"
    if "\0" in tag:
        return "", 0.0, "NUL inside the tag"
    if not _is_unicode(tag):
        return "", 0.0, "tag is not valid Unicode"
    number = _number(value)
    return tag, number or 0.0, None if number is not None else "val is no number"


def _similar(entry: Any) -> tuple[str, float, str | None]:
    if not isinstance(entry, list) or len(entry) != 2:
        return "", 0.0, "similar is no pair of track and score"
    track, score = entry
    if not _is_track_id(track):
        return "", 0.0, "similar track is no MSD track id"
    number = _number(score)
    return track, number or 0.0, None if number is not None else "score is no number"


def _is_track_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(
        TRACK_ID.fullmatch(value.encode(errors="replace"))
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
