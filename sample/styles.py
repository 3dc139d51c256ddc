"""The styles that artists play, and what follows from a style."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Style:
    """What songs of one style have in common.

    Parameters
    ----------
    name : str
        The style; also the name of its arrangement in `sample.arrangements`.
    weight : float
        How often it is played, relative to the others.
    tempo : tuple of float
        Slowest and fastest, in beats a minute.
    always : tuple of str
        True tags of every song of the style.
    sometimes : dict
        True tags that some songs have, with their share.
    vocals : tuple of float
        Shares of songs with a female, a male and no voice.
    moods : tuple of float
        Shares of happy, sad and chillout songs; the rest has no mood.
    decades : tuple of float
        Weights of the 60s, 70s, 80s, 90s and 00s.
    """

    name: str
    weight: float
    tempo: tuple[float, float]
    always: tuple[str, ...]
    sometimes: dict[str, float] = field(default_factory=dict)
    vocals: tuple[float, float, float] = (0.4, 0.45, 0.15)
    moods: tuple[float, float, float] = (0.2, 0.2, 0.1)
    decades: tuple[float, float, float, float, float] = (1, 1, 1, 1, 1)


STYLES: tuple[Style, ...] = (
    Style(
        "rock",
        12,
        (112, 138),
        ("rock",),
        {"alternative": 0.25, "guitar": 0.4, "blues": 0.12, "metal": 0.1, "punk": 0.1},
        vocals=(0.3, 0.55, 0.15),
    ),
    Style(
        "pop",
        10,
        (104, 124),
        ("pop",),
        {"dance": 0.25, "piano": 0.25, "soul": 0.1, "rnb": 0.15, "reggae": 0.1},
        vocals=(0.6, 0.38, 0.02),
        moods=(0.35, 0.15, 0.05),
    ),
    Style(
        "indie",
        9,
        (116, 136),
        ("indie",),
        {"rock": 0.4, "alternative": 0.55, "acoustic": 0.15, "pop": 0.15, "folk": 0.15},
        vocals=(0.4, 0.55, 0.05),
        decades=(0, 0.3, 1, 2, 3),
    ),
    Style(
        "electronic",
        8,
        (118, 132),
        ("electronic",),
        {"dance": 0.35, "pop": 0.1, "house": 0.2, "drum and bass": 0.2, "ambient": 0.1},
        vocals=(0.35, 0.2, 0.45),
        moods=(0.2, 0.05, 0.3),
        decades=(0, 0.5, 1.5, 2, 2),
    ),
    Style(
        "metal",
        5.5,
        (130, 160),
        ("metal",),
        {"rock": 0.25, "guitar": 0.2},
        vocals=(0.15, 0.7, 0.15),
        moods=(0, 0.15, 0),
        decades=(0, 0.7, 1.5, 1, 1.5),
    ),
    Style(
        "hip-hop",
        6,
        (84, 98),
        ("hip-hop",),
        {"rnb": 0.15, "piano": 0.15, "funk": 0.2, "reggae": 0.1, "jazz": 0.1},
        vocals=(0.15, 0.75, 0.1),
        decades=(0, 0, 1, 2, 2),
    ),
    Style(
        "folk",
        6,
        (88, 112),
        ("folk",),
        {"acoustic": 0.75, "guitar": 0.25, "country": 0.25},
        vocals=(0.45, 0.5, 0.05),
        moods=(0.15, 0.35, 0.1),
        decades=(2, 1.5, 0.7, 1, 1.3),
    ),
    Style(
        "jazz",
        6,
        (110, 150),
        ("jazz",),
        {"piano": 0.5, "blues": 0.15, "funk": 0.15, "soul": 0.1},
        vocals=(0.3, 0.1, 0.6),
        moods=(0.15, 0.15, 0.25),
        decades=(2.5, 1.5, 0.8, 0.8, 0.8),
    ),
    Style(
        "punk",
        5,
        (168, 190),
        ("punk",),
        {"rock": 0.35, "alternative": 0.2, "reggae": 0.1},
        vocals=(0.25, 0.73, 0.02),
        moods=(0.2, 0.05, 0),
        decades=(0, 1.5, 1, 1.5, 1.5),
    ),
    Style(
        "house",
        5,
        (122, 128),
        ("house",),
        {"electronic": 0.7, "dance": 0.8},
        vocals=(0.4, 0.15, 0.45),
        moods=(0.25, 0, 0.15),
        decades=(0, 0, 1, 2, 2),
    ),
    Style(
        "ambient",
        5,
        (60, 76),
        ("ambient",),
        {"electronic": 0.5, "piano": 0.3, "classical": 0.3},
        vocals=(0.1, 0.0, 0.9),
        moods=(0, 0.25, 0.6),
        decades=(0, 1, 1, 1.5, 1.5),
    ),
    Style(
        "soul",
        5,
        (88, 108),
        ("soul",),
        {"rnb": 0.3, "piano": 0.2, "funk": 0.25, "blues": 0.1},
        vocals=(0.5, 0.48, 0.02),
        decades=(2.5, 2, 1, 0.7, 0.8),
    ),
    Style(
        "rnb",
        5,
        (68, 82),
        ("rnb",),
        {"soul": 0.35, "pop": 0.25, "hip-hop": 0.25},
        vocals=(0.6, 0.38, 0.02),
        moods=(0.1, 0.2, 0.15),
        decades=(0.3, 0.3, 1, 2, 2),
    ),
    Style(
        "blues",
        5,
        (72, 96),
        ("blues",),
        {"guitar": 0.6, "piano": 0.25, "country": 0.15},
        vocals=(0.25, 0.6, 0.15),
        moods=(0.05, 0.45, 0.05),
        decades=(2.5, 1.5, 0.8, 0.8, 0.8),
    ),
    Style(
        "country",
        5,
        (96, 118),
        ("country",),
        {"acoustic": 0.5, "guitar": 0.25, "folk": 0.15},
        vocals=(0.45, 0.52, 0.03),
        moods=(0.3, 0.3, 0),
        decades=(2, 1.5, 1, 1, 1),
    ),
    Style(
        "classical",
        5,
        (72, 100),
        ("classical",),
        {"piano": 0.5, "ambient": 0.25},
        vocals=(0.1, 0.05, 0.85),
        moods=(0.15, 0.35, 0.15),
    ),
    Style(
        "reggae",
        5,
        (72, 84),
        ("reggae",),
        {},
        vocals=(0.25, 0.7, 0.05),
        moods=(0.4, 0, 0.25),
        decades=(0.5, 2.5, 1.5, 1, 1),
    ),
    Style(
        "funk",
        5,
        (100, 116),
        ("funk",),
        {"soul": 0.35, "dance": 0.3, "hip-hop": 0.15},
        vocals=(0.35, 0.45, 0.2),
        moods=(0.4, 0, 0),
        decades=(1, 3, 1.5, 0.7, 0.8),
    ),
    Style(
        "drum and bass",
        5,
        (170, 178),
        ("drum and bass",),
        {"electronic": 0.7},
        vocals=(0.3, 0.1, 0.6),
        moods=(0.05, 0.05, 0.25),
        decades=(0, 0, 0, 2, 2),
    ),
)
