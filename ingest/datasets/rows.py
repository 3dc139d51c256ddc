"""Tracks and tags of a data set on their way into the raw tables.

A data set may name a track in several lines or files: its facts are then taken
together, the first that is stated counts, and its tags are united.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.errors import IngestError
from ingest.load import Load
from ingest.tables import DATASET_TAGS, DATASET_TRACKS
from ingest.text import tag_nfkc
from lyre.console import Advance
from lyre.filenames import shown

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    "test": "test",
}
"""Names of splits as they occur, and as they are written."""

_ROWS_HELD = 50_000
_LINES_TOLD = 1_000
_LONGEST_FIELD = 1 << 26

_FACTS = DATASET_TRACKS.column_names[2:]
_TEXTS = [name for name in _FACTS if name != "duration"]
_PLACE = [("row_number", pa.int64()), ("file", pa.string()), ("line", pa.int64())]
_TRACKS = pa.schema(
    [
        *_PLACE,
        ("track_id", pa.string()),
        *((name, pa.string()) for name in _TEXTS),
        ("duration", pa.float64()),
    ]
)
_TAGS = pa.schema(
    [
        *((name, pa.string()) for name in DATASET_TAGS.column_names[1:5]),
        ("weight", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a track, with its category and weight where there is one."""

    tag: str
    category: str | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file and a line (or row), from 1."""

    file: Path
    line: int


@dataclass
class Rows:
    """Gathers the tracks and tags of a data set.

    Attributes
    ----------
    work : Load
        The load that they belong to.
    advance : callable
        Told how many lines (or rows) were read.
    """

    work: Load
    advance: Advance
    _count: int = 0
    _tracks: list[dict[str, Any]] = field(default_factory=list)
    _tags: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, schema in (("new_tracks", _TRACKS), ("new_tags", _TAGS)):
            with self.work.registered("nothing", schema.empty_table()):
                self.work.connection.execute(
                    f"create or replace temp table {name} as from nothing"
                )

    def add(
        self,
        place: Place,
        track_id: str,
        tags: Sequence[Tag],
        *,
        duration: float | None = None,
        **texts: str | None,
    ) -> None:
        """Add what a line says of a track.

        Parameters
        ----------
        place : Place
            Where it is said.
        track_id : str
            The track.
        tags : sequence of Tag
            Its tags.
        duration : float, optional
            Its length in seconds.
        **texts : str or None
            Columns of ``raw.dataset_tracks``; empty text is NULL.
        """
        known = {name: text for name, text in texts.items() if text}
        if not track_id:
            self.set_aside(place, "the track id is empty", "; ".join(known.values()))
            return
        self._count += 1
        row = {"track_id": track_id, "duration": duration, **known}
        where = {"file": shown(place.file), "line": place.line}
        self._tracks.append({"row_number": self._count, **where, **row})
        for tag in tags:
            if fault := _fault_of(tag.tag):
                self.set_aside(place, fault, tag.tag)
                continue
            self._tags.append(
                {
                    "track_id": track_id,
                    "category": tag.category,
                    "tag": tag.tag,
                    "tag_nfkc": tag_nfkc(tag.tag),
                    "weight": tag.weight,
                }
            )
        if len(self._tracks) + len(self._tags) >= _ROWS_HELD:
            self._flush()

    def set_aside(self, place: Place, reason: str, content: object) -> None:
        """Keep a line or cell that cannot be loaded, with the reason."""
        self.work.set_aside(str(place.line), reason, content, path=shown(place.file))

    def read_lines(
        self, path: Path, dialect: dict[str, Any]
    ) -> Iterator[tuple[Place, list[str]]]:
        """Yield the lines of a table as text that is valid, and where they stand.

        Parameters
        ----------
        path : Path
            The table, in UTF-8. A line that is not is set aside.
        dialect : dict
            Arguments of `csv.reader`.

        Raises
        ------
        IngestError
            It is no such table.
        """
        csv.field_size_limit(_LONGEST_FIELD)
        with path.open(
            encoding="utf-8-sig", errors="surrogateescape", newline=""
        ) as file:
            reader = csv.reader(file, **dialect)
            told = 0
            try:
                for fields in reader:
                    place = Place(path, reader.line_num)
                    if place.line - told >= _LINES_TOLD:
                        self.advance(place.line - told)
                        told = place.line
                    if not _is_text("".join(fields)):
                        raw = "\t".join(fields).encode("utf-8", "surrogateescape")
                        self.set_aside(place, "line is not valid UTF-8", raw)
                    elif any(fields):
                        yield place, fields
            except csv.Error as error:
                line = reader.line_num
                raise IngestError(
                    f"line {line} cannot be read: {error}", where=path
                ) from error
            self.advance(reader.line_num - told)

    def seconds(self, place: Place, text: str | None) -> float | None:
        """Read a length; what is neither empty nor a length is set aside."""
        if not text:
            return None
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < float("inf"):
            self.set_aside(place, "duration is no number of seconds", text)
            return None
        return seconds

    def split(self, place: Place, text: str | None) -> str | None:
        """Read the name of a split; one that is unknown is set aside."""
        if not text:
            return None
        name = SPLITS.get(text.strip().lower())
        if name is None:
            self.set_aside(place, "split is not train, validation or test", text)
        return name

    def close(self) -> None:
        """Unite what was said of each track and write it to the raw tables.

        Raises
        ------
        IngestError
            There was no track.
        """
        self._flush()
        if self._count == 0:
            raise IngestError("the files hold no track", where=self.work.path)
        self._set_contradictions_aside()
        facts = ", ".join(
            f"arg_min({name}, row_number) filter ({name} is not null)"
            for name in _FACTS
        )
        tracks = f"""
            insert into raw.dataset_tracks
            select ?, track_id, {facts} from new_tracks group by track_id
        """  # noqa: S608
        tags = """
            insert into raw.dataset_tags
            select ?, track_id, category, tag, tag_nfkc, max(weight)
            from new_tags group by track_id, category, tag, tag_nfkc
        """
        for statement in (tracks, tags):
            ((rows,),) = self.work.connection.execute(
                statement, [self.work.source]
            ).fetchall()
            self.work.rows += rows
        for name in ("new_tracks", "new_tags"):
            self.work.connection.execute(f"drop table {name}")

    def _set_contradictions_aside(self) -> None:
        for name in ("path", "split"):
            self.work.connection.execute(
                f"""
                insert into raw.rows_set_aside
                select
                    ?, ?, file, line::varchar,
                    '{name} differs from that of an earlier line, which counts',
                    concat(track_id, ': ', {name})
                from new_tracks
                join (
                    select
                        track_id,
                        arg_min({name}, row_number) filter ({name} is not null) as first
                    from new_tracks group by track_id
                    having count(distinct {name}) > 1
                ) using (track_id)
                where {name} <> first
                order by row_number
                """,  # noqa: S608
                [self.work.run_id, self.work.source],
            )

    def _flush(self) -> None:
        for name, rows, schema in (
            ("new_tracks", self._tracks, _TRACKS),
            ("new_tags", self._tags, _TAGS),
        ):
            batch = pa.Table.from_pylist(rows, schema=schema)
            with self.work.registered("batch", batch):
                self.work.connection.execute(f"insert into {name} from batch")
            rows.clear()


def find_columns(
    header: Sequence[str], wanted: Sequence[str], path: Path
) -> dict[str, int]:
    """Return the place of each column by its name, which must hold those wanted.

    Raises
    ------
    IngestError
        It names the column that is missing.
    """
    places = {name.strip(): place for place, name in enumerate(header)}
    for name in wanted:
        if name not in places:
            raise IngestError(
                f"there is no column {name}",
                where=path,
                expected=f"a header with {', '.join(wanted)}",
            )
    return places


def split_category(text: str) -> Tag:
    """Take ``genre---rock`` apart; a tag without ``---`` has no category."""
    category, found, tag = text.partition("---")
    return Tag(tag, category) if found else Tag(text)


def _fault_of(tag: str) -> str | None:
    if not tag:
        return "the tag is empty"
    if "\0" in tag:
        return "NUL inside the tag"
    return None if _is_text(tag) else "the tag is not valid Unicode"


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
