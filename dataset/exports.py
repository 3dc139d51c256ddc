"""Finding exported data sets."""

from pathlib import Path

from dataset import manifest
from dataset.errors import DatasetError
from dataset.manifest import Target


def complete(exports: Path) -> list[Path]:
    """Return the folders of finished exports, the oldest first.

    An export is finished once it has a manifest, which is its last file.
    """
    found = [file.parent for file in exports.glob(f"*/{manifest.FILE_NAME}")]
    return sorted(
        found, key=lambda folder: (manifest.read(folder).created_at, folder.name)
    )


def find(exports: Path, named: str | None) -> Path:
    """Return the folder of an export to train on.

    Parameters
    ----------
    exports : Path
        The folder of exports.
    named : str or None
        A name in it, or a folder anywhere; None: the newest.

    Raises
    ------
    DatasetError
        None was named and there is no finished export.
    """
    if named is None:
        return newest(exports)
    inside = exports / named
    return inside if (inside / manifest.FILE_NAME).is_file() else Path(named)


def newest(exports: Path, target: Target | None = "tfrecord") -> Path:
    """Return the folder of the newest finished export.

    Parameters
    ----------
    exports : Path
        The folder of exports.
    target : str or None
        The kind of its shards, by default what `train` reads; None: any.

    Raises
    ------
    DatasetError
        There is no finished export.
    """
    found = [
        folder
        for folder in complete(exports)
        if target in (None, manifest.read(folder).target)
    ]
    if not found:
        raise DatasetError(
            "no finished export",
            where=exports,
            remedy=f"run `python -m export {target or 'tfrecord'}` first",
        )
    return found[-1]
