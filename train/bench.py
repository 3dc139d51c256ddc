"""How fast the input is, where its time goes, and how fast the model's step is."""

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from train import initial
from train.data.pipeline import training_stages
from train.data.splits import Data
from train.engine import tf
from train.loop import devices
from train.loop.epochs import loop_for
from train.loop.failures import memory_named
from train.loop.position import Position
from train.loop.trainer import make_trainer, precision

# What happens between one stage of `training_stages` and the one before it.
_WORK = {
    "read": "read shards, check sums",
    "find": "find labels by track id",
    "shuffle": "shuffle",
    "parse": "parse the audio",
    "cut": "cut, scale, augment",
    "batch": "batch",
}


@dataclass(frozen=True)
class Stage:
    """One stage of the pipeline.

    Parameters
    ----------
    name : str
        What it does.
    milliseconds : float
        Processor time for one clip, of all threads; of this stage alone.
    """

    name: str
    milliseconds: float


@dataclass(frozen=True)
class Bench:
    """Input against model.

    Parameters
    ----------
    clips : int
        Windows of a measured epoch.
    stages : list of Stage
        Where the input's processor time goes.
    input_clips_per_second : float
        The whole pipeline alone, by the clock.
    step_clips_per_second : float
        Training steps on one batch that lies ready, by the clock.
    batch_size : int
        Windows of a step.
    """

    clips: int
    stages: list[Stage]
    input_clips_per_second: float
    step_clips_per_second: float
    batch_size: int

    @property
    def ratio(self) -> float:
        """How many times faster the input is than the model."""
        return self.input_clips_per_second / self.step_clips_per_second

    def to_dict(self) -> dict[str, Any]:
        """Return the result as values that JSON holds."""
        return {**asdict(self), "ratio": self.ratio}


def bench(data: Data, *, clips: int = 1000, repeats: int = 3, steps: int = 3) -> Bench:
    """Measure the input pipeline and the training step, each alone.

    The step is that of training: its loop, on its devices, in its precision.

    Parameters
    ----------
    data : Data
        The data of a run.
    clips : int
        At most so many windows are read in a pass.
    repeats : int
        Passes, of which the best counts.
    steps : int
        Training steps that are timed, after one that is not.

    Returns
    -------
    Bench
        The figures.

    Raises
    ------
    TrainError
        The devices are not there, or memory is short.
    """
    training = data.config.training
    strategy = devices.strategy_for(training.devices)
    devices.check(strategy, training)
    number = max(clips // data.config.input.windows_per_track, 1)
    few = replace(
        data.train, rows=data.train.rows[:number], labels=data.train.labels[:number]
    )
    data = replace(data, train=few)
    total = len(few.rows) * data.config.input.windows_per_track
    # The first pass builds graphs and fills the page cache; none is counted cold.
    _passes(data, epoch=1)
    best = _passes(data, epoch=2)
    for epoch in range(3, 2 + repeats):
        found = _passes(data, epoch)
        best = {
            name: (
                min(best[name][0], found[name][0]),
                min(best[name][1], found[name][1]),
            )
            for name in best
        }
    return Bench(
        clips=total,
        stages=_stages(best, total),
        input_clips_per_second=total / best["batch"][0],
        step_clips_per_second=_step(data, strategy, steps),
        batch_size=training.batch_size,
    )


def _passes(data: Data, epoch: int) -> dict[str, tuple[float, float]]:
    """Go once through the pipeline up to each stage: seconds by clock and processor."""
    config = data.config
    stages = training_stages(
        data.train,
        data.window,
        config.input,
        config.training,
        epoch,
        augment=config.augment,
    )
    found = {}
    for name, stage in stages.items():
        clock, processor = time.perf_counter(), time.process_time()
        # Counted inside TensorFlow: Python would cost more than the stage.
        stage.reduce(tf.constant(0, tf.int64), lambda count, *_: count + 1)
        found[name] = (time.perf_counter() - clock, time.process_time() - processor)
    return found


def _stages(seconds: dict[str, tuple[float, float]], clips: int) -> list[Stage]:
    stages, before = [], 0.0
    for name, (_, processor) in seconds.items():
        # A stage that is cheaper than the noise is taken to cost nothing.
        alone = max(processor - before, 0.0)
        before = max(processor, before)
        stages.append(Stage(_WORK[name], 1000 * alone / clips))
    return stages


def _step(data: Data, strategy: Any, steps: int) -> float:
    """Train on one batch again and again; return clips per second."""
    config = data.config
    batches = data.training(1)
    with strategy.scope(), precision(config.training.precision):
        model = initial.model(config, data.train.features, data.window, len(data.tags))
        trainer = make_trainer(model, data.tags, config, int(batches.cardinality()))
    loop = loop_for(config.training, trainer, strategy)
    batch = next(iter(batches))
    ready = tf.data.Dataset.from_tensors(batch)
    with memory_named(config):
        loop.train(ready, Position(1), [])
        started = time.perf_counter()
        loop.train(ready.repeat(steps), Position(1), [])
    return len(batch[0]) * steps / (time.perf_counter() - started)
