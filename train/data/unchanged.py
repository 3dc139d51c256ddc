"""The shards of a run stay what they were: a model is of one data set.

Sizes are compared before the first epoch, and TensorFlow checks the records that it
reads; but a shard that another export has put in its place is sound too. Whether a
file changed costs no reading; only one that did is compared with the manifest.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dataset import manifest
from lyre.checksum import sha256
from train.data.tracks import Tracks
from train.errors import TrainError

_State = tuple[int, int, int]


class Shards:
    """The shards of some splits, as they are now.

    Parameters
    ----------
    splits : iterable of Tracks or None
        What will be read.
    """

    def __init__(self, splits: Iterable[Tracks | None]) -> None:
        self._checksums: dict[Path, str] = {}
        for tracks in filter(None, splits):
            described = manifest.read(tracks.folder)
            checksums = {shard.name: shard.sha256 for shard in described.shards}
            for name in dict.fromkeys(row.shard for row in tracks.rows):
                self._checksums[tracks.folder / name] = checksums[name]
        self._states = {path: _state(path) for path in self._checksums}

    def check(self) -> None:
        """Look whether a shard was replaced or taken away since the last look.

        Raises
        ------
        TrainError
            It names the shard.
        """
        for path, before in self._states.items():
            now = _state(path)
            if now != before:
                self._compare(path)
                self._states[path] = now

    def check_since(self, moment: datetime) -> None:
        """Look whether a shard was replaced since some moment; see `check`."""
        for path, state in self._states.items():
            if state is None or max(state[1:]) > moment.timestamp() * 1e9:
                self._compare(path)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Name a replaced shard where it broke the reading of a pipeline."""
        from train.engine import tf

        try:
            yield
        except tf.errors.OpError:
            self.check()
            raise

    def _compare(self, path: Path) -> None:
        if path.is_file() and sha256(path) == self._checksums[path]:
            return  # Touched, moved or copied, but the same.
        raise TrainError(
            "the shard changed since the run began"
            if path.is_file()
            else "the shard is gone",
            where=path,
            expected="the file that the manifest names",
            remedy="`python -m export verify` lists all that differ; put them back, "
            "then `python -m train fit --resume` goes on from the last checkpoint",
        )


def _state(path: Path) -> _State | None:
    """Return size and times, both: a copy may keep the time of the change alone."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
