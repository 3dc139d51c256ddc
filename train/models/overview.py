"""The architectures at a glance."""

from dataclasses import asdict, dataclass
from typing import Any

from train.models import flops
from train.models.registry import ARCHITECTURES

_TAGS = 50


@dataclass(frozen=True)
class Overview:
    """One architecture at its usual size, with 50 tags.

    Parameters
    ----------
    name : str
        What ``model.name`` says.
    reads : str
        Its usual window.
    parameters : int
        Weights in all, those of batch normalisation included.
    flops : int
        Floating-point operations for one such window, a multiply-add as two.
    paper : str
        Where it was published.
    """

    name: str
    reads: str
    parameters: int
    flops: int
    paper: str

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as values that JSON holds."""
        return asdict(self)


def describe_all() -> list[Overview]:
    """Build every architecture and describe it."""
    entries = []
    for name, architecture in ARCHITECTURES.items():
        window = architecture.window
        model = architecture.build(architecture.settings(), window, _TAGS)
        size = " x ".join(f"{part:,}" for part in window)
        entries.append(
            Overview(
                name=name,
                reads=f"{architecture.format} {size}",
                parameters=model.count_params(),
                flops=flops.count(model),
                paper=architecture.paper,
            )
        )
    return entries
