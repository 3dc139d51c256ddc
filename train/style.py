"""What every page of the trainer looks like: colours in light and dark, and letters."""

from importlib.resources import files


def common() -> str:
    """Return the style that all pages begin with, as CSS."""
    return files("train").joinpath("style.css").read_text(encoding="utf-8")
