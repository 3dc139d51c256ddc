"""The words of the taggers: true tags with their spellings, and all the rest.

Spellings, junk and their rough frequencies follow what real Last.fm records hold.
A *true tag* is one that can be heard in the synthesised music.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrueTag:
    """A tag that follows from the music.

    Parameters
    ----------
    name : str
        The tag under its plain name.
    category : str
        One of genre, vocal, instrument, mood, decade.
    spellings : tuple of (str, float)
        How listeners write it, each with the chance that a track with the tag also
        has this spelling. The first is the usual one.
    """

    name: str
    category: str
    spellings: tuple[tuple[str, float], ...]


def _tag(name: str, category: str, usual: float = 1.0, **rare: float) -> TrueTag:
    spellings = {name: usual} | rare
    return TrueTag(name, category, tuple(spellings.items()))


def _decade(name: str, century: str, word: str) -> TrueTag:
    short = name.removesuffix("s")
    spellings = {
        name: 0.95,
        f"{short}'s": 0.06,
        f"{century}{name}": 0.06,
        f"{century}{short}'s": 0.02,
        word: 0.04,
        word.capitalize(): 0.01,
    }
    return TrueTag(name, "decade", tuple(spellings.items()))


def _voice(sex: str) -> TrueTag:
    spellings = {
        f"{sex} vocalists": 0.95,
        f"{sex} vocalist": 0.25,
        f"{sex} vocals": 0.08,
        f"{sex} vocal": 0.05,
        f"{sex.capitalize()} Vocalists": 0.03,
        f"{sex} voice": 0.03,
        f"{sex}-vocals": 0.01,
    }
    return TrueTag(f"{sex} vocalist", "vocal", tuple(spellings.items()))


_HIP_HOP = {
    "Hip-Hop": 0.95,
    "hip hop": 0.25,
    "hiphop": 0.08,
    "Hip Hop": 0.06,
    "hip-hop": 0.05,
    "HIPHOP": 0.01,
}
_RNB = {
    "rnb": 0.9,
    "R&B": 0.25,
    "r&b": 0.1,
    "RnB": 0.05,
    "r and b": 0.02,
    "R & B": 0.02,
    "r n b": 0.01,
}
_DRUM_AND_BASS = {
    "drum and bass": 0.9,
    "drum n bass": 0.15,
    "dnb": 0.12,
    "Drum and Bass": 0.06,
    "drum & bass": 0.05,
    "drum 'n' bass": 0.02,
    "DnB": 0.02,
    "drumnbass": 0.01,
}

TRUE_TAGS: tuple[TrueTag, ...] = (
    _tag(
        "rock",
        "genre",
        **{
            "Rock": 0.06,
            "rock music": 0.02,
            "ROCK": 0.01,
            "rock!": 0.005,
            "rock\u200b": 0.005,
            "rock\u00a0": 0.005,
            "\uff32\uff2f\uff23\uff2b": 0.005,
        },
    ),
    _tag("pop", "genre", **{"Pop": 0.06, "pop music": 0.03, "POP": 0.01}),
    _tag("alternative", "genre", **{"Alternative": 0.06, "alternative music": 0.01}),
    _tag("indie", "genre", **{"Indie": 0.06, "indie music": 0.02, "INDIE": 0.01}),
    _tag(
        "electronic",
        "genre",
        **{"Electronic": 0.06, "electronic music": 0.03, "ELECTRONIC": 0.01},
    ),
    _tag("dance", "genre", **{"Dance": 0.06, "dance music": 0.03}),
    TrueTag("hip-hop", "genre", tuple(_HIP_HOP.items())),
    _tag("metal", "genre", **{"Metal": 0.08, "METAL": 0.02, "metal music": 0.01}),
    _tag("punk", "genre", **{"Punk": 0.06, "PUNK": 0.01, "punk music": 0.01}),
    _tag("jazz", "genre", **{"Jazz": 0.08, "jazz music": 0.02, "JAZZ": 0.01}),
    _tag("folk", "genre", **{"Folk": 0.06, "folk music": 0.03, "FOLK": 0.01}),
    _tag("blues", "genre", **{"Blues": 0.06, "blues music": 0.01}),
    _tag("country", "genre", **{"Country": 0.06, "country music": 0.04}),
    _tag("soul", "genre", **{"Soul": 0.06, "soul music": 0.03, "SOUL": 0.01}),
    _tag("funk", "genre", **{"Funk": 0.06, "funky": 0.08, "Funky": 0.01}),
    TrueTag("rnb", "genre", tuple(_RNB.items())),
    _tag("reggae", "genre", **{"Reggae": 0.08, "reggae music": 0.02}),
    _tag("house", "genre", **{"House": 0.12, "house music": 0.05}),
    TrueTag("drum and bass", "genre", tuple(_DRUM_AND_BASS.items())),
    _tag("ambient", "genre", **{"Ambient": 0.06, "ambient music": 0.02}),
    _tag("classical", "genre", **{"Classical": 0.08, "classical music": 0.06}),
    _voice("female"),
    _voice("male"),
    _tag(
        "instrumental",
        "vocal",
        0.95,
        **{"Instrumental": 0.06, "instrumentals": 0.03, "instrumental music": 0.01},
    ),
    _tag("guitar", "instrument", 0.95, **{"Guitar": 0.06, "guitars": 0.04}),
    _tag("piano", "instrument", 0.95, **{"Piano": 0.06, "pianos": 0.01}),
    _tag("acoustic", "instrument", 0.95, **{"Acoustic": 0.06}),
    _tag("happy", "mood", 0.95, **{"Happy": 0.04, "happy music": 0.02}),
    _tag("sad", "mood", 0.95, **{"Sad": 0.04, "sad music": 0.02}),
    _tag(
        "chillout",
        "mood",
        0.9,
        **{"Chillout": 0.06, "chill out": 0.2, "chill-out": 0.03},
    ),
    _decade("60s", "19", "sixties"),
    _decade("70s", "19", "seventies"),
    _decade("80s", "19", "eighties"),
    _decade("90s", "19", "nineties"),
    _decade("00s", "20", "noughties"),
)

NAMES: tuple[str, ...] = tuple(tag.name for tag in TRUE_TAGS)
BIT: dict[str, int] = {name: position for position, name in enumerate(NAMES)}
DECADES: tuple[str, ...] = ("60s", "70s", "80s", "90s", "00s")

# Tags that say something about the music, but nothing that can be heard here:
# spelling, what it means, share of tagged tracks.
OTHER_TAGS: tuple[tuple[str, str, float], ...] = (
    ("singer-songwriter", "singer-songwriter", 0.02),
    ("Singer/Songwriter", "singer-songwriter", 0.004),
    ("Soundtrack", "soundtrack", 0.015),
    ("oldies", "oldies", 0.015),
    ("british", "british", 0.015),
    ("american", "american", 0.012),
    ("christmas", "christmas", 0.006),
    ("русский рок", "русский рок", 0.004),
    ("русский рок 80s", "русский рок 80s", 0.002),
    ("日本語", "日本語", 0.003),
    ("日本語ロック", "日本語ロック", 0.002),
    ("한국", "한국", 0.002),
    ("caf\u00e9", "café", 0.004),
    ("cafe\u0301", "café", 0.002),
    ("chanson fran\u00e7aise", "chanson française", 0.004),
    ("m\u00fasica brasileira", "música brasileira", 0.003),
)

# Words of liking and mood that a rule may keep or throw away.
OPINIONS: tuple[tuple[str, float], ...] = (
    ("Love", 0.06),
    ("love", 0.02),
    ("beautiful", 0.05),
    ("sexy", 0.03),
    ("catchy", 0.03),
    ("cool", 0.02),
    ("fun", 0.02),
    ("great", 0.015),
    ("live", 0.01),
)

JUNK: tuple[tuple[str, float], ...] = (
    ("favorites", 0.07),
    ("seen live", 0.06),
    ("awesome", 0.05),
    ("Favorite", 0.03),
    ("Favourites", 0.03),
    ("favourite", 0.02),
    ("My Favorites", 0.015),
    ("my favourite songs", 0.01),
    ("favorite songs", 0.02),
    ("good", 0.02),
    ("amazing", 0.02),
    ("best", 0.01),
    ("brilliant", 0.01),
    ("Good Stuff", 0.01),
    ("heard on Pandora", 0.015),
    ("kss1984 - excellent", 0.01),
    ("x", 0.006),
    ("bra2", 0.004),
    ("GH10", 0.004),
    ("2016", 0.003),
    ("check out", 0.008),
    ("albums I own", 0.012),
    ("songs I absolutely love", 0.005),
    ("under two minutes", 0.005),
    ("streamable track wants", 0.003),
    ("Radiotsar approved", 0.003),
    ("recommend", 0.003),
    ("test", 0.002),
    ("!!!", 0.002),
    ("\u2665", 0.004),
    ("\u2665\u2665\u2665", 0.001),
)
