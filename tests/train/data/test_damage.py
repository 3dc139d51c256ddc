import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dataset import framing, records
from train import config
from train.data import damage
from train.data.splits import Data, open_data
from train.data.tracks import Tracks, open_split
from train.errors import TrainError

_SHARD = "train-00001-of-00002.tfrecord"


@pytest.fixture
def data(band_export: Path, tmp_path: Path) -> Data:
    """Return the data of a copy that may be damaged once it is open."""
    folder = tmp_path / "export"
    shutil.copytree(band_export, folder)
    return open_data(folder, config.load(None, ["input.window_seconds=1"]))


def _shard(data: Data) -> Path:
    return data.train.folder / "shards" / _SHARD


def _offsets(tracks: Tracks) -> list[int]:
    return sorted(row.offset for row in tracks.rows if row.shard.endswith(_SHARD))


def _flip(shard: Path, place: int) -> None:
    content = bytearray(shard.read_bytes())
    content[place] ^= 1
    shard.write_bytes(content)


def _read(data: Data) -> None:
    with damage.named(data.train, data.validation):
        for _ in data.training(1):
            pass


@pytest.mark.parametrize("inside", [2, 300])
@pytest.mark.field_report("R23")
def test_flipped_bit_is_named_when_it_is_met(data: Data, inside: int) -> None:
    # In the head of the fourth record, and in its payload.
    offset = _offsets(data.train)[3]
    _flip(_shard(data), offset + inside)
    message = rf"{_SHARD}, record 3 at byte {offset:,}: the checksum"
    with pytest.raises(TrainError, match=message) as caught:
        _read(data)
    assert "export verify" in str(caught.value)


def test_cut_shard_is_named_when_it_is_met(data: Data) -> None:
    shard, last = _shard(data), _offsets(data.train)[-1]
    shard.write_bytes(shard.read_bytes()[:-7])
    with pytest.raises(
        TrainError, match=rf"{_SHARD}, record 19 at byte {last:,}: .*en"
    ):
        _read(data)


@pytest.mark.parametrize("content", [b"\x0a\xea\xff", b"\0"])
def test_a_record_that_is_none_is_named_when_it_is_met(
    data: Data, content: bytes
) -> None:
    shard, (first, second, *_) = _shard(data), _offsets(data.train)
    whole = shard.read_bytes()
    old = framing.read_at(shard, first)
    # Of the same size and under right checksums.
    new = framing.frame((content * len(old) + old)[: len(old)])
    shard.write_bytes(new + whole[second:])
    with pytest.raises(TrainError, match=rf"{_SHARD}, record at byte 0: "):
        _read(data)


def test_a_track_whose_record_is_anothers_is_named(data: Data) -> None:
    """One record less leaves the number of batches as it was."""
    shard, offsets = _shard(data), _offsets(data.train)
    whole = shard.read_bytes()
    first, second, third = offsets[:3]
    rest = whole[first:second] + whole[third:]
    shard.write_bytes(rest)
    with pytest.raises(TrainError, match=rf"{_SHARD}, record at byte {second:,}: "):
        _read(data)


def test_a_record_of_another_track_is_named(data: Data) -> None:
    shard, (first, *_) = _shard(data), _offsets(data.train)
    (row,) = (
        row
        for row in data.train.rows
        if (row.shard[-len(_SHARD) :], row.offset) == (_SHARD, first)
    )
    record = records.deserialize(framing.read_at(shard, first))
    stranger = row.track_id[:-1] + "?"
    new = records.serialize(replace(record, track_id=stranger))
    old = framing.read_at(shard, first)
    assert len(new) == len(old)
    shard.write_bytes(
        shard.read_bytes().replace(framing.frame(old), framing.frame(new))
    )
    told = f"of msd/{stranger}, where the labels name msd/{row.track_id}"
    with pytest.raises(TrainError, match=re.escape(told)):
        _read(data)


def test_a_record_that_is_there_twice_is_told(data: Data) -> None:
    shard, last = _shard(data), _offsets(data.train)[-1]
    whole = shard.read_bytes()
    shard.write_bytes(whole + whole[last:])
    with pytest.raises(TrainError, match="its shards hold tracks twice"):
        _read(data)


def test_shard_that_vanished_is_named(data: Data) -> None:
    _shard(data).unlink()
    with pytest.raises(TrainError, match=rf"{_SHARD}: the shard is missing"):
        _read(data)


def test_damage_in_a_record_that_no_label_names_is_found(data: Data) -> None:
    # The label set of the run may hold a part of the shard alone.
    offset = _offsets(data.train)[3]
    _flip(_shard(data), offset + 300)
    few = [row for row in data.train.rows if row.offset != offset]
    tracks = Tracks(**(vars(data.train) | {"rows": few}))
    with pytest.raises(TrainError, match=f"{_SHARD}, record 3"), damage.named(tracks):
        for _ in data.training(1):
            pass


def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="mine"), damage.named(None):
        raise ValueError("mine")


def test_validation_names_damage_too(data: Data) -> None:
    from train.scoring import score_tracks

    assert data.validation is not None
    shard = data.validation.shards[0]
    _flip(Path(shard), 300)
    with pytest.raises(TrainError, match=r"validation-0000\d-of-00002.* record 0"):
        score_tracks(
            lambda windows: windows[:, 0, :3],
            data.validation,
            data.window,
            count=1,
            batch_size=4,
        )


def test_every_record_is_read_on_request(data: Data) -> None:
    folder = data.train.folder
    chosen = config.load(None, ["input.window_seconds=1", "input.verify=true"])
    assert len(open_data(folder, chosen).train.rows) == 40
    _flip(_shard(data), _offsets(data.train)[3] + 300)
    other = _shard(data).with_name("validation-00000-of-00002.tfrecord")
    _flip(other, 40)
    # Sizes are right, so that opening alone finds nothing.
    open_data(folder, config.load(None, ["input.window_seconds=1"]))
    message = f"{_SHARD}, record 3 .*; 1 more damaged shard"
    with pytest.raises(TrainError, match=message):
        open_data(folder, chosen)


def test_fit_tells_damage_in_one_sentence(
    data: Data, small_config: Callable[..., config.Config], tmp_path: Path
) -> None:
    from train.fit import fit

    _flip(_shard(data), _offsets(data.train)[3] + 300)
    with pytest.raises(TrainError, match=f"{_SHARD}, record 3") as caught:
        fit(
            data.train.folder,
            small_config(),
            all_runs=tmp_path,
            name="run",
            say=lambda _: None,
        )
    assert "\n" not in str(caught.value)


def test_sound_shards_have_no_fault(band_export: Path) -> None:
    tracks = open_split(band_export, "train")
    damage.check([tracks])
    assert sum(1 for path in tracks.shards for _ in framing.read(Path(path))) == 40
