"""Where clips lie: in one folder, and in data sets' own, as if those lay in it too."""

from collections.abc import Mapping
from pathlib import Path

from lyre.errors import LyreError


def clip_file(root: Path, datasets: Mapping[str, Path], path: str) -> Path:
    """Return the file of a clip.

    Parameters
    ----------
    root : Path
        The common audio folder.
    datasets : mapping of str to Path
        Audio folders of data sets, by the data set's name.
    path : str
        As in ``raw.audio_files``: relative to the common folder, or the name of a data
        set with a folder of its own, ``/``, and a path in that.

    Raises
    ------
    LyreError
        It leads out of its folder: by ``..``, from the root, or over a link.

    Examples
    --------
    >>> clip_file(Path("audio"), {"fma": Path("/data/fma")}, "fma/000/000002.mp3")
    PosixPath('/data/fma/000/000002.mp3')
    """
    head, _, rest = path.partition("/")
    if rest and head in datasets:
        folder, inside = datasets[head], rest
    else:
        folder, inside = root, path
    file = folder / inside
    # No file's name holds NUL.
    if "\0" in path or not file.resolve().is_relative_to(folder.resolve()):
        raise LyreError("the clip lies outside of the folder of clips", where=path)
    return file
