"""Text lists, published splits, and the tables of other data sets."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fuzz.readers.loading import load_source
from fuzz.readers.reader import REAL, Reader
from ingest import lists, name_lists, splits
from ingest.datasets import load as datasets
from ingest.load import Source

_TRACK, _SONG, _ARTIST = (name + "A" * 16 for name in ("TR", "SO", "AR"))
_LINES = 200

_MISMATCHES = f"ERROR: <{_SONG} {_TRACK}> Don\x19t  -  b  !=  Björk  -  d\n".encode()
_DUPLICATES = f"""# a comment
%0 Sigur Rós - Takk
{_TRACK}
TR{"B" * 16}
%-1 The Smiths - Ask
{_TRACK}<SEP>AR<SEP>x
""".encode()
_TRACKS = f"{_TRACK}<SEP>{_SONG}<SEP>Sigur Rós<SEP>Don\x19t; never\x1cmind\n".encode()
_ARTISTS = f"{_ARTIST}<SEP>9dfe78a6<SEP>{_TRACK}<SEP>Björk\n".encode()
_CLIQUES = f"# c\n%123,-4, Ask\n{_TRACK}<SEP>{_ARTIST}<SEP>-1\n".encode()
_TAGS = "rock\t101071\n日本語ロック\t12\n".encode()
_JAMENDO = (
    b"TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\r\n"
    b"track_1\tartist_1\talbum_1\t01/1.mp3\t212.7\tgenre---rock\tmood/theme---calm\r\n"
    b"track_2\tartist_2\talbum_2\t02/2.mp3\t12.5\tinstrument---piano\r\n"
)
_MAGNATAGATUNE = (
    b'"clip_id"\t"no voice"\t"singer"\t"mp3_path"\n'
    b'"2"\t"0"\t"1"\t"f/a-1-0-29.mp3"\n"6"\t"1"\t"0"\t"c/b-1-0-29.mp3"\n'
)
_CLIP_INFO = (
    b'"clip_id"\t"title"\t"artist"\t"album"\t"segmentStart"\t"segmentEnd"\t"mp3_path"\n'
    b'"2"\t"BWV54"\t"Bach"\t"x"\t"30"\t"59"\t"f/a-1-0-29.mp3"\n'
)
_FMA = (
    b",album,album,artist,artist,set,track,track,track,track,track,track\n"
    b",id,title,id,name,split,duration,genre_top,genres,genres_all,tags,title\n"
    b"track_id,,,,,,,,,,,\n"
    b'2,1,AWOL,1,AWOL,training,168,Hip-Hop,"[21, 5]","[21, 5, 38]","[\'a, b\']",Food\n'
    b'155066,2,y,9,x,validation,30,,"[5]","[5]",[],\n'
)
_GENRES = b"genre_id,#tracks,parent,title\n21,1,38,Hip-Hop\n5,1,0,Classical\n"
_PLAIN = (
    'Path,Tags,artist,duration,split\na\\b.mp3,"Rock; genre---jazz",Björk,12.5,dev\n'
    "c.mp3,,,,\n"
).encode()
_WEIGHED = b"path,tag,weight,category\na.mp3,rock,0.5,genre\na.mp3,pop,1,\n"


def _head(pattern: str, otherwise: bytes) -> Callable[[Path], Sequence[Path]]:
    """Take the first lines of a real list; without it, ours."""

    def seeds(folder: Path) -> Sequence[Path]:
        found = sorted(REAL.glob(pattern)) if REAL.is_dir() else []
        made = []
        for file in found:
            lines = file.read_bytes().split(b"\n")
            # Its end differs from its start in some lists.
            kept = [*lines[: _LINES // 2], *lines[-_LINES // 2 :]]
            made.append(_write(folder, file.name, b"\n".join(kept)))
        return [*made, _write(folder, "short.txt", otherwise)]

    return seeds


def _write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _folder(**files: bytes) -> Callable[[Path], Sequence[Path]]:
    def seeds(folder: Path) -> Sequence[Path]:
        for name, content in files.items():
            _write(folder / "tables", f"{name}.csv", content)
        return [folder / "tables"]

    return seeds


def _jamendo(folder: Path) -> Sequence[Path]:
    found = sorted(REAL.glob("jamendo/*head200.tsv")) if REAL.is_dir() else []
    return [*found, _write(folder, "autotagging-train.tsv", _JAMENDO)]


def _plain(folder: Path) -> Sequence[Path]:
    table = {
        "path": ["a.mp3", "b"],
        "tags": [["x", "y"], None],
        "duration": [1, None],
    }
    pq.write_table(pa.table(table), folder / "own.parquet")
    return [
        _write(folder, "own.csv", _PLAIN),
        _write(folder, "weighed.csv", _WEIGHED),
        folder / "own.parquet",
    ]


def _splits(folder: Path) -> Sequence[Path]:
    ids = [f"TR{number:016}" for number in range(40)]
    np.save(folder / "ids.npy", np.array(ids))
    np.save(folder / "bytes.npy", np.array(ids).astype("S18"))
    return [
        folder / "ids.npy",
        folder / "bytes.npy",
        _write(folder, "ids.txt", "\n".join(ids).encode()),
        _write(folder, "ids.csv", "\n".join(f"{each},rock" for each in ids).encode()),
    ]


def _loaded(find: Callable[[Path], Source]) -> Callable[[Path], object]:
    return lambda path: load_source(find(path))


def _dataset(format_name: str) -> Callable[[Path], object]:
    return _loaded(lambda path: datasets.source(format_name, [path], "other"))


READERS: Sequence[Reader] = (
    Reader(
        "mismatches",
        _head("msd/sid_mismatches.txt", _MISMATCHES),
        _loaded(lists.mismatches),
    ),
    Reader("duplicates", _head("-", _DUPLICATES), _loaded(lists.duplicates)),
    Reader(
        "unique-tracks",
        _head("msd/*unique_tracks*", _TRACKS),
        _loaded(name_lists.unique_tracks),
    ),
    Reader(
        "unique-artists",
        _head("msd/*unique_artists*", _ARTISTS),
        _loaded(name_lists.unique_artists),
    ),
    Reader(
        "cliques",
        _head("msd/shs*", _CLIQUES),
        _loaded(lambda path: name_lists.cliques([path])),
    ),
    Reader("unique-tags", _head("-", _TAGS), _loaded(name_lists.unique_tags)),
    Reader(
        "splits",
        _splits,
        _loaded(lambda path: splits.splits({"choi": {"train": path}})),
    ),
    Reader("jamendo", _jamendo, _dataset("jamendo")),
    Reader(
        "magnatagatune",
        _folder(annotations_final=_MAGNATAGATUNE, clip_info_final=_CLIP_INFO),
        _dataset("magnatagatune"),
    ),
    Reader("fma", _folder(tracks=_FMA, genres=_GENRES), _dataset("fma")),
    Reader("plain", _plain, _dataset("plain")),
)
