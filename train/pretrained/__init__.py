"""Weights that others published, converted to our architectures when they are needed.

Only names and descriptions are here; the weights are read from the files of the PyPI
package ``musicnn``, which ``make pretrained`` installs. None of its code is run.
"""

from train.pretrained.published import NAMES, describe, origin

__all__ = ["NAMES", "describe", "origin"]
