"""Every stage, killed at random instants and run again, ends as if undisturbed.

``--kills`` says how often each stage is killed, 20 times by default.
"""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_a_killed_stage_ends_the_same(
    stage: Any, chain: Any, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    expected = chain.expected(stage)
    instants = random.Random(stage.name)
    kills = 0
    # One that came too late, since this run was faster, is not counted.
    while kills < pytestconfig.getoption("kills"):
        copy = chain.before(stage).copy(tmp_path / "copy")
        instant = instants.uniform(0.0, chain.seconds(stage))
        kills += copy.kill(stage.command, instant)
        copy.finish(stage)
        assert copy.state() == expected, f"killed after {instant:.3f} s"
        shutil.rmtree(copy.folder)
