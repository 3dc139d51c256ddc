"""``msd_summary_file.h5``: the summary file in the layout that PyTables gave it."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from lyre.console import Advance
from sample.names import hexadecimal, place, release, sevendigital_ids
from sample.plan import Numbers, Plan
from sample.randomness import stream

_CHUNK = 5_000

METADATA = np.dtype(
    [
        ("analyzer_version", "S32"),
        ("artist_7digitalid", "<i4"),
        ("artist_familiarity", "<f8"),
        ("artist_hotttnesss", "<f8"),
        ("artist_id", "S32"),
        ("artist_latitude", "<f8"),
        ("artist_location", "S1024"),
        ("artist_longitude", "<f8"),
        ("artist_mbid", "S40"),
        ("artist_name", "S1024"),
        ("artist_playmeid", "<i4"),
        ("genre", "S1024"),
        ("idx_artist_terms", "<i4"),
        ("idx_similar_artists", "<i4"),
        ("release", "S1024"),
        ("release_7digitalid", "<i4"),
        ("song_hotttnesss", "<f8"),
        ("song_id", "S32"),
        ("title", "S1024"),
        ("track_7digitalid", "<i4"),
    ]
)
# The summary file lacks these arrays, but keeps the columns that point into them.
_ARRAYS = (
    "bars_confidence",
    "bars_start",
    "beats_confidence",
    "beats_start",
    "sections_confidence",
    "sections_start",
    "segments_confidence",
    "segments_loudness_max",
    "segments_loudness_max_time",
    "segments_loudness_start",
    "segments_pitches",
    "segments_start",
    "segments_timbre",
    "tatums_confidence",
    "tatums_start",
)
ANALYSIS = np.dtype(
    [
        ("analysis_sample_rate", "<i4"),
        ("audio_md5", "S32"),
        ("danceability", "<f8"),
        ("duration", "<f8"),
        ("end_of_fade_in", "<f8"),
        ("energy", "<f8"),
        *((f"idx_{name}", "<i4") for name in _ARRAYS),
        ("key", "<i4"),
        ("key_confidence", "<f8"),
        ("loudness", "<f8"),
        ("mode", "<i4"),
        ("mode_confidence", "<f8"),
        ("start_of_fade_out", "<f8"),
        ("tempo", "<f8"),
        ("time_signature", "<i4"),
        ("time_signature_confidence", "<f8"),
        ("track_id", "S32"),
    ]
)
MUSICBRAINZ = np.dtype([("idx_artist_mbtags", "<i4"), ("year", "<i4")])

_GROUPS = {
    "metadata": ("metadata about the song", "table of metadata for one song"),
    "analysis": (
        "Echo Nest analysis of the song",
        "table of Echo Nest analysis for one song",
    ),
    "musicbrainz": (
        "data about the song coming from MusicBrainz",
        "table of data coming from MusicBrainz",
    ),
}
# Code of PyTables for gzip 1 with shuffle.
_FILTERS = np.int64(65793)

# Shares of missing values, as counted in 283 real files.
_NO_HOTNESS, _NO_PLACE, _NO_PLAYME = 132 / 283, 170 / 283, 114 / 283
_NO_LOCATION, _NO_MBID, _NO_TEMPO = 117 / 283, 17 / 283, 1 / 283
_LATE_FADE_OUT = 21 / 279

Rows = npt.NDArray[np.void]


def write_summary(path: Path, plan: Plan, advance: Advance) -> None:
    """Write the summary file.

    Parameters
    ----------
    path : Path
        A file that does not exist.
    plan : Plan
        The songs.
    advance : callable
        Called with the number of songs just written.
    """
    artists = _Artists(plan)
    with h5py.File(path, "w", libver="earliest") as file:
        _describe(file, "H5 Song File", PYTABLES_FORMAT_VERSION="2.0")
        tables = {
            "metadata": _table(file, "metadata", METADATA, plan.size),
            "analysis": _table(file, "analysis", ANALYSIS, plan.size),
            "musicbrainz": _table(file, "musicbrainz", MUSICBRAINZ, plan.size),
        }
        for part, start in enumerate(range(0, plan.size, _CHUNK)):
            songs = np.arange(start, min(start + _CHUNK, plan.size))
            rng = stream(plan.seed, "msd", part)
            rows = {
                "metadata": _metadata(plan, artists, songs, rng),
                "analysis": _analysis(plan, songs, rng),
                "musicbrainz": _musicbrainz(plan, songs),
            }
            for name, table in tables.items():
                table[songs[0] : songs[-1] + 1] = rows[name]
            advance(len(songs))


def _text(value: str) -> np.bytes_:
    return np.bytes_(value.encode("ascii"))


def _describe(group: h5py.Group, title: str, **more: str) -> None:
    attributes = {"CLASS": "GROUP", "TITLE": title, "VERSION": "1.0"} | more
    for name in sorted(attributes):
        group.attrs[name] = _text(attributes[name])
    group.attrs["FILTERS"] = _FILTERS


def _table(
    file: h5py.File, name: str, dtype: np.dtype[np.void], size: int
) -> h5py.Dataset:
    group_title, title = _GROUPS[name]
    group = file.create_group(name)
    _describe(group, group_title)
    table = group.create_dataset(
        "songs",
        shape=(size,),
        maxshape=(None,),
        dtype=dtype,
        chunks=(chunk_rows(dtype.itemsize, size),),
        compression="gzip",
        compression_opts=1,
        shuffle=True,
        track_times=False,
    )
    attributes: dict[str, np.generic] = {"CLASS": _text("TABLE")}
    attributes["NROWS"] = np.int64(size)
    attributes |= {"TITLE": _text(title), "VERSION": _text("2.6")}
    for number, field in enumerate(dtype.names or ()):
        attributes[f"FIELD_{number}_NAME"] = _text(field)
        kind = dtype[field]
        empty = _text("") if kind.kind == "S" else kind.type(0)
        attributes[f"FIELD_{number}_FILL"] = empty
    for attribute in sorted(attributes):
        _attach(table, attribute, attributes[attribute])
    return table


def _attach(table: h5py.Dataset, name: str, value: np.generic) -> None:
    """Set an attribute; PyTables ends those of tables with a zero byte."""
    dtype: np.dtype[Any] = value.dtype
    if isinstance(value, np.bytes_):
        dtype = np.dtype(f"S{len(value) + 1}")
    table.attrs.create(name, value, dtype=dtype)


def chunk_rows(row_bytes: int, expected: int) -> int:
    """Return the rows of a chunk that PyTables would choose.

    It takes 8 KiB, doubled with each power of ten of the expected mebibytes, and
    expects 10,000 rows unless it is told of more. Song files confirm it: 3, 37 and
    1,024 rows.

    Parameters
    ----------
    row_bytes : int
        Size of a row.
    expected : int
        Number of rows.
    """
    mebibytes = row_bytes * max(expected, 10_000) // 2**20
    power = min(len(str(mebibytes)) - 1 if mebibytes else 0, 6)
    return max(1, (8 * 1024 << power) // row_bytes)


class _Artists:
    """Facts of the artists, the same on all of their songs."""

    def __init__(self, plan: Plan) -> None:
        count = len(plan.artist_name)
        rng = stream(plan.seed, "artists")
        self.name = np.array([name.encode() for name in plan.artist_name])
        self.sevendigital = sevendigital_ids(plan.seed, "artist", count)
        self.familiarity = rng.beta(5, 4, count)
        self.hotness = rng.beta(5, 8, count)
        unplaced = rng.random(count) < _NO_PLACE
        self.latitude = np.where(unplaced, np.nan, rng.uniform(-45, 65, count).round(5))
        self.longitude = np.where(
            unplaced, np.nan, rng.uniform(-130, 150, count).round(5)
        )
        towns = [
            place(int(number)).encode() for number in rng.integers(0, 10**6, count)
        ]
        self.location = np.where(rng.random(count) < _NO_LOCATION, b"", towns)
        self.mbid = np.where(rng.random(count) < _NO_MBID, b"", _mbids(rng, count))
        unknown = rng.random(count) < _NO_PLAYME
        self.playme = np.where(unknown, -1, rng.integers(1, 70_000, count))


def _mbids(rng: np.random.Generator, count: int) -> npt.NDArray[np.bytes_]:
    text = hexadecimal(rng, count, 36).view(np.uint8).reshape(count, 36)
    text[:, [8, 13, 18, 23]] = ord("-")
    text[:, 14] = ord("4")
    return text.reshape(-1).view("S36")


def _metadata(
    plan: Plan, artists: _Artists, songs: Numbers, rng: np.random.Generator
) -> Rows:
    rows = np.zeros(len(songs), dtype=METADATA)
    artist = plan.artist[songs]
    rows["artist_7digitalid"] = artists.sevendigital[artist]
    rows["artist_familiarity"] = artists.familiarity[artist]
    rows["artist_hotttnesss"] = artists.hotness[artist]
    rows["artist_id"] = plan.artist_id[artist]
    rows["artist_latitude"] = artists.latitude[artist]
    rows["artist_location"] = artists.location[artist]
    rows["artist_longitude"] = artists.longitude[artist]
    rows["artist_mbid"] = artists.mbid[artist]
    rows["artist_name"] = artists.name[artist]
    rows["artist_playmeid"] = artists.playme[artist]
    keys = plan.release_key[songs].tolist()
    rows["release"] = [release(key).encode() for key in keys]
    rows["release_7digitalid"] = plan.release_key[songs] % 890_000 + 1
    cold = rng.random(len(songs)) < _NO_HOTNESS
    rows["song_hotttnesss"] = np.where(cold, np.nan, rng.beta(6, 6, len(songs)))
    rows["song_id"] = plan.song_id[songs]
    rows["title"] = [plan.title(song).encode() for song in songs.tolist()]
    rows["track_7digitalid"] = plan.sevendigital[songs]
    return rows


def _analysis(plan: Plan, songs: Numbers, rng: np.random.Generator) -> Rows:
    count = len(songs)
    rows = np.zeros(count, dtype=ANALYSIS)
    rows["analysis_sample_rate"] = 22050
    rows["audio_md5"] = hexadecimal(rng, count, 32)
    duration = rng.lognormal(np.log(230), 0.35, count).clip(32, 3_000).round(5)
    rows["duration"] = duration
    rows["end_of_fade_in"] = rng.exponential(0.6, count).round(3)
    rows["key"] = rng.integers(0, 12, count)
    rows["key_confidence"] = rng.random(count).round(3)
    rows["loudness"] = -rng.gamma(4, 2.4, count).round(3) - 1
    rows["mode"] = rng.random(count) < 0.67
    rows["mode_confidence"] = rng.random(count).round(3)
    late = rng.random(count) < _LATE_FADE_OUT
    fade = np.where(late, -rng.random(count) * 0.001, rng.exponential(8, count))
    rows["start_of_fade_out"] = np.maximum(duration - fade, 0.5 * duration)
    stopped = rng.random(count) < _NO_TEMPO
    rows["tempo"] = np.where(
        stopped, 0, rng.normal(122, 30, count).clip(40, 250)
    ).round(3)
    rows["time_signature"] = rng.choice(
        (1, 3, 4, 5, 7), count, p=(0.12, 0.1, 0.7, 0.05, 0.03)
    )
    rows["time_signature_confidence"] = rng.random(count).round(3)
    rows["track_id"] = plan.track_id[songs]
    return rows


def _musicbrainz(plan: Plan, songs: Numbers) -> Rows:
    rows = np.zeros(len(songs), dtype=MUSICBRAINZ)
    rows["year"] = plan.year[songs]
    return rows
