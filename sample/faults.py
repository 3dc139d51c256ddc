"""The faults of the real data, planted and written down.

Every faulty song has one fault, except the members of duplicate groups, of which
some are on the mismatch list as well, so that a lone survivor remains.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from lyre.counting import counted
from sample.errors import SampleError
from sample.names import sevendigital_ids
from sample.plan import Plan, largeness
from sample.randomness import stream

FEWEST_TRACKS = 60

# Share of all songs and least number, for every kind that damages one clip.
CLIP_FAULTS: dict[str, tuple[float, int]] = {
    "no_clip": (0.005, 2),
    "zero_bytes": (0.005, 1),
    "truncated": (0.005, 1),
    "html_page": (0.0025, 1),
    "id3_only": (0.0025, 1),
    "silent": (0.0025, 1),
    "long_silence": (0.0025, 1),
    "much_silence": (0.0025, 1),
    "little_sound": (0.0025, 1),
    "short_clip": (0.004, 1),
}

_MISMATCHES_SMALL, _MISMATCHES_LARGE = 0.015, 19_094 / 1_000_000
_DUPLICATES_SMALL, _DUPLICATES_LARGE = 0.025, 131_661 / 1_000_000
_EMPTY_LEFT = 13_342 / 19_094
_REPEATED = 116 / 18_972
_CONTROL = 56 / 19_094


@dataclass(frozen=True)
class Fault:
    """One line of the ground truth.

    Parameters
    ----------
    song : int
        The song, or -1 where no song is concerned.
    kind : str
        A name such as ``"mismatch"``.
    evidence : str
        What was done, in words.
    """

    song: int
    kind: str
    evidence: str


@dataclass(frozen=True)
class Mismatch:
    """A line of the mismatch list."""

    song: int
    empty_left: bool


@dataclass
class Faults:
    """Everything that is wrong with a sample.

    Parameters
    ----------
    found : list of Fault
        The ground truth, untagged songs left out (`Plan.tagged` has them).
    mismatches : list of Mismatch
        Lines of the mismatch list.
    groups : list of list of int
        Songs of each duplicate group.
    damage : dict
        Kind of damage of a song's clip.
    copies : dict
        Song to the song whose clip it has byte for byte.
    borrowed : set
        Songs that have the 7digital id of another and so no clip of their own.
    orphans : list of int
        7digital ids of clips without a song.
    junk_only : set
        Songs that have no tag but junk.
    """

    found: list[Fault] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)
    groups: list[list[int]] = field(default_factory=list)
    damage: dict[int, str] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)
    borrowed: set[int] = field(default_factory=set)
    orphans: list[int] = field(default_factory=list)
    junk_only: set[int] = field(default_factory=set)


def plant(plan: Plan, *, audio: bool) -> Faults:
    """Change a plan so that it has every fault.

    Parameters
    ----------
    plan : Plan
        A fresh plan; some of its columns are changed.
    audio : bool
        Whether clips will be written; without them only their faults are left out,
        everything else stays the same.

    Raises
    ------
    SampleError
        The sample is too small to hold every fault.
    """
    if plan.size < FEWEST_TRACKS:
        raise SampleError(
            f"too few to hold every kind of fault: {counted(plan.size, 'track')}",
            where="--tracks",
            expected=f"at least {FEWEST_TRACKS}",
        )
    faults = Faults()
    songs = _candidates(plan)
    _plant_duplicates(plan, faults, songs)
    _plant_mismatches(plan, faults, songs)
    _plant_shared_ids(plan, faults, songs)
    _plant_text_faults(plan, faults, songs)
    if audio:
        _plant_equal_audio(plan, faults, songs)
        _plant_clip_faults(plan, faults, songs)
        _plant_orphans(plan, faults)
    return faults


def _candidates(plan: Plan) -> Iterator[int]:
    """Yield songs in random order; in a small sample only those with tags.

    There each fault should be the only reason to leave its song out.
    """
    songs = np.arange(plan.size)
    if largeness(plan.size) == 0.0:
        songs = np.flatnonzero(plan.tagged)
    return iter(stream(plan.seed, "faults").permutation(songs).tolist())


def _count(plan: Plan, share: float, least: int) -> int:
    return max(least, round(share * plan.size))


def _take(songs: Iterator[int], count: int) -> list[int]:
    return [next(songs) for _ in range(count)]


def _plant_duplicates(plan: Plan, faults: Faults, songs: Iterator[int]) -> None:
    share = np.interp(
        largeness(plan.size), (0, 1), (_DUPLICATES_SMALL, _DUPLICATES_LARGE)
    )
    left = _count(plan, float(share), 7)
    _add_lone_survivor(plan, faults, songs)
    _add_overlapping(plan, faults, songs)
    left -= 5
    rng = stream(plan.seed, "duplicates")
    while left >= 2:
        size = min(left, int(rng.choice((2, 3, 4), p=(0.7, 0.18, 0.12))))
        members = _take(songs, size)
        _record_again(plan, members)
        _add_group(plan, faults, members, "duplicate")
        left -= size


def _record_again(plan: Plan, members: list[int]) -> None:
    """Make all members recordings of the first one's song."""
    first = members[0]
    for take, song in enumerate(members):
        for column in (plan.artist, plan.style, plan.title_key, plan.music):
            column[song] = column[first]
        plan.true_year[song] = plan.true_year[first]
        plan.year[song] = plan.true_year[first] if plan.year[song] else 0
        plan.true_tags[song] = plan.true_tags[first]
        plan.take[song] = take


def _add_group(plan: Plan, faults: Faults, members: list[int], kind: str) -> None:
    faults.groups.append(members)
    ids = " ".join(plan.track_id[song].decode() for song in members)
    evidence = f"group {len(faults.groups)}, members {ids}"
    faults.found += [Fault(song, kind, evidence) for song in members]


def _add_lone_survivor(plan: Plan, faults: Faults, songs: Iterator[int]) -> None:
    survivor, other = _take(songs, 2)
    _record_again(plan, [survivor, other])
    _add_group(plan, faults, [survivor, other], "duplicate")
    evidence = f"the other member, {plan.track_id[other].decode()}, is a mismatch"
    faults.found.append(Fault(survivor, "lone_survivor", evidence))
    _add_mismatch(plan, faults, other, empty_left=True)


def _add_overlapping(plan: Plan, faults: Faults, songs: Iterator[int]) -> None:
    one, both, three = _take(songs, 3)
    _record_again(plan, [both, one, three])
    _add_group(plan, faults, [one, both], "duplicate")
    _add_group(plan, faults, [both, three], "duplicate")
    numbers = f"groups {len(faults.groups) - 1} and {len(faults.groups)}"
    faults.found.append(Fault(both, "in_two_groups", numbers))


def _add_mismatch(plan: Plan, faults: Faults, song: int, *, empty_left: bool) -> None:
    faults.mismatches.append(Mismatch(song, empty_left))
    rng = stream(plan.seed, "mismatch", song)
    other = song
    while plan.style[other] == plan.style[song]:
        other = int(rng.integers(plan.size))
    plan.music[song] = plan.music[other]
    # A take of its own: otherwise the clip would equal the other song's.
    plan.take[song] = len(faults.mismatches)
    plays = plan.track_id[other].decode()
    side = "empty" if empty_left else "full"
    evidence = f"its clip plays {plays}; the left pair is {side}"
    faults.found.append(Fault(song, "mismatch", evidence))


def _plant_mismatches(plan: Plan, faults: Faults, songs: Iterator[int]) -> None:
    share = np.interp(
        largeness(plan.size), (0, 1), (_MISMATCHES_SMALL, _MISMATCHES_LARGE)
    )
    chosen = _take(songs, _count(plan, float(share), 3))
    for turn, song in enumerate(chosen):
        empty = turn == 0 or (turn > 2 and (turn * 0.618) % 1 < _EMPTY_LEFT)
        _add_mismatch(plan, faults, song, empty_left=empty)
    for song in chosen[1 : 1 + max(1, round(_CONTROL * len(chosen)))]:
        plan.titles[song] = f"\x1eNachtstück\x1c   {plan.title(song)}"
        faults.found.append(Fault(song, "control_byte_in_list", "0x1c and 0x1e"))
    for song in chosen[-max(1, round(_REPEATED * len(chosen))) :]:
        faults.mismatches.append(Mismatch(song, empty_left=True))
        faults.found.append(Fault(song, "listed_twice", "two lines in the list"))


def _plant_shared_ids(plan: Plan, faults: Faults, songs: Iterator[int]) -> None:
    for _ in range(_count(plan, 0.0025, 1)):
        owner, borrower = _take(songs, 2)
        number = int(plan.sevendigital[owner])
        plan.sevendigital[borrower] = number
        plan.music[borrower] = plan.music[owner]
        faults.borrowed.add(borrower)
        evidence = f"7digital id {number} belongs to two songs"
        faults.found += [
            Fault(song, "shared_7digital_id", evidence) for song in (owner, borrower)
        ]


def _plant_text_faults(plan: Plan, faults: Faults, songs: Iterator[int]) -> None:
    for song in _take(songs, _count(plan, 0.004, 1)):
        plan.titles[song] = f"Don\x19t Stop _ {plan.title(song)}"
        faults.found.append(
            Fault(song, "control_byte_in_title", "0x19, the rest of U+2019")
        )
    tagged = (song for song in songs if plan.tagged[song])
    for song in _take(tagged, _count(plan, 0.005, 1)):
        faults.junk_only.add(song)
        faults.found.append(Fault(song, "junk_tags_only", "has tags, none of music"))


def _plant_equal_audio(plan: Plan, faults: Faults, songs: Iterator[int]) -> None:
    for _ in range(_count(plan, 0.0025, 1)):
        one = next(songs)
        other = next(song for song in songs if plan.artist[song] != plan.artist[one])
        plan.music[other] = plan.music[one]
        faults.copies[other] = one
        numbers = f"{plan.sevendigital[one]} and {plan.sevendigital[other]}"
        evidence = f"the clips {numbers} are equal byte for byte"
        faults.found += [Fault(song, "equal_audio", evidence) for song in (one, other)]


def _plant_clip_faults(plan: Plan, faults: Faults, songs: Iterator[int]) -> None:
    for kind, (share, least) in CLIP_FAULTS.items():
        for song in _take(songs, _count(plan, share, least)):
            faults.damage[song] = kind
            evidence = f"clip {plan.sevendigital[song]}"
            faults.found.append(Fault(song, kind, evidence))


def _plant_orphans(plan: Plan, faults: Faults) -> None:
    count = _count(plan, 0.0025, 1)
    numbers = sevendigital_ids(plan.seed, "track", plan.size + count)[-count:]
    faults.orphans = [int(number) for number in numbers]
    faults.found += [
        Fault(-1, "clip_without_song", f"clip {number}") for number in faults.orphans
    ]
