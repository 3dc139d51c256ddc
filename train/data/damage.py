"""Damaged shards, told by name: before the first epoch, or when one is met.

TensorFlow checks the checksums of every record that it reads, but says only where in
some file the damage lies.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dataset import framing, records
from dataset.containers import CONTAINERS
from dataset.errors import DatasetError
from lyre.counting import counted
from train.data.tracks import Tracks
from train.errors import TrainError

# What `tf.data.experimental.assert_cardinality` says.
_ANOTHER_NUMBER = "Input dataset was expected to contain"
_REMEDY = "`python -m export verify` lists all damage; export again to mend it"


def check(splits: Iterable[Tracks]) -> None:
    """Read every record of the shards of some splits and check its checksums.

    Raises
    ------
    TrainError
        A shard is damaged; the first one is named, with the record, and the number
        of others.
    """
    faults = [
        fault
        for tracks in splits
        for shard in tracks.shards
        if (fault := _fault(Path(shard))) is not None
    ]
    if faults:
        more = counted(len(faults) - 1, "more damaged shard")
        others = f"; {more}" if faults[1:] else ""
        raise TrainError(f"{faults[0]}{others}", remedy=_REMEDY)


@contextmanager
def named(*splits: Tracks | None) -> Iterator[None]:
    """Name the shard and the record where reading a pipeline meets damage.

    Parameters
    ----------
    *splits : Tracks or None
        What is read inside.

    Raises
    ------
    TrainError
        Instead of TensorFlow's error.
    """
    from train.engine import tf

    try:
        yield
    except (
        tf.errors.DataLossError,
        tf.errors.NotFoundError,
        tf.errors.InvalidArgumentError,  # A record that is none, under right checksums.
        tf.errors.FailedPreconditionError,  # Another number of records than of tracks.
        UnicodeDecodeError,  # No record, where TensorFlow quotes it.
    ) as error:
        shards = [shard for tracks in splits if tracks for shard in tracks.shards]
        found = _find(shards, splits, str(error))
        if found is None and _ANOTHER_NUMBER in str(error):
            found = _exchanged(splits)
        if found is None:
            raise
        raise TrainError(found, remedy=_REMEDY) from error


def _find(
    shards: list[str], splits: Iterable[Tracks | None], message: str
) -> str | None:
    """Look at the one record of each shard that the message may mean, else at all."""
    for shard in shards:
        if not Path(shard).is_file():
            return f"{shard}: the shard is missing"
    place = re.search(r"record at (\d+)", message)
    likely = _records_before(splits, int(place[1])) if place else {}
    damaged = [shard for shard, offset in likely.items() if not _sound(shard, offset)]
    for shard in damaged or shards:
        fault = _fault(Path(shard))
        if fault is not None:
            return fault
    return None


def _records_before(splits: Iterable[Tracks | None], place: int) -> dict[str, int]:
    """Return, for each shard, where its last known record up to a byte begins."""
    found: dict[str, int] = {}
    for tracks in filter(None, splits):
        for row in tracks.rows:
            shard = str(tracks.folder / row.shard)
            if found.get(shard, -1) < row.offset <= place:
                found[shard] = row.offset
    return found


def _sound(shard: str, offset: int) -> bool:
    try:
        records.deserialize(framing.read_at(Path(shard), offset))
    except DatasetError:
        return False
    return True


def _exchanged(splits: Iterable[Tracks | None]) -> str:
    """Look for the first track in whose place there is another record."""
    known = [tracks for tracks in splits if tracks]
    for tracks in known:
        for row in tracks.rows:
            shard = tracks.folder / row.shard
            try:
                record = records.deserialize(framing.read_at(shard, row.offset))
            except DatasetError as error:
                return f"{shard}, record at byte {row.offset:,}: {error.what}"
            if (record.source, record.track_id) != (row.source, row.track_id):
                return (
                    f"{shard}, record at byte {row.offset:,}: it is of "
                    f"{record.source}/{record.track_id}, where the labels name "
                    f"{row.source}/{row.track_id}"
                )
    return f"{known[0].folder}: its shards hold tracks twice, or that no label names"


def _fault(shard: Path) -> str | None:
    """Read a shard; return what is wrong with its first damaged record."""
    try:
        for offset, record in CONTAINERS["tfrecord"].read(shard):
            if isinstance(record, DatasetError):
                return f"{shard}, record at byte {offset:,}: {record.what}"
    except DatasetError as error:
        return f"{error.where}: {error.what}"
    except OSError as error:
        return f"{shard}: {error.strerror}"
    return None
