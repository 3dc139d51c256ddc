"""A trained model in use: tag files, evaluate on a data set."""

from train.tagger.tagger import Tagger
from train.tagger.tagging import Placing, Tagging

__all__ = ["Placing", "Tagger", "Tagging"]
