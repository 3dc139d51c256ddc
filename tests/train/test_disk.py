"""What a disk refuses to TensorFlow is an error that commands tell in a sentence."""

import errno
import sys
from pathlib import Path

import numpy as np
import pytest

from lyre.console import REFUSALS
from train.config import Logging
from train.disk import refusals_told
from train.engine import tf
from train.loop.board import Board
from train.loop.position import Position
from train.loop.watch import Profile

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="needs a place that refuses even root"
)
# The kernel's own: nobody may write files there.
_PROTECTED = Path("/sys")


def test_a_full_disk_is_told_as_python_tells_it(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as told, refusals_told(tmp_path):
        tf.io.write_file("/dev/full", "a" * 100_000)
    assert told.value.errno == errno.ENOSPC
    assert told.value.filename == str(tmp_path)


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(tf.errors.NotFoundError), refusals_told(tmp_path):
        tf.io.read_file(str(tmp_path / "none"))
    short = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
    with pytest.raises(tf.errors.ResourceExhaustedError), refusals_told(tmp_path):
        raise short


def test_event_files_in_a_protected_place_are_refused() -> None:
    board = Board(_PROTECTED, Logging(every_steps=1))
    board.step(Position(1, step=1, loss_sum=2.0, examples=4.0), lambda: 0.1)
    with pytest.raises(OSError, match="/sys/tensorboard") as told:
        board.flush()
    assert told.value.errno in REFUSALS


def test_a_profile_in_a_protected_place_is_refused() -> None:
    profile = Profile(str(_PROTECTED), first=0, last=0)
    profile.on_train_batch_begin(0)
    tf.constant(np.ones(3)).numpy()
    with pytest.raises(OSError, match="/sys") as told:
        profile.on_train_batch_end(0)
    assert told.value.errno in REFUSALS
