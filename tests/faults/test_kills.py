"""Every stage, killed at random instants and run again, ends as if undisturbed.

``LYRE_TEST_KILLS`` says how often each stage is killed, 20 times by default.
"""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

_KILLS = int(os.environ.get("LYRE_TEST_KILLS", "20"))


@pytest.mark.slow
def test_a_killed_stage_ends_the_same(stage: Any, chain: Any, tmp_path: Path) -> None:
    expected = chain.expected(stage)
    instants = random.Random(stage.name)
    kills = 0
    # One that came too late, since this run was faster, is not counted.
    while kills < _KILLS:
        copy = chain.before(stage).copy(tmp_path / "copy")
        instant = instants.uniform(0.0, chain.seconds(stage))
        kills += copy.kill(stage.command, instant)
        copy.finish(stage)
        assert copy.state() == expected, f"killed after {instant:.3f} s"
        shutil.rmtree(copy.folder)
