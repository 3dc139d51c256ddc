"""Published splits, so that results can be compared with papers.

A split is a file of track ids: ``.txt`` with one a line, ``.npy`` with an array of
them, ``.csv`` or ``.tsv`` with one in each line beside other columns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ingest.errors import IngestError
from ingest.files import check, fingerprint
from ingest.lists import TRACK_ID, Rows, numbered_lines
from ingest.load import Load, Source
from ingest.tables import PUBLISHED_SPLITS
from lyre.arrays import load_array
from lyre.errors import said
from lyre.filenames import shown

SPLITS = ("train", "validation", "test")

_TEXT_SUFFIXES = (".txt", ".csv", ".tsv")
_ARRAY_SUFFIX = ".npy"


def splits(files: Mapping[str, Mapping[str, Path]]) -> Source:
    """Find the files of published splits.

    Parameters
    ----------
    files : mapping
        Name of each split to ``train``, ``validation`` and ``test`` (or some of them)
        to a file.

    Returns
    -------
    Source
        Ready to load.

    Raises
    ------
    IngestError
        A file is missing or of another kind, or a part has another name.
    """
    listed = [
        (scheme, split, path)
        for scheme, parts in files.items()
        for split, path in parts.items()
    ]
    for scheme, split, path in listed:
        _check(scheme, split, path)
    paths = [path for _, _, path in listed]
    # The names are part of the state: rows change with them.
    named = "; ".join(
        f"{scheme} {split}: {shown(path.absolute())}" for scheme, split, path in listed
    )
    state = replace(fingerprint(paths, paths), path=named)
    return Source("splits", state, (PUBLISHED_SPLITS,), partial(_fill, listed))


def _check(scheme: str, split: str, path: Path) -> None:
    key = f"sources.splits.{scheme}.{split}"
    if split not in SPLITS:
        raise IngestError(
            f"no such part of a split: {split!r}",
            where=f"lyre.toml, {key}",
            expected="train, validation or test",
        )
    check(path, is_a="a list of track ids", key=key)
    if path.suffix not in (*_TEXT_SUFFIXES, _ARRAY_SUFFIX):
        raise IngestError(
            f"a split cannot be read from {path.suffix or 'a file without suffix'}",
            where=path,
            expected=", ".join((*_TEXT_SUFFIXES, _ARRAY_SUFFIX)),
        )


def _fill(listed: list[tuple[str, str, Path]], load: Load) -> None:
    for scheme, split, path in listed:
        before = load.rows
        rows = Rows(load, PUBLISHED_SPLITS)
        read = _array_items if path.suffix == _ARRAY_SUFFIX else _text_items
        for position, item in read(path):
            ids = set(TRACK_ID.findall(item))
            if len(ids) != 1:
                reason = f"{'no' if not ids else 'more than one'} MSD track id"
                load.set_aside(str(position), reason, item, path=shown(path))
                continue
            rows.add(scheme, split, position, ids.pop().decode())
        if load.rows == before:
            raise IngestError("the file holds no MSD track ids", where=path)
        rows.close(path, "a track id a line")


def _text_items(path: Path) -> Iterator[tuple[int, bytes]]:
    for number, line in numbered_lines(path, f"splits: {path.name}"):
        is_header = number == 1 and path.suffix != ".txt" and not TRACK_ID.search(line)
        if line.strip() and not is_header:
            yield number, line


def _array_items(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        array = load_array(path)
        items = array.tolist()
    except (ValueError, OSError) as error:
        told = said(error)
        raise IngestError(f"not a plain NumPy array: {told}", where=path) from error
    if array.ndim != 1 or array.dtype.kind not in "SU":
        raise IngestError(
            f"the array is of shape {array.shape} and type {array.dtype}",
            where=path,
            expected="one dimension of text",
        )
    for position, item in enumerate(items, start=1):
        # Half of a pair of surrogates is no character: the item is no track id then.
        text = item if isinstance(item, bytes) else item.encode(errors="replace")
        yield position, text
