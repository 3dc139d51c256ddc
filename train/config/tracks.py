"""``[tracks]``: which tracks are learned from."""

from typing import Literal

from pydantic import Field

from train.section import Section


class TrackChoice(Section):
    """Which tracks of training and validation are taken."""

    keep: str = Field(
        "",
        description="File of track ids, one a line or a NumPy array: training and "
        "validation take no others; empty: all.",
    )
    exclude: str = Field(
        "",
        description="File of track ids that training and validation leave out.",
    )
    fraction: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Share of the training tracks; a smaller share lies inside every "
        "larger one.",
    )
    fraction_by: Literal["track", "artist"] = Field(
        "track", description="Whether the share is of tracks or of whole artists."
    )
