"""Functions of ours as tasks of a Spark cluster: retried by it where a machine dies.

Spark shares out, watches and repeats; what runs is the function that one machine runs,
too. Every machine needs Lyre in the same environment, and a disk that all share under
the same path.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from lyre.errors import LyreError

if TYPE_CHECKING:
    from lyre.settings import Spark

Task = TypeVar("Task")
Result = TypeVar("Result")

Engine = Literal["local", "spark"]

# Jobs that wait with Spark while others run, so that no machine waits for the next.
_AHEAD = 2
_TRIED = re.compile(r"Task \S+ in stage \S+ failed \d+ times")


class ClusterError(LyreError):
    """There is no Spark to be had, or it gave a task up."""


class Cluster:
    """A Spark cluster that is ready to work.

    Parameters
    ----------
    context : pyspark.SparkContext
        The connection to it.
    """

    def __init__(self, context: Any) -> None:
        self._context = context

    @property
    def cores(self) -> int:
        """Tasks that run at a time, as far as Spark knows yet."""
        return int(self._context.defaultParallelism)

    def run(
        self,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        give_up: Callable[[Task], Result] | None = None,
    ) -> Iterator[Result]:
        """Apply a function to each task, somewhere.

        Parameters
        ----------
        function : callable
            Found by name in its module. It may run twice for a task, also at the same
            time: it must end with the same result.
        tasks : sequence
            What it takes; each becomes one job of Spark with one task.
        give_up : callable, optional
            Called here with a task whose worker died in every try of Spark
            (``spark.task.maxFailures``); what it returns is the result. By default
            that is an error.

        Yields
        ------
        Result
            As they are done, and so in no fixed order.

        Raises
        ------
        LyreError, OSError
            The function raised it; Spark does not try again then.
        ClusterError
            Spark gave a task up.
        """
        attempt = partial(_attempt, function)
        queue = iter(tasks)
        with ThreadPoolExecutor(self.cores * _AHEAD, "spark") as threads:
            waiting: dict[Future[list[Any]], Task] = {}
            try:
                while True:
                    free = self.cores * _AHEAD - len(waiting)
                    for task in islice(queue, free):
                        waiting[threads.submit(self._job, attempt, task)] = task
                    if not waiting:
                        return
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield _result(future, waiting.pop(future), give_up)
            except BaseException:
                # Whoever takes the results stopped or failed: the rest is dropped.
                self._context.cancelAllJobs()
                raise

    def _job(self, attempt: Callable[[Task], Any], task: Task) -> list[Any]:
        found: list[Any] = self._context.parallelize([task], 1).map(attempt).collect()
        return found


@contextmanager
def chosen(engine: Engine, settings: "Spark") -> Iterator[Cluster | None]:
    """Start the cluster that an engine works on; None for this machine's processes."""
    if engine == "local":
        yield None
        return
    with started(settings) as cluster:
        yield cluster


@contextmanager
def started(settings: "Spark") -> Iterator[Cluster]:
    """Connect to Spark, or start one on this machine, and leave it at the end.

    Parameters
    ----------
    settings : lyre.settings.Spark
        Where it is, and its options.

    Raises
    ------
    ClusterError
        PySpark or Java is not installed, or no such cluster answers.
    """
    try:
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
    except ImportError as error:
        raise ClusterError(
            "PySpark is not installed", remedy="pip install '.[spark]'"
        ) from error
    # Workers of this machine are of this environment, whatever `python` is on the path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        **settings.options,
    }
    configuration = SparkConf().setMaster(settings.master).setAppName("lyre")
    configuration.setAll(list(options.items()))
    try:
        context = SparkContext(conf=configuration)
    except (PySparkException, OSError) as error:
        raise ClusterError(
            f"Spark does not start: {str(error).splitlines()[0]}",
            where=settings.master,
            expected="Java 17 or newer, and a master such as local[4] or "
            "spark://host:7077",
        ) from error
    try:
        yield Cluster(context)
    finally:
        context.stop()


def _attempt(function: Callable[[Task], Result], task: Task) -> Any:
    """Run a task; an error that a user can mend is a result, and not tried again."""
    try:
        return True, function(task)
    except (LyreError, OSError) as error:
        return False, error


def _result(
    future: "Future[list[Any]]",
    task: Task,
    give_up: Callable[[Task], Result] | None,
) -> Any:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        ((well, result),) = future.result()
    except (Py4JError, PySparkException) as error:
        # Not where the cluster itself is gone: no task is to blame for that.
        if give_up is not None and _TRIED.search(str(error)):
            return give_up(task)
        raise ClusterError(
            f"Spark gave a task up: {_reason(error)}",
            remedy="run the command again: what is done is kept",
        ) from error
    if not well:
        raise result
    return result


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "Exception" in line or "Error" in line]
    return (told or lines or [type(error).__name__])[0]
