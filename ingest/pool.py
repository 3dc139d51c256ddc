"""Worker processes that may die or hang: that costs one task and one worker.

`concurrent.futures` gives up every waiting task when a worker crashes; pebble names the
one task that did it and replaces the worker.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.context import BaseContext
from typing import Any, Generic, Literal, TypeVar

from pebble import ProcessExpired, ProcessPool

Task = TypeVar("Task")
Result = TypeVar("Result")
Failure = Literal["crashed", "timeout", "raised"]

_WAITING_PER_WORKER = 4


@dataclass(frozen=True)
class Outcome(Generic[Task, Result]):
    """What became of a task.

    Attributes
    ----------
    task : Task
        The task.
    result : Result or None
        What the function returned; None where it failed.
    failure : {"crashed", "timeout", "raised"} or None
        The worker died, it was stopped after the time limit, or the function raised
        an exception; None where it returned.
    error : str or None
        The failure in words.
    """

    task: Task
    result: Result | None = None
    failure: Failure | None = None
    error: str | None = None


def run_tasks(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    *,
    workers: int,
    timeout_seconds: float,
    initializer: Callable[[], None] | None = None,
) -> Iterator[Outcome[Task, Result]]:
    """Apply a function to many tasks in worker processes.

    Parameters
    ----------
    function : callable
        Found by name in its module, as workers are fresh processes.
    tasks : iterable
        Taken only as they can be worked on: a few per worker are in flight.
    workers : int
        Number of processes.
    timeout_seconds : float
        Time after which a task counts as hanging and its worker is stopped.
    initializer : callable, optional
        Called once in each worker.

    Yields
    ------
    Outcome
        One per task, as they are done and so in no fixed order.
    """
    waiting: dict[Future[Result], Task] = {}
    queue = iter(tasks)
    with _one_thread_each(), _started_pool(function, workers, initializer) as pool:
        while True:
            free = workers * _WAITING_PER_WORKER - len(waiting)
            for task in islice(queue, free):
                future = pool.schedule(function, (task,), timeout=timeout_seconds)
                waiting[future] = task
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield _outcome(waiting.pop(future), future)


@contextmanager
def _started_pool(
    function: Callable[[Task], Result],
    workers: int,
    initializer: Callable[[], None] | None,
) -> Iterator[Any]:
    context = _context(function.__module__)
    pool: Any = ProcessPool(workers, context=context, initializer=initializer)
    try:
        yield pool
        pool.close()
    except BaseException:
        # Whoever takes the outcomes stopped or failed: the waiting tasks are dropped.
        pool.stop()
        raise
    finally:
        pool.join()


def _context(module: str) -> BaseContext:
    """Return a way to start workers that share neither threads nor open files."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module])
    return context


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let the workers' linear algebra use one thread: there is one worker a core."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _outcome(task: Task, future: "Future[Result]") -> Outcome[Task, Result]:
    error = future.exception()
    if error is None:
        return Outcome(task, future.result())
    if isinstance(error, ProcessExpired):
        return Outcome(task, failure="crashed", error=f"the worker died: {error}")
    if isinstance(error, TimeoutError):
        return Outcome(task, failure="timeout", error="no result within the time limit")
    text = f"{type(error).__name__}: {error}"
    return Outcome(task, failure="raised", error=text)
