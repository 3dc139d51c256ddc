"""The architectures at a glance."""

from dataclasses import asdict, dataclass
from typing import Any

from train.models.registry import ARCHITECTURES

# The usual input: 4 s at 16 kHz, 96 mel bands at a hop of 512, and 50 tags.
_TAGS = 50
_WINDOWS = {"logmel": (125, 96), "waveform": (64_000,)}


@dataclass(frozen=True)
class Overview:
    """One architecture at its usual size.

    Parameters
    ----------
    name : str
        What ``model.name`` says.
    reads : str
        The window that it was built for here.
    parameters : int
        Weights in all, those of batch normalisation included.
    paper : str
        Where it was published.
    """

    name: str
    reads: str
    parameters: int
    paper: str

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as values that JSON holds."""
        return asdict(self)


def describe_all() -> list[Overview]:
    """Build every architecture and describe it."""
    entries = []
    for name, architecture in ARCHITECTURES.items():
        window = _WINDOWS[architecture.format]
        model = architecture.build(architecture.settings(), window, _TAGS)
        size = " x ".join(f"{part:,}" for part in window)
        entries.append(
            Overview(
                name=name,
                reads=f"{architecture.format} {size}",
                parameters=model.count_params(),
                paper=architecture.paper,
            )
        )
    return entries
