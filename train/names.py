"""Names of files and folders that a run can write down and TensorFlow can open."""

from pathlib import Path

from train.errors import TrainError


def check_text(path: Path) -> None:
    """Refuse a path that is not UTF-8: neither JSON, TOML nor TensorFlow takes it.

    Raises
    ------
    TrainError
        It is not.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise TrainError(
            "the path is not UTF-8, which training needs",
            where=path,
            remedy="rename it, or work elsewhere",
        ) from error
