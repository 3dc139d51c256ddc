"""Bytes of the sources to clean Unicode text.

The MSD's text is UTF-8 with three known kinds of damage: typographic marks of which
only the low byte is left (U+2019 became 0x19), strings cut by their fixed width, and
stray control characters. Each repair is counted; nothing else is changed.
"""

import re
import unicodedata
from collections import Counter

CUT_PUNCTUATION = "cut punctuation restored"
NOT_UTF8 = "read as Windows-1252, as it is not UTF-8"
CUT_CHARACTER = "cut last character removed"
CONTROL_CHARACTERS = "control characters removed"

_CUT_MARK = re.compile("[\x13-\x1e]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x12\x1f\x7f]")
_SPACE = re.compile("[\t\n\v\f\r]+")
_DOT_ABOVE_I = "i\u0307"
_LONGEST_CONTENT = 1000


def clean(raw: bytes, repairs: Counter[str], width: int | None = None) -> str:
    r"""Decode text of a source and repair its known damage.

    Parameters
    ----------
    raw : bytes
        The text, UTF-8 as a rule; what follows a NUL is padding.
    repairs : Counter of str
        Counts each kind of repair, one per text.
    width : int, optional
        Width of the field in bytes: text that fills it may be cut in a character.

    Returns
    -------
    str
        Without NUL and control characters; line breaks and tabs become blanks.

    Examples
    --------
    >>> ascii(clean(b"Don\x19t Stop", Counter()))
    "'Don\\u2019t Stop'"
    """
    text = _decode(raw.split(b"\0", 1)[0], repairs, width)
    return restore(text, repairs)


def restore(text: str, repairs: Counter[str]) -> str:
    """Repair decoded text: the second half of `clean`.

    Parameters
    ----------
    text : str
        The text.
    repairs : Counter of str
        Counts each kind of repair, one per text.

    Returns
    -------
    str
        The text with U+20xx marks restored and without control characters.
    """
    if text.isprintable():
        return text
    restored = _CUT_MARK.sub(lambda cut: chr(0x2000 + ord(cut[0])), text)
    repairs[CUT_PUNCTUATION] += restored != text
    cleaned = _CONTROL.sub("", _SPACE.sub(" ", restored))
    repairs[CONTROL_CHARACTERS] += cleaned != restored
    return cleaned


def _decode(raw: bytes, repairs: Counter[str], width: int | None) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        if len(raw) == width and error.reason == "unexpected end of data":
            repairs[CUT_CHARACTER] += 1
            return raw[: error.start].decode()
    repairs[NOT_UTF8] += 1
    return raw.decode("cp1252", errors="replace")


def tag_nfkc(tag: str) -> str:
    r"""Return NFKC(casefold(NFKC(tag))), with U+0307 after ``i`` removed.

    A capital I with a dot (U+0130) folds to ``i`` and U+0307, which no other spelling
    of the same word has.

    Examples
    --------
    >>> tag_nfkc("Rock"), tag_nfkc("\u0130stanbul")
    ('rock', 'istanbul')
    """
    if tag.isascii():
        return tag.lower()
    folded = unicodedata.normalize("NFKC", tag).casefold()
    return unicodedata.normalize("NFKC", folded).replace(_DOT_ABOVE_I, "i")


def escaped(content: object) -> str:
    r"""Show any value of a source as printable text of at most 1000 characters.

    Bytes that are not UTF-8 become ``\xNN``, control characters ``\n``, ``\x00``, ...
    """
    if isinstance(content, bytes):
        content = content[: 4 * _LONGEST_CONTENT].decode(errors="backslashreplace")
    text = str(content)[:_LONGEST_CONTENT]
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() else ascii(char)[1:-1] for char in text
        )
    return text[:_LONGEST_CONTENT]
