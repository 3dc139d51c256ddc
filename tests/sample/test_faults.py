from collections import Counter

import pytest

from sample.errors import SampleError
from sample.faults import CLIP_FAULTS, FEWEST_TRACKS, plant
from sample.plan import draw

_LIST_FAULTS = {
    "mismatch",
    "listed_twice",
    "control_byte_in_list",
    "duplicate",
    "lone_survivor",
    "in_two_groups",
    "shared_7digital_id",
    "control_byte_in_title",
    "junk_tags_only",
}
_AUDIO_FAULTS = {*CLIP_FAULTS, "equal_audio", "clip_without_song"}


@pytest.mark.parametrize("size", [FEWEST_TRACKS, 200, 500, 20_000])
def test_every_kind_is_planted(size: int) -> None:
    faults = plant(draw(size, 0), audio=True)
    assert {fault.kind for fault in faults.found} == _LIST_FAULTS | _AUDIO_FAULTS


def test_without_audio_only_the_clips_are_missing() -> None:
    loud, mute = draw(300, 0), draw(300, 0)
    with_audio = plant(loud, audio=True)
    without = plant(mute, audio=False)
    assert {fault.kind for fault in without.found} == _LIST_FAULTS
    kept = [fault for fault in with_audio.found if fault.kind in _LIST_FAULTS]
    assert kept == without.found
    assert (loud.sevendigital == mute.sevendigital).all()
    assert loud.titles == mute.titles


@pytest.mark.parametrize("size", [200, 500, 5_000])
def test_a_song_has_one_fault(size: int) -> None:
    faults = plant(draw(size, 0), audio=True)
    details = {"lone_survivor", "in_two_groups", "listed_twice", "control_byte_in_list"}
    kinds: dict[int, set[str]] = {}
    for fault in faults.found:
        if fault.song >= 0 and fault.kind not in details:
            kinds.setdefault(fault.song, set()).add(fault.kind)
    several = [names for names in kinds.values() if len(names) > 1]
    # The brother of the lone survivor is a mismatch too.
    assert several == [{"duplicate", "mismatch"}]
    assert len(kinds) < 0.17 * size


def test_faulty_songs_of_a_small_sample_are_tagged() -> None:
    plan = draw(500, 1)
    faults = plant(plan, audio=True)
    assert all(plan.tagged[fault.song] for fault in faults.found if fault.song >= 0)


def test_equal_audio_belongs_to_different_artists() -> None:
    plan = draw(2_000, 1)
    faults = plant(plan, audio=True)
    assert len(faults.copies) == 5
    for other, one in faults.copies.items():
        assert plan.artist[other] != plan.artist[one]
        assert plan.sevendigital[other] != plan.sevendigital[one]


@pytest.mark.slow
def test_shares_of_a_large_sample_are_those_of_the_real_lists() -> None:
    plan = draw(1_000_000, 0)
    faults = plant(plan, audio=False)
    count = Counter(fault.kind for fault in faults.found)
    assert count["mismatch"] == pytest.approx(19_094, rel=0.01)
    assert count["duplicate"] == pytest.approx(131_661, rel=0.01)
    assert len(faults.groups) == pytest.approx(53_471, rel=0.05)


def test_too_few_tracks_are_refused() -> None:
    with pytest.raises(SampleError, match="too few"):
        plant(draw(FEWEST_TRACKS - 1, 0), audio=True)
