"""Workers that die or hang cost one task each."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from ingest.pool import Outcome, run_tasks


def work(task: int) -> int:
    if task == 3:
        os._exit(7)
    if task == 5:
        time.sleep(60)
    if task == 7:
        raise ValueError("seven")
    if task == 9:
        os.kill(os.getpid(), signal.SIGSEGV)
    return task * task


def threads(_: int) -> str:
    return os.environ["OPENBLAS_NUM_THREADS"]


def announce() -> None:
    os.environ["INITIALIZED"] = "yes"


def initialized(_: int) -> str:
    return os.environ.get("INITIALIZED", "no")


def by_task(outcomes: Iterator[Outcome[int, int]]) -> dict[int, Outcome[int, int]]:
    return {outcome.task: outcome for outcome in outcomes}


def test_a_crash_a_hang_and_an_exception_cost_one_task_each() -> None:
    started = time.monotonic()
    found = by_task(run_tasks(work, range(40), workers=2, timeout_seconds=1.0))
    assert time.monotonic() - started < 30
    assert sorted(found) == list(range(40))
    failures = {task: o.failure for task, o in found.items() if o.failure}
    assert failures == {3: "crashed", 5: "timeout", 7: "raised", 9: "crashed"}
    assert found[7].error == "ValueError: seven"
    assert all(o.result == t * t for t, o in found.items() if o.failure is None)


def test_tasks_are_taken_only_as_they_are_needed() -> None:
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield 10 + taken

    outcomes = run_tasks(work, tasks(), workers=2, timeout_seconds=10)
    for _ in range(5):
        next(outcomes)
    assert taken < 40
    outcomes.close()  # type: ignore[attr-defined]


def test_no_tasks_no_outcomes() -> None:
    assert list(run_tasks(work, [], workers=2, timeout_seconds=1)) == []


def test_workers_use_one_thread_and_the_environment_is_restored() -> None:
    before = dict(os.environ)
    outcomes = list(run_tasks(threads, [1], workers=1, timeout_seconds=10))
    assert [outcome.result for outcome in outcomes] == ["1"]
    assert dict(os.environ) == before


def test_every_worker_is_initialized() -> None:
    outcomes = run_tasks(
        initialized, range(8), workers=2, timeout_seconds=10, initializer=announce
    )
    assert {outcome.result for outcome in outcomes} == {"yes"}


@pytest.mark.slow
def test_workers_do_not_outlive_a_killed_parent() -> None:
    code = (
        "import os, time\n"
        "from ingest.pool import run_tasks\n"
        "if __name__ == '__main__':\n"
        "    tasks = [0] * 10**6\n"
        "    for o in run_tasks(os.getpgid, tasks, workers=2, timeout_seconds=9):\n"
        "        print(o.result, flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.kill()
    parent.wait()
    # The pipe closes when the last process that holds it, worker or not, is gone.
    deadline = time.monotonic() + 30
    while parent.stdout.read(65536):
        assert time.monotonic() < deadline
