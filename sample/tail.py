"""The long tail: tags that one listener or two use, none of them about the music."""

_PEOPLE = (
    "kss perwinger diego chrisorton jonny meglep rustycanuck kwlz marta lupin velour "
    "tantotempo drmono sage oaksterdam xan pjotr lilia bigbopper nemo"
).split()
_THINGS = (
    "sunday train kitchen rain attic summer office bike fridge balcony couch airport "
    "breakfast monday garage picnic library headphones elevator laundry"
).split()
_DOINGS = (
    "driving home|cooking|falling asleep|cleaning|studying|waiting|running|packing|"
    "getting over it|missing you|writing letters|waking up"
).split("|")
_PRAISE = "excellent,great,loved,taste,approved,top,five stars,gold,mine,wow".split(",")
_FOREIGN = ("любимое", "お気に入り", "좋아하는 노래", "αγαπημένα", "en sevdiğim", "lempikappaleet")


def tail_tag(number: int) -> str:
    """Return the text of a rare tag.

    Parameters
    ----------
    number : int
        From 0; different numbers give different texts.
    """
    form, rest = number % 8, number // 8
    person, after = _PEOPLE[rest % len(_PEOPLE)], rest // len(_PEOPLE)
    thing, later = _THINGS[rest % len(_THINGS)], rest // len(_THINGS)
    if form == 0:
        return f"{person}{after} - {_PRAISE[after % len(_PRAISE)]}"
    if form == 1:
        return f"{person}-{_PRAISE[after % len(_PRAISE)]}-{after}"
    if form == 2:
        return f"{_DOINGS[later % len(_DOINGS)]} {thing} {later}"
    if form == 3:
        return f"songs for the {thing} no {later}"
    if form == 4:
        return f"{_FOREIGN[rest % len(_FOREIGN)]} {rest}"
    if form == 5:
        return f"{thing.capitalize()} Mix {later}"
    if form == 6:
        return f"q{rest:x}z"
    return f"{person}s {thing} list {rest}"
