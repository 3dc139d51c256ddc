"""Every stage, killed at random instants and run again, ends as if undisturbed.

``LYRE_TEST_KILLS`` says how often each stage is killed, 20 times by default.
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_KILLS = int(os.environ.get("LYRE_TEST_KILLS", "20"))


@pytest.mark.slow
def test_a_killed_stage_ends_the_same(
    stage: Any, before: Callable[[Any], Any], tmp_path: Path
) -> None:
    ready = before(stage)
    # One place for all copies, since raw tables hold the paths of their sources.
    undisturbed = ready.copy(tmp_path / "copy")
    seconds = undisturbed.run(stage.command)
    expected = undisturbed.state()
    shutil.rmtree(undisturbed.folder)
    assert expected != ready.state(), "the stage does nothing"
    instants = random.Random(stage.name)
    for _ in range(_KILLS):
        killed = ready.copy(tmp_path / "copy")
        instant = instants.uniform(0.0, seconds)
        killed.kill(stage.command, instant)
        killed.finish(stage)
        assert killed.state() == expected, f"killed after {instant:.3f} s"
        shutil.rmtree(killed.folder)
