"""The long tail: tags that one listener or two use, none of them about the music."""


def _words(text: str, separator: str = " ") -> tuple[str, ...]:
    return tuple(text.split(separator))


_PEOPLE = _words(
    "kss perwinger diego chrisorton jonny meglep rustycanuck kwlz marta lupin velour "
    "tantotempo drmono sage oaksterdam xan pjotr lilia bigbopper nemo"
)
_THINGS = _words(
    "sunday train kitchen rain attic summer office bike fridge balcony couch airport "
    "breakfast monday garage picnic library headphones elevator laundry"
)
_DOINGS = _words(
    "driving home|cooking|falling asleep|cleaning|studying|waiting|running|packing|"
    "getting over it|missing you|writing letters|waking up",
    "|",
)
_PRAISE = _words("excellent|great|loved|taste|approved|top|five stars|gold|mine", "|")
_FOREIGN = ("любимое", "お気に入り", "좋아하는 노래", "αγαπημένα", "en sevdiğim")


def tail_tag(number: int) -> str:
    """Return the text of a rare tag.

    Parameters
    ----------
    number : int
        From 0; different numbers give different texts.
    """
    rest, form = divmod(number, 8)
    after, person = divmod(rest, len(_PEOPLE))
    later, thing = divmod(rest, len(_THINGS))
    who, what = _PEOPLE[person], _THINGS[thing]
    forms = (
        f"{who}{after} - {_PRAISE[after % len(_PRAISE)]}",
        f"{who}-{_PRAISE[after % len(_PRAISE)]}-{after}",
        f"{_DOINGS[later % len(_DOINGS)]} {what} {later}",
        f"songs for the {what} no {later}",
        f"{_FOREIGN[rest % len(_FOREIGN)]} {rest}",
        f"{what.capitalize()} Mix {later}",
        f"q{rest:x}z",
        f"{who}s {_THINGS[after % len(_THINGS)]} list {rest}",
    )
    return forms[form]
