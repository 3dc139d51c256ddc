"""An evaluation as one HTML file that needs nothing else, for people and papers."""

from train.tagger.page.contents import Contents
from train.tagger.page.whole import build

__all__ = ["Contents", "build"]
