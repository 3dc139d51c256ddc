"""Who measures the clips: processes of this machine, or a Spark cluster."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audio.measure import Measurement
from ingest.listing import Clip, measure_clip, prepare_worker
from ingest.pool import Outcome, run_tasks
from lyre.cluster import Cluster
from lyre.cores import cores
from lyre.settings import Audio

Measured = Outcome[Clip, Measurement]
MeasureAll = Callable[[Sequence[Clip], Audio], Iterator[Measured]]


def measure_here(clips: Sequence[Clip], settings: Audio) -> Iterator[Measured]:
    """Measure clips in processes of this machine.

    Yields
    ------
    Outcome
        One a clip, as they are done. One that crashes its process, or takes longer
        than the time limit, is an outcome that says so.
    """
    return run_tasks(
        measure_clip,
        clips,
        workers=min(settings.workers or cores(), len(clips)),
        timeout_seconds=settings.timeout_seconds,
        initializer=prepare_worker,
    )


@dataclass(frozen=True)
class _Share:
    """Clips that one task of Spark measures, one after another."""

    clips: tuple[Clip, ...]
    settings: Audio


def measure_on(cluster: Cluster) -> MeasureAll:
    """Return what measures clips on a cluster, else as `measure_here`.

    A task measures up to ``audio.batch_files`` clips in a process of its own, so that a
    clip that crashes the decoder is an outcome there, too. A task whose machine died
    is repeated whole, and only what a task returns is counted. The clips of a task that
    took its worker with it in every try, as for want of memory, are tried one a task at
    the end; what still does so is the outcome of a crash.
    """

    def measure_all(clips: Sequence[Clip], settings: Audio) -> Iterator[Measured]:
        size = min(settings.batch_files, -(-len(clips) // cluster.cores))
        given_up: list[Clip] = []

        def set_apart(share: _Share) -> list[Measured]:
            given_up.extend(share.clips)
            return []

        shares = _shares(clips, settings, size)
        for outcomes in cluster.run(_measure_share, shares, set_apart):
            yield from outcomes
        alone = _shares(given_up, settings, 1)
        for outcomes in cluster.run(_measure_share, alone, _crashed):
            yield from outcomes

    return measure_all


def _shares(clips: Sequence[Clip], settings: Audio, size: int) -> list[_Share]:
    alone = settings.model_copy(update={"workers": 1})
    return [
        _Share(tuple(clips[start : start + size]), alone)
        for start in range(0, len(clips), size)
    ]


def _measure_share(share: _Share) -> list[Measured]:
    return list(measure_here(share.clips, share.settings))


def _crashed(share: _Share) -> list[Measured]:
    said = "the worker died in every try of Spark"
    return [Outcome(clip, failure="crashed", error=said) for clip in share.clips]
