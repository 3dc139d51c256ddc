import os
import subprocess
import sys

import pytest

from lyre.cores import cores

_PRINT = "from lyre.cores import cores; print(cores())"


def test_there_is_one_at_least_and_no_more_than_all():
    assert 1 <= cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone")
def test_of_a_process_that_is_kept_to_one_there_is_one():
    first = min(os.sched_getaffinity(0))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os; os.sched_setaffinity(0, [{first}]); {_PRINT}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1\n"
