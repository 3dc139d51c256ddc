"""What training minimises: cross entropy per tag, from logits.

Logits, not probabilities: the sigmoid of a large logit rounds to 1, and its logarithm
loses the gradient.

References
----------
.. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar: Focal loss for dense object
   detection. ICCV 2017.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lyre.validation import nearest
from train.engine import tf
from train.errors import TrainError

Loss = Callable[[Any, Any], Any]


def build(
    tags: Sequence[str], positive_weights: Mapping[str, float], gamma: float = 0.0
) -> Loss:
    """Make the loss of a model.

    With labels y, probabilities p = sigmoid(logit) and a weight w per tag, the loss of
    one label is ``-w y (1 - p)^gamma log p - (1 - y) p^gamma log(1 - p)``.

    Parameters
    ----------
    tags : sequence of str
        The outputs, in order.
    positive_weights : mapping of str to float
        How much more a positive of a tag counts; 1 for tags not named.
    gamma : float
        Focusing parameter of the focal loss; 0 gives the plain cross entropy.

    Returns
    -------
    callable
        ``loss(labels, logits)``: two float32 (batch, tags), to float32 (batch,), the
        mean over tags.

    Raises
    ------
    TrainError
        A weight is given for a tag that is no output.
    """
    for name in positive_weights:
        if name not in tags:
            raise TrainError(
                f"no such tag{nearest(name, tags)}",
                where=f"loss.positive_weights, {name!r}",
            )
    weights = np.array([positive_weights.get(tag, 1.0) for tag in tags], np.float32)

    def loss(labels: Any, logits: Any) -> Any:
        labels = tf.cast(labels, tf.float32)
        logits = tf.cast(logits, tf.float32)
        # softplus(x) = -log(1 - sigmoid(x)), finite for every finite logit.
        positive = weights * labels * tf.nn.softplus(-logits)
        negative = (1.0 - labels) * tf.nn.softplus(logits)
        if gamma:
            positive *= tf.sigmoid(-logits) ** gamma
            negative *= tf.sigmoid(logits) ** gamma
        return tf.reduce_mean(positive + negative, axis=-1)

    return loss
