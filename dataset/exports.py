"""Finding exported data sets."""

from pathlib import Path

from dataset import manifest
from dataset.errors import DatasetError


def complete(exports: Path) -> list[Path]:
    """Return the folders of finished exports, the oldest first.

    An export is finished once it has a manifest, which is its last file.
    """
    found = [file.parent for file in exports.glob(f"*/{manifest.FILE_NAME}")]
    return sorted(
        found, key=lambda folder: (manifest.read(folder).created_at, folder.name)
    )


def newest(exports: Path) -> Path:
    """Return the folder of the newest finished export.

    Parameters
    ----------
    exports : Path
        The folder of exports.

    Raises
    ------
    DatasetError
        There is no finished export.
    """
    found = complete(exports)
    if not found:
        raise DatasetError(
            "no finished export",
            where=exports,
            remedy="run `python -m export tfrecord` first",
        )
    return found[-1]
