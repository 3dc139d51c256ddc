"""Training on any data: a model, a tf.data pipeline, tags, and a folder.

>>> from train.library import fit
>>> fitted = fit(  # doctest: +SKIP
...     model, data, validation=held_out, tags=["rock", "jazz"], folder="runs/mine"
... )
>>> fitted.history[-1].val_roc_auc  # doctest: +SKIP
0.87
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lyre.counting import counted
from lyre.lock import locked
from lyre.whole import whole
from train import runs
from train.config import Config, to_toml
from train.engine import keras, tf
from train.errors import TrainError
from train.loop import devices, epochs
from train.loop.history import Fitted
from train.loop.job import Job, Progress, Say, Validate, silent
from train.loop.limits import limited
from train.loop.sharing import share_statistics
from train.loop.trainer import make_trainer
from train.loop.validation import check_needed
from train.names import check_text
from train.resuming import check_same_run

if TYPE_CHECKING:
    from keras import Model


def fit(
    model: "Model",
    data: Any,
    *,
    tags: Sequence[str],
    folder: str | Path,
    validation: Any = None,
    config: Config | None = None,
    resume: bool = False,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
    say: Say = print,
    progress: Progress = silent,
) -> Fitted:
    """Train a model on batches of (features, labels).

    Everything that ``python -m train fit`` does around an export is done here: the
    best and the last model, history, checkpoints, TensorBoard. The seed, the dtype
    policy and, for several devices, the scope of a ``tf.distribute`` strategy are set
    by the caller, before the model is built.

    Parameters
    ----------
    model : keras.Model
        From features to a probability per tag; its logits come from a layer named
        ``logits``, as with ``train.models.parts.tag_outputs``.
    data : tf.data.Dataset or callable
        Batches of (features, labels), labels as 0 and 1 of shape (batch, tags); or a
        function from the number of an epoch, from 1, to such a data set. For
        ``resume``, and to find a batch whose loss is not finite, the same epoch must
        come in the same order again: use the function, and a seed from the number.
    tags : sequence of str
        Names of the outputs.
    folder : str or Path
        Where the run is kept. There must be none yet, unless `resume`.
    validation : tf.data.Dataset, optional
        Batches of (features, labels), scored one by one after every epoch.
    config : Config, optional
        The sections on optimizer, schedule, loss, training, validation and logging.
    resume : bool
        Go on from the state in the folder, with the configuration that it began with;
        epochs, loop, patience, checkpoint_minutes and logging may be others.
    callbacks : sequence of keras.callbacks.Callback
        Called by either loop, once per epoch as for a training of its own.
    say, progress : callable
        As in `train.fit.fit`.

    Raises
    ------
    TrainError
        There is no data, or no validation data, which patience and plateau need; data
        or model are not of so many tags; a label of the validation data is neither 0
        nor 1; the model lacks logits; the path of the folder is not UTF-8; it holds a
        run already, or to `resume` one of another configuration; or as in
        `train.fit.fit`.
    LockError
        Another process trains in this folder.
    """
    chosen = config or Config()
    check_needed(chosen, validated=validation is not None)
    place = Path(folder)
    check_text(place.absolute())
    strategy = tf.distribute.get_strategy()
    devices.check(strategy, chosen.training)
    by_epoch = data if callable(data) else lambda _epoch: data
    _check_tags(model, len(tags), {"training": by_epoch(1), "validation": validation})
    batches, steps = limited(by_epoch, chosen.training.steps_per_epoch)
    validate = _validate(model, validation)
    trainer = make_trainer(model, list(tags), chosen, steps)
    if strategy.num_replicas_in_sync > 1:
        share_statistics(model)
    job = Job(
        config=chosen,
        model=model,
        trainer=trainer,
        strategy=strategy,
        tags=list(tags),
        batches=batches,
        steps=steps,
        examples=None,
        validate=validate,
        save=lambda path: _save(model, path),
        folder=place,
        callbacks=list(callbacks),
        progress=progress,
    )
    with locked(place):
        _prepare(place, chosen, resume=resume)
        return epochs.run(job, say, resume=resume)


def _prepare(folder: Path, config: Config, *, resume: bool) -> None:
    if (folder / runs.CONFIG).exists():
        if not resume:
            raise TrainError(
                "a run lies here already",
                where=folder,
                remedy="choose another folder, or resume=True",
            )
        check_same_run(folder, config)
    runs.write_config(folder, to_toml(config))


def _check_tags(model: "Model", tags: int, data: Mapping[str, Any]) -> None:
    """Refuse outputs and labels that a loss would stretch to one another's number."""
    if tuple(model.output_shape[1:]) != (tags,):
        raise TrainError(
            f"the model gives {model.output_shape}",
            expected=f"(None, {tags}), for {counted(tags, 'tag')}",
        )
    for name, pairs in data.items():
        spec = None if pairs is None else pairs.element_spec
        if spec is not None and not (isinstance(spec, tuple) and len(spec) == 2):
            raise TrainError(f"the {name} data are no pairs of (features, labels)")
        if spec is not None and not spec[1].shape.is_compatible_with([None, tags]):
            raise TrainError(
                f"the labels of the {name} data have the shape {spec[1].shape}",
                expected=f"(None, {tags}): batches of 0 and 1 for each tag",
            )


def _validate(model: "Model", data: Any) -> Validate | None:
    if data is None:
        return None
    first = [labels for _features, labels in data.take(1)]
    if not first:
        raise TrainError(
            "the validation data are empty", remedy="leave `validation` out"
        )
    _check_labels(first[0])
    forward = tf.function(
        lambda features: model(features, training=False), reduce_retracing=True
    )

    def validate() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        # Labels and scores of one pass, whatever the order.
        found = [(labels, forward(features)) for features, labels in data]
        labels, scores = (
            np.concatenate([np.asarray(each) for each in part])
            for part in zip(*found, strict=True)
        )
        _check_labels(labels)
        return labels.astype(np.uint8), scores.astype(np.float32)

    return validate


def _check_labels(labels: Any) -> None:
    """Refuse what would become 0 or 1 as it is made a whole number."""
    if not np.isin(labels, (0, 1)).all():
        raise TrainError("a label of the validation data is neither 0 nor 1")


def _save(model: "Model", path: Path) -> None:
    with whole(path) as beside:
        model.save(beside)
