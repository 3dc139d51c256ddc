import os
import subprocess
import sys

import pytest

from lyre.cores import cores

_ON_ONE = """
import os
from lyre.cores import cores

os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
print(cores())
"""


def test_there_is_one_at_least_and_no_more_than_all():
    assert 1 <= cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone")
def test_of_a_process_that_is_kept_to_one_there_is_one():
    done = subprocess.run(
        [sys.executable, "-c", _ON_ONE], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
