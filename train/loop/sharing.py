"""How a batch is shared among devices, so that together they learn as one would."""

from typing import TYPE_CHECKING, Any

from train.engine import tf

if TYPE_CHECKING:
    from keras import Model


def shared(batches: Any, strategy: Any) -> Any:
    """Give each replica its part of every batch.

    No example is dropped, and no replica is left without one: an empty batch makes
    convolutions fail and batch normalisation NaN. A batch with fewer examples than
    there are replicas goes to each of them whole, which gives the same mean gradient
    and the same statistics.

    Parameters
    ----------
    batches : tf.data.Dataset
        Of (features, labels), the same and in the same order on every worker.
    strategy : tf.distribute.Strategy
        The replicas.

    Returns
    -------
    tf.data.Dataset or tf.distribute.DistributedDataset
        Of (features, labels, size of the whole batch).
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return batches.map(lambda x, y: (x, y, tf.shape(x)[0]))

    def of_worker(context: Any) -> Any:
        here = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * here

        def parts(features: Any, labels: Any) -> Any:
            found = [
                tf.data.Dataset.from_tensors(_part(features, labels, number, replicas))
                for number in range(first, first + here)
            ]
            together = found[0]
            for each in found[1:]:
                together = together.concatenate(each)
            return together

        return batches.flat_map(parts).prefetch(tf.data.AUTOTUNE)

    return strategy.distribute_datasets_from_function(of_worker)


def share_statistics(model: "Model") -> None:
    """Let batch normalisation see the whole batch, not a replica's part of it."""
    for layer in model._flatten_layers(include_self=False):
        if hasattr(layer, "synchronized"):
            layer.synchronized = True


def _part(features: Any, labels: Any, number: int, replicas: int) -> Any:
    size = tf.shape(features)[0]
    places = tf.cond(
        size >= replicas,
        lambda: tf.range(number, size, replicas),
        lambda: tf.range(size),
    )
    return tf.gather(features, places), tf.gather(labels, places), size
