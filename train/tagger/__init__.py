"""A trained model in use: tag files, evaluate on a data set."""

from train.tagger.tagger import Tagger, Tagging

__all__ = ["Tagger", "Tagging"]
