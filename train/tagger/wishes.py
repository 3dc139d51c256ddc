"""What a user wants of each file that is tagged."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from train.errors import TrainError
from train.tagger.tagging import Threshold


class Format(StrEnum):
    """How results are printed."""

    text = "text"
    json = "json"
    csv = "csv"


@dataclass(frozen=True)
class Wishes:
    """What is to come of each file.

    Parameters
    ----------
    top : int or None
        How many tags to show; None: all.
    threshold : float or ndarray of float64, shape (tags,)
        Least score to show.
    form : Format
        How to print.
    taggrams : Path or None
        Folder for tags over time.
    embeddings : Path or None
        Parquet file for embeddings.
    write_tags : bool
        Write the tags shown into the files' genres.
    replace_genres : bool
        Drop the genres that were there.

    Raises
    ------
    TrainError
        Every tag of the model would become a genre, or none would be replaced.
    """

    top: int | None = None
    threshold: Threshold = 0.0
    form: Format = Format.text
    taggrams: Path | None = None
    embeddings: Path | None = None
    write_tags: bool = False
    replace_genres: bool = False

    def __post_init__(self) -> None:
        every = isinstance(self.threshold, float) and self.threshold == 0
        if self.write_tags and self.top is None and every:
            raise TrainError(
                "every tag of the model would become a genre",
                where="--write-tags",
                expected="--top or --threshold beside it",
            )
        if self.replace_genres and not self.write_tags:
            raise TrainError(
                "no genres are written",
                where="--replace-genres",
                expected="--write-tags",
            )
