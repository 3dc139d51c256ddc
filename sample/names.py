"""Ids and texts of invented songs and artists, in the shapes of the real ones."""

import numpy as np
import numpy.typing as npt

from sample.randomness import stream

Bytes = npt.NDArray[np.bytes_]
Integers = npt.NDArray[np.int64]

_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
_HEX = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)
# 7digital ids lie between 1,000 and 9,299,987, below the largest real one.
_SEVENDIGITAL_FIRST, _SEVENDIGITAL_RANGE = 1_000, 9_298_987


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ADJECTIVES = _words(
    "Silent Broken Golden Electric Hollow Crimson Velvet Distant Paper Wild Bitter "
    "Lost Restless Northern Plastic Quiet Burning Sleeping Crooked Blue Black Little "
    "Lonely Royal Holy Secret Heavy Modern Frozen Lucky Rusty Gentle Midnight Hungry "
    "Silver"
)
_NOUNS = _words(
    "River Machine Garden Shadow Winter Highway Mirror Ghost Engine Harbor Summer "
    "Tiger Sparrow Letter Window Circus Satellite Mountain Orchard Parade Cathedral "
    "Pilot Lantern Avenue Desert Kingdom Signal Ocean Theater Sailor Wolf Station "
    "Balloon Carousel Thunder Diamond Stranger Morning Feather Compass"
)
_FIRST = _words(
    "Anna José Björk Miles Clara Otis Mélanie Jorge Ruth Leon Sigrún Tomáš Ella "
    "Marvin Ines Zoë Hank Loretta Desmond Aisha Karl Françoise Bo Nina Eddie Yuki "
    "Olga Chet"
)
_LAST = _words(
    "Ferrán Holloway Duroc Nakamura Brandt Okafor Whitlock Söderberg Marley-Jones "
    "Petrov Delgado Ashcroft Lindqvist Moreau Kowalska O'Hara Steinway McAllister "
    "Gonçalves Novák Fairbanks Tanaka Baptiste Vasquez Hightower Reyes Çelik Ødegaard"
)
_FOREIGN = ("Кино и Ночь", "東京レコード", "Ночной Поезд", "서울의 밤", "Μαύρη Θάλασσα")
_VERBS = _words(
    "Chasing Leaving Waiting Dancing Falling Running Dreaming Burning Calling "
    "Breaking Holding Losing Finding Counting Singing Drifting"
)
_PLACES = (
    "Memphis, TN",
    "London, England",
    "Los Angeles, CA",
    "Detroit, MI",
    "Reykjavík, Iceland",
    "Paris, France",
    "Kingston, Jamaica",
    "Berlin, Germany",
    "New York, NY",
    "Havířov, Česká republika",
    "São Paulo, Brazil",
    "Nashville, TN",
    "Chicago, IL",
    "Stockholm, Sweden",
    "Tokyo, Japan",
    "PHILADELPHIA, Pennsylvania",
    "Manchester, England",
    "Dakar, Senegal",
)
_SUFFIXES = ("(Album Version)", "(LP Version)", "(Live)", "(2004 Digital Remaster)")


def _shuffled(seed: int, name: str, count: int, size: int) -> Integers:
    """Return distinct numbers below `size`, an affine walk through all of them."""
    rng = stream(seed, name)
    step = 0
    while np.gcd(step, size) != 1:
        step = int(rng.integers(size // 3, size))
    start = int(rng.integers(size))
    return (start + step * np.arange(count, dtype=np.int64)) % size


def ids(seed: int, kind: str, count: int, head: bytes) -> Bytes:
    """Return distinct MSD ids of 18 characters.

    Parameters
    ----------
    seed : int
        The seed of the sample.
    kind : str
        ``"TR"``, ``"SO"`` or ``"AR"``.
    count : int
        How many.
    head : bytes
        What follows the first seven characters, such as ``b"128F"``.
    """
    numbers = _shuffled(seed, f"id {kind}", count, 26**5)
    rest = stream(seed, f"id rest {kind}")
    text = np.empty((count, 18), dtype=np.uint8)
    text[:, :2] = np.frombuffer(kind.encode(), dtype=np.uint8)
    for place in range(5):
        text[:, 6 - place] = _LETTERS[numbers // 26**place % 26]
    text[:, 7 : 7 + len(head)] = np.frombuffer(head, dtype=np.uint8)
    free = 11 - len(head)
    text[:, 18 - free :] = _HEX[rest.integers(0, 16, (count, free))]
    return text.reshape(-1).view("S18")


def sevendigital_ids(seed: int, kind: str, count: int) -> Integers:
    """Return distinct 7digital ids of four to seven digits."""
    numbers = _shuffled(seed, f"7digital {kind}", count, _SEVENDIGITAL_RANGE)
    return numbers + _SEVENDIGITAL_FIRST


def hexadecimal(rng: np.random.Generator, count: int, digits: int) -> Bytes:
    """Return random lower-case hexadecimal texts, like checksums."""
    small = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = small[rng.integers(0, 16, (count, digits))]
    return text.reshape(-1).view(f"S{digits}")


def artist_names(seed: int, count: int) -> list[str]:
    """Return distinct names of artists; a few are not in Latin letters."""
    rng = stream(seed, "artist names")
    draws = rng.integers(0, 2**31, (count, 4))
    seen: dict[str, int] = {}
    names = []
    for draw in draws:
        name = _artist_name(*map(int, draw))
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {_roman(seen[name])}")
    return names


def _artist_name(kind: int, one: int, two: int, three: int) -> str:
    if kind % 50 == 0:
        return _FOREIGN[one % len(_FOREIGN)]
    if kind % 3 == 0:
        name = f"{_FIRST[one % len(_FIRST)]} {_LAST[two % len(_LAST)]}"
        return name + (f" & {_LAST[three % len(_LAST)]}" if kind % 5 == 0 else "")
    adjective = _ADJECTIVES[one % len(_ADJECTIVES)]
    noun = _NOUNS[two % len(_NOUNS)]
    return f"The {adjective} {noun}s" if kind % 3 == 1 else f"{noun} {adjective}"


def _roman(number: int) -> str:
    digits = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"))
    text = ""
    for value, letters in (*digits, (5, "V"), (4, "IV"), (1, "I")):
        text += letters * (number // value)
        number %= value
    return text


def title(key: int) -> str:
    """Return the title that belongs to a random key below 2 ** 63.

    As in the source, commas are underscores.
    """
    kind, key = key % 12, key // 12
    noun, key = _NOUNS[key % len(_NOUNS)], key // len(_NOUNS)
    adjective, key = _ADJECTIVES[key % len(_ADJECTIVES)], key // len(_ADJECTIVES)
    verb, key = _VERBS[key % len(_VERBS)], key // len(_VERBS)
    forms = (
        f"{adjective} {noun}",
        f"{verb} the {noun}",
        f"{noun} of the {adjective} {verb}",
        f"{verb} My {noun}",
        f"{noun}_ {noun}",
        f"{adjective} {noun} Blues",
        f"{verb} in the {adjective} {noun}",
        f"My {adjective} {noun}",
        f"{noun} No. {key % 30 + 1}",
        f"{verb}",
        f"The {noun} Is {adjective}",
        f"{verb} for a {noun}",
    )
    ending = key // 30 % 25
    suffix = f" {_SUFFIXES[ending]}" if ending < len(_SUFFIXES) else ""
    return forms[kind] + suffix


def release(key: int) -> str:
    """Return the title of an album."""
    return title(key * 12 + (0, 3, 7, 8)[key % 4])


def place(number: int) -> str:
    """Return the name of a town."""
    return _PLACES[number % len(_PLACES)]
