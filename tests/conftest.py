"""Fixtures that tests of several rooms share."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lyre.cluster import Cluster, started
from lyre.settings import Spark

# What a shell has set for a warehouse of its own.
for _name in [name for name in os.environ if name.startswith(("LYRE_", "DBT_"))]:
    del os.environ[_name]

_REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills",
        type=int,
        default=20,
        help="how often tests/faults/test_kills.py kills each stage (20)",
    )


@pytest.fixture(scope="session")
def real() -> Path:
    """Return the folder of real public files, which is no part of the project."""
    if not _REAL.is_dir():
        pytest.skip(f"the folder of real public files is not at {_REAL}")
    return _REAL


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Start a Spark of two cores, which tries a task four times."""
    with started(Spark(master="local[2,4]")) as found:
        yield found


@pytest.fixture
def dies_once(tmp_path: Path) -> Callable[[Callable[[Any], Any]], Any]:
    """Return what makes a worker die when it first has done a task of a function."""
    mark = tmp_path / "a_worker_died"

    def wrap(function: Callable[[Any], Any]) -> Any:
        def dying(task: Any) -> Any:
            result = function(task)
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        # Pickled as it is: Spark's workers do not find it by name.
        return dying

    return wrap
