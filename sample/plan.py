"""The whole sample decided in compact columns, before anything is written."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sample.music import Piece
from sample.names import Bytes, artist_names, ids, sevendigital_ids, title
from sample.randomness import stream
from sample.styles import STYLES, Style
from sample.vocabulary import BIT, DECADES, NAMES

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MOODS = ("happy", "sad", "chillout")
_VOCALS = ("female vocalist", "male vocalist", "instrumental")
_LOYALTY = 0.45
_MISSING_YEARS = 147 / 283
# Between these sizes a demonstration becomes a benchmark: shares drift from those
# that a model needs to those of the real data.
_SMALL, _LARGE = 5_000, 1_000_000
_TAGGED_SMALL, _TAGGED_LARGE = 0.94, 505_216 / 1_000_000
_SONGS_PER_ARTIST_SMALL, _SONGS_PER_ARTIST_LARGE = 5.0, 22.3


@dataclass
class Plan:
    """Columns over the songs, by position, and over the artists.

    Faults change some entries after they are drawn (`sample.faults`).

    Parameters
    ----------
    seed : int
        The seed of the sample.
    artist : int array
        Number of the artist.
    style : int array
        Position in `sample.styles.STYLES`.
    true_tags : uint64 array
        A bit for each of `sample.vocabulary.TRUE_TAGS`.
    year : int array
        Year of release; 0 where the source does not know it.
    true_year : int array
        Year of release.
    tagged : bool array
        Whether Last.fm knows the song.
    title_key, release_key : int arrays
        What `sample.names` makes the titles of.
    music : int array
        The song whose music the clip plays; usually the song itself.
    take : int array
        0, or the number of the new recording of that music.
    track_id, song_id : bytes arrays
        Ids, 18 bytes each.
    sevendigital : int array
        7digital id of the clip.
    artist_id : bytes array
        Ids of the artists.
    artist_name : list of str
        Names of the artists.
    titles : dict
        Titles that do not come from their key, by song.
    """

    seed: int
    artist: Numbers
    style: Numbers
    true_tags: npt.NDArray[np.uint64]
    year: Numbers
    true_year: Numbers
    tagged: Flags
    title_key: Numbers
    release_key: Numbers
    music: Numbers
    take: Numbers
    track_id: Bytes
    song_id: Bytes
    sevendigital: Numbers
    artist_id: Bytes
    artist_name: list[str]
    titles: dict[int, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of songs."""
        return len(self.artist)

    def title(self, song: int) -> str:
        """Return the title of a song."""
        return self.titles.get(song) or title(int(self.title_key[song]))

    def artist_of(self, song: int) -> str:
        """Return the name of a song's artist."""
        return self.artist_name[int(self.artist[song])]

    def tag_names(self, song: int) -> list[str]:
        """Return the true tags of a song."""
        bits = int(self.true_tags[song])
        return [name for name in NAMES if bits >> BIT[name] & 1]

    def piece(self, song: int) -> Piece:
        """Return what the clip of a song plays."""
        music = int(self.music[song])
        return Piece(
            seed=self.seed,
            song=music,
            artist=int(self.artist[music]),
            style=STYLES[int(self.style[music])].name,
            tags=frozenset(self.tag_names(music)),
            take=int(self.take[song]),
        )


def largeness(size: int) -> float:
    """Return 0 for a demonstration, 1 for the size of the real data."""
    position = np.log(size / _SMALL) / np.log(_LARGE / _SMALL)
    return float(np.clip(position, 0.0, 1.0))


def draw(size: int, seed: int) -> Plan:
    """Draw all songs and artists, without faults.

    Parameters
    ----------
    size : int
        Number of songs.
    seed : int
        The same seed draws the same songs.
    """
    large = largeness(size)
    share = np.interp(large, (0, 1), (_SONGS_PER_ARTIST_SMALL, _SONGS_PER_ARTIST_LARGE))
    artists = max(3, round(size / float(share)))
    rng = stream(seed, "songs")
    artist = _artists_of_songs(rng, size, artists)
    home = _home_styles(rng, artists)
    style = np.where(
        rng.random(size) < _LOYALTY, home[artist], _styles(rng, size)
    ).astype(np.int64)
    decade = _decades(rng, style, artist, artists)
    true_year = 1960 + 10 * decade + rng.integers(0, 10, size)
    known = rng.random(size) >= _MISSING_YEARS
    tagged_share = np.interp(large, (0, 1), (_TAGGED_SMALL, _TAGGED_LARGE))
    songs = np.arange(size, dtype=np.int64)
    return Plan(
        seed=seed,
        artist=artist,
        style=style,
        true_tags=_true_tags(rng, style, decade),
        year=np.where(known, true_year, 0),
        true_year=true_year,
        tagged=rng.random(size) < tagged_share,
        title_key=rng.integers(0, 2**62, size),
        release_key=1_000_010 * artist + rng.integers(0, 3, size),
        music=songs.copy(),
        take=np.zeros(size, dtype=np.int64),
        track_id=ids(seed, "TR", size, b"128F"),
        song_id=ids(seed, "SO", size, b"12A8C"),
        sevendigital=sevendigital_ids(seed, "track", size),
        artist_id=ids(seed, "AR", artists, b"1187B"),
        artist_name=artist_names(seed, artists),
    )


def _artists_of_songs(rng: np.random.Generator, size: int, artists: int) -> Numbers:
    """Give each artist a song and the rest to a skewed few, in random order."""
    weights = rng.lognormal(0.0, 0.55, artists)
    rest = rng.choice(artists, max(0, size - artists), p=weights / weights.sum())
    owners = np.concatenate([np.arange(artists)[:size], rest]).astype(np.int64)
    return rng.permutation(owners)


def _styles(rng: np.random.Generator, count: int) -> Numbers:
    weights = np.array([style.weight for style in STYLES])
    return rng.choice(len(STYLES), count, p=weights / weights.sum()).astype(np.int64)


def _home_styles(rng: np.random.Generator, artists: int) -> Numbers:
    """Deal the styles out by weight, so that a small sample has artists of each."""
    weights = np.array([style.weight for style in STYLES])
    edges = np.cumsum(weights) / weights.sum()
    places = (np.arange(artists) + rng.random(artists)) / artists
    return rng.permutation(np.searchsorted(edges, places)).astype(np.int64)


def _decades(
    rng: np.random.Generator, style: Numbers, artist: Numbers, artists: int
) -> Numbers:
    """Draw decades that suit the style; an artist keeps to a time where it can."""
    weights = np.array([row.decades for row in STYLES], dtype=float)
    edges = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    era = rng.random(artists)[artist]
    place = np.where(rng.random(len(style)) < 0.6, era, rng.random(len(style)))
    passed = (place[:, None] >= edges[style]).sum(axis=1)
    return np.asarray(passed.clip(0, 4), dtype=np.int64)


def _true_tags(
    rng: np.random.Generator, style: Numbers, decade: Numbers
) -> npt.NDArray[np.uint64]:
    tags = _bits(DECADES)[decade]
    for position, row in enumerate(STYLES):
        songs = np.flatnonzero(style == position)
        tags[songs] |= _tags_of_style(rng, row, len(songs))
    return tags


def _tags_of_style(
    rng: np.random.Generator, style: Style, count: int
) -> npt.NDArray[np.uint64]:
    tags = np.full(count, np.bitwise_or.reduce(_bits(style.always)), dtype=np.uint64)
    for name, share in style.sometimes.items():
        tags |= np.where(rng.random(count) < share, _bits((name,))[0], np.uint64(0))
    for names, shares in ((_VOCALS, style.vocals), (_MOODS, style.moods)):
        edges = np.cumsum(shares)
        drawn = np.searchsorted(edges, rng.random(count), side="right")
        bits = np.append(_bits(names), np.uint64(0))
        tags |= bits[drawn.clip(0, len(names))]
    return tags


def _bits(names: tuple[str, ...]) -> npt.NDArray[np.uint64]:
    return np.array([1 << BIT[name] for name in names], dtype=np.uint64)
