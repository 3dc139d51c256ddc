"""``[input]``: what the model sees of a track."""

from typing import Literal

from pydantic import Field

from train.section import Section

# Seconds: a day.
LONGEST_WINDOW = 86_400.0


class Input(Section):
    """What the model sees of a track."""

    label_set: str = Field(
        "", description="Label set of the export; empty: the recipe it was made from."
    )
    window_seconds: float = Field(
        4.0,
        gt=0,
        le=LONGEST_WINDOW,
        description="Length of the windows that the model sees.",
    )
    windows_per_track: int = Field(
        1, gt=0, description="Windows of each track per epoch in training."
    )
    window_position: Literal["random", "centre"] = Field(
        "random", description="Where training takes its windows: random or centre."
    )
    short_clips: Literal["repeat", "pad", "skip"] = Field(
        "repeat",
        description="Clips shorter than a window: repeat them, pad them at the end "
        "with their lowest value (spectrograms) or zeros (waveforms), or skip them.",
    )
    standardise: Literal["auto", "window", "track", "none"] = Field(
        "auto",
        description="Mean 0 and deviation 1 over each window or each whole track; "
        "auto: as the model was published (pons-logmel windows, pons-waveform whole "
        "tracks, the others none, since they have a layer for it).",
    )
    shuffle: bool = Field(
        True, description="Mix shards and tracks anew in every epoch of training."
    )
    shuffle_mebibytes: int = Field(
        512, gt=0, description="Memory of the shuffle buffer."
    )
    parallel_shards: int = Field(
        8, gt=0, description="Shards that are read side by side."
    )
    verify: bool = Field(
        False,
        description="Read every shard before the first epoch and check the checksums "
        "of its records; sizes are checked always.",
    )
