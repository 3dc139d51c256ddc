"""``[tags]``: which tags are learned."""

from typing import Literal

from pydantic import Field

from train.section import Section


class Tags(Section):
    """Which tags of the label set are learned."""

    top: int = Field(
        0,
        ge=0,
        description="So many tags with the most tracks; 0: the whole vocabulary, or "
        "only `include` where that names some.",
    )
    include: list[str] = Field(
        default_factory=list, description="Tags to learn beside the top ones."
    )
    exclude: list[str] = Field(
        default_factory=list, description="Tags not to learn, whatever else is said."
    )
    merge: list[list[str]] = Field(
        default_factory=list,
        description="Groups such as [['rnb', 'soul']]: a track that has one tag of a "
        "group has all of them. Exclude all but one to learn the group as one tag.",
    )
    untagged: Literal["skip", "keep"] = Field(
        "skip",
        description="Tracks with none of these tags: skip them, as the papers do, or "
        "keep them.",
    )
