"""What listeners wrote: pairs of song and raw tag with a value, chunk by chunk.

The raw tags form one list: spellings of true tags, other tags, opinions, junk, years,
artists' names, titles and a long tail of tags that hardly anybody uses. A pair names
a raw tag by its place in that list.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sample.faults import Faults
from sample.plan import Numbers, Plan, largeness
from sample.randomness import stream
from sample.tail import tail_tag
from sample.vocabulary import JUNK, NAMES, OPINIONS, OTHER_TAGS, TRUE_TAGS

_CHUNK = 20_000
# Share of the true tags that get a pair: nearly all in a demonstration; in the real
# data a track is seldom tagged with all that is true of it.
_COVERAGE = {
    "genre": (0.98, 0.9),
    "vocal": (0.97, 0.22),
    "instrument": (0.97, 0.25),
    "mood": (0.97, 0.2),
    "decade": (0.97, 0.2),
}
_WEIGHTS = {"genre": 1.0, "decade": 0.4, "vocal": 0.4, "instrument": 0.3, "mood": 0.3}
_ARTIST_SHARE, _TITLE_SHARE, _YEAR_SHARE = 0.12, 0.03, 0.03
_FIRST_YEAR, _YEARS = 1960, 50
# 522,366 distinct tags at 8,598,630 pairs: the growth of a vocabulary with its text.
_TAIL_GROWTH = np.log(522_366) / np.log(8_598_630)
_PAIRS_PER_TRACK = 17.0
_TAIL_USES = (5.5, 13.7)
_TAIL_OFFSETS = (2_000.0, 100.0)


@dataclass(frozen=True)
class Pairs:
    """Pairs of one chunk: position of the song, place of the raw tag, value."""

    song: Numbers
    tag: Numbers
    value: Numbers


@dataclass(frozen=True)
class RawTag:
    """A raw tag: its text, what it means (or nothing), and its kind."""

    text: str
    meaning: str
    kind: str


_SPELLINGS = tuple(
    (position, text, share)
    for position, tag in enumerate(TRUE_TAGS)
    for text, share in tag.spellings
)
_COMMON = (
    *((text, meaning, "other", share) for text, meaning, share in OTHER_TAGS),
    *((text, "", "opinion", share) for text, share in OPINIONS),
    *((text, "", "junk", share) for text, share in JUNK),
)


class Tagging:
    """All raw tags of a plan and the pairs that use them.

    Parameters
    ----------
    plan : Plan
        Songs, after faults were planted.
    faults : Faults
        Says which songs have junk only.
    """

    def __init__(self, plan: Plan, faults: Faults) -> None:
        self._plan = plan
        self._junk_only = np.zeros(plan.size, dtype=bool)
        self._junk_only[list(faults.junk_only)] = True
        self._large = largeness(plan.size)
        tracks = int(plan.tagged.sum())
        self._tail = round((_PAIRS_PER_TRACK * tracks) ** _TAIL_GROWTH)
        self._years = len(_SPELLINGS) + len(_COMMON)
        self._artists = self._years + _YEARS
        self._tails = self._artists + len(plan.artist_name)
        self._titles: int = self._tails + self._tail
        self._title_places, self._title_texts = self._title_tags()
        self._forced = self._forced_spellings()

    def __len__(self) -> int:
        """Return the number of raw tags, used or not."""
        return self._titles + len(self._title_texts)

    def raw_tags(self) -> Iterator[RawTag]:
        """Yield the raw tags in the order of their places."""
        for position, text, _ in _SPELLINGS:
            yield RawTag(text, NAMES[position], "spelling")
        for text, meaning, kind, _ in _COMMON:
            yield RawTag(text, meaning, kind)
        for year in range(_FIRST_YEAR, _FIRST_YEAR + _YEARS):
            yield RawTag(str(year), str(year), "other")
        for name in self._plan.artist_name:
            yield RawTag(name, "", "artist")
        for number in range(self._tail):
            yield RawTag(tail_tag(number), "", "tail")
        for text in self._title_texts:
            yield RawTag(text, "", "title")

    def chunks(self) -> Iterator[Pairs]:
        """Yield the pairs of the tagged songs, song by song, best tag first."""
        for part, start in enumerate(range(0, self._plan.size, _CHUNK)):
            songs = np.arange(start, min(start + _CHUNK, self._plan.size))
            songs = songs[self._plan.tagged[songs]]
            rng = stream(self._plan.seed, "tags", part)
            yield self._pairs(rng, songs)

    def _title_tags(self) -> tuple[dict[int, int], list[str]]:
        """Choose songs whose artist and title is a tag; equal texts are one tag."""
        drawn = stream(self._plan.seed, "title tags").random(self._plan.size)
        places: dict[int, int] = {}
        texts: dict[str, int] = {}
        for song in np.flatnonzero((drawn < _TITLE_SHARE) & self._plan.tagged).tolist():
            text = f"{self._plan.artist_of(song)} - {self._plan.title(song)}".lower()
            places[song] = texts.setdefault(text, len(texts))
        return places, list(texts)

    def _forced_spellings(self) -> npt.NDArray[np.int64]:
        """Choose a song for each spelling, so that even rare ones occur."""
        rng = stream(self._plan.seed, "spellings")
        usable = self._plan.tagged & ~self._junk_only
        songs = []
        for position, _, _ in _SPELLINGS:
            bit = np.uint64(1 << position)
            having = np.flatnonzero(usable & ((self._plan.true_tags & bit) > 0))
            songs.append(int(rng.choice(having)) if len(having) else -1)
        return np.array(songs, dtype=np.int64)

    def _pairs(self, rng: np.random.Generator, songs: Numbers) -> Pairs:
        drawn = [
            self._draw_spellings(rng, songs),
            self._draw_common(rng, songs),
            self._draw_own(rng, songs),
            self._draw_tail(rng, songs),
        ]
        row = np.concatenate([rows for rows, _, _ in drawn])
        tag = np.concatenate([places for _, places, _ in drawn])
        score = np.concatenate([scores for _, _, scores in drawn])
        _, first = np.unique(row * len(self) + tag, return_index=True)
        row, tag, score = row[first], tag[first], score[first]
        # How many listeners tagged the song: one or two, or thousands.
        listeners = rng.lognormal(np.log(150), 1.5, len(songs))
        votes = np.maximum(1, np.rint(score * listeners[row])).astype(np.int64)
        most = np.zeros(len(songs), dtype=np.int64)
        np.maximum.at(most, row, votes)
        order = np.lexsort((tag, -votes, row))
        value = 100 * votes // most[row]
        return Pairs(songs[row[order]], tag[order], value[order])

    def _draw_spellings(
        self, rng: np.random.Generator, songs: Numbers
    ) -> tuple[Numbers, Numbers, npt.NDArray[np.float64]]:
        position = np.array([position for position, _, _ in _SPELLINGS])
        share = np.array([share for _, _, share in _SPELLINGS])
        usual = np.append(True, position[1:] != position[:-1])
        weight = np.array([_WEIGHTS[TRUE_TAGS[at].category] for at in position])
        true = self._given_tags(rng, songs)[:, position]
        # A track whose usual spelling is missing has another one.
        drawn = rng.random(true.shape) < share
        drawn |= self._forced == songs[:, None]
        missing = ~np.maximum.reduceat(drawn, np.flatnonzero(usual), axis=1)
        drawn |= usual & missing[:, position]
        row, place = np.nonzero(true & drawn)
        spread = rng.lognormal(0, 0.5, len(row))
        rarity = np.where(usual[place], 1.0, 0.6 * np.sqrt(share[place]))
        return row, place, weight[place] * spread * rarity

    def _given_tags(
        self, rng: np.random.Generator, songs: Numbers
    ) -> npt.NDArray[np.bool_]:
        """Return which true tags listeners noticed, at least one a song."""
        bits = np.uint64(1) << np.arange(len(TRUE_TAGS), dtype=np.uint64)
        true = (self._plan.true_tags[songs, None] & bits) > 0
        cover = np.array(
            [
                np.interp(self._large, (0, 1), _COVERAGE[tag.category])
                for tag in TRUE_TAGS
            ]
        )
        given = true & (rng.random(true.shape) < cover)
        forced = self._forced == songs[:, None]
        for place, row in zip(*np.nonzero(forced.T), strict=True):
            given[row, _SPELLINGS[place][0]] = True
        empty = ~given.any(axis=1)
        given[empty] = true[empty]
        given[self._junk_only[songs]] = False
        return given

    def _draw_common(
        self, rng: np.random.Generator, songs: Numbers
    ) -> tuple[Numbers, Numbers, npt.NDArray[np.float64]]:
        share = np.array([share for _, _, _, share in _COMMON])
        junk = np.array([kind == "junk" for _, _, kind, _ in _COMMON])
        drawn = rng.random((len(songs), len(share))) < share
        only = self._junk_only[songs]
        drawn[np.ix_(only, ~junk)] = False
        drawn[only, np.flatnonzero(junk)[0]] = True
        row, place = np.nonzero(drawn)
        return row, place + len(_SPELLINGS), rng.lognormal(np.log(0.1), 0.6, len(row))

    def _draw_own(
        self, rng: np.random.Generator, songs: Numbers
    ) -> tuple[Numbers, Numbers, npt.NDArray[np.float64]]:
        """Draw the artist's name, the year and the title as tags."""
        artist = np.flatnonzero(rng.random(len(songs)) < _ARTIST_SHARE)
        plain = ~self._junk_only[songs]
        year = np.flatnonzero((rng.random(len(songs)) < _YEAR_SHARE) & plain)
        titled = [at for at, song in enumerate(songs) if song in self._title_places]
        titles = [self._title_places[int(songs[at])] for at in titled]
        row = np.concatenate([artist, year, np.array(titled, dtype=np.int64)])
        place = np.concatenate(
            [
                self._artists + self._plan.artist[songs[artist]],
                self._years + self._plan.true_year[songs[year]] - _FIRST_YEAR,
                self._titles + np.array(titles, dtype=np.int64),
            ]
        )
        return row, place, rng.lognormal(np.log(0.03), 0.6, len(row))

    def _draw_tail(
        self, rng: np.random.Generator, songs: Numbers
    ) -> tuple[Numbers, Numbers, npt.NDArray[np.float64]]:
        """Draw rare tags: a few songs have dozens, the tags follow Zipf's law."""
        mean = np.interp(self._large, (0, 1), _TAIL_USES)
        uses = rng.poisson(mean * rng.gamma(0.6, 1 / 0.6, len(songs)))
        row = np.repeat(np.arange(len(songs)), uses)
        # Zipf and Mandelbrot; the offset keeps rare tags rare in a small sample.
        offset = np.interp(self._large, (0, 1), _TAIL_OFFSETS)
        growth = np.log((self._tail + offset) / offset)
        rank = offset * np.exp(rng.random(len(row)) * growth) - offset
        place = self._tails + rank.astype(np.int64).clip(0, self._tail - 1)
        return row, place, rng.lognormal(np.log(0.01), 0.9, len(row))
