"""Functions as tasks of Spark: results, errors, workers that die."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from lyre import cluster as clusters
from lyre.cluster import Cluster, ClusterError
from lyre.errors import LyreError
from lyre.settings import Spark


def test_no_cluster_for_this_machine() -> None:
    with clusters.chosen("local", Spark()) as found:
        assert found is None


def test_a_missing_pyspark_is_told() -> None:
    program = (
        "import sys; sys.modules['pyspark'] = None\n"
        "from lyre import cluster, settings\n"
        "try:\n"
        "    cluster.started(settings.Spark()).__enter__()\n"
        "except cluster.ClusterError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "PySpark is not installed; pip install '.[spark]'" in done.stdout


@pytest.mark.java
def test_a_missing_java_is_told(tmp_path: Any) -> None:
    program = (
        "from lyre import cluster, settings\n"
        "try:\n"
        "    cluster.started(settings.Spark()).__enter__()\n"
        "except cluster.ClusterError as error: print(error)\n"
    )
    environment = {**os.environ, "JAVA_HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert "Spark does not start" in done.stdout
    assert "Java 17" in done.stdout


@pytest.mark.java
def test_each_task_has_one_result(cluster: Cluster) -> None:
    def square(number: int) -> int:
        return number * number

    assert sorted(cluster.run(square, range(20))) == [each**2 for each in range(20)]
    assert list(cluster.run(square, [])) == []


@pytest.mark.java
def test_a_task_whose_worker_died_is_repeated(
    cluster: Cluster, dies_once: Callable[..., Any]
) -> None:
    def negative(number: int) -> int:
        return -number

    found = cluster.run(dies_once(negative), range(6))
    assert sorted(found) == [-5, -4, -3, -2, -1, 0]


@pytest.mark.java
def test_an_error_of_ours_is_raised_and_not_tried_again(
    cluster: Cluster, tmp_path: Any
) -> None:
    tries = tmp_path / "tries"

    def fail(_: int) -> int:
        with tries.open("a") as file:
            file.write(".")
        raise LyreError("no room", where="shard 3", remedy="make some")

    with pytest.raises(LyreError, match="shard 3: no room; make some"):
        list(cluster.run(fail, [1]))
    assert tries.read_text() == "."


@pytest.mark.java
def test_a_task_that_always_dies_is_given_up(cluster: Cluster) -> None:
    def die(number: int) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(ClusterError, match="Spark gave a task up"):
        list(cluster.run(die, [1]))
    assert list(cluster.run(abs, [-1])) == [1]
