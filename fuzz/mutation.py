"""Damaging the bytes of a file, as disks, transfers, editors and other programs do."""

import re
from collections.abc import Callable
from random import Random

Mutate = Callable[[bytes, Random], bytes]

_ODD_TEXTS = (
    *("\ufeff", "\u200b", "\u2028", "\x85", "\x1c", "\x00", "\u202e", "é", "日本語"),
    *("I\u0307", "\U0001f3b5", "ﬁ", "\u0301" * 50, "\r", "\r\n", "\n\n", "\t", " "),
    *('"', "'", "<SEP>", "%", "#", "---", ";", ",", "\\", "{", "[", "]", "}", "null"),
)
_ODD_BYTES = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xfe\xff")
_ODD_NUMBERS = (
    *("-1", "0", "99999999999999999999", "-9223372036854775809", "1e400", "-1e-400"),
    *("NaN", "Infinity", "1.5", "0x10", "1_000", "00", "٣", "4294967296", "9" * 5000),
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_BETWEEN = (b"\t", b",", b"<SEP>", b";", b"  -  ", b"  !=  ")
_MOST_CHANGES = 4
_LONGEST_BLOCK = 4096


def binary(content: bytes, rng: Random) -> bytes:
    """Change a file of any kind at one to four places."""
    for _ in range(rng.randint(1, _MOST_CHANGES)):
        content = rng.choice(_OF_BYTES)(content, rng)
    return content


def text(content: bytes, rng: Random) -> bytes:
    """Change a text: its bytes, characters, numbers, columns or lines."""
    for _ in range(rng.randint(1, _MOST_CHANGES)):
        content = rng.choice(_OF_TEXT)(content, rng)
    return content


def _block(content: bytes, rng: Random) -> tuple[int, int]:
    """Return the bounds of a block, mostly a short one."""
    start = rng.randrange(len(content) + 1)
    longest = 16 if rng.random() < 0.5 else _LONGEST_BLOCK
    return start, min(len(content), start + rng.randint(1, longest))


def _flip_bits(content: bytes, rng: Random) -> bytes:
    changed = bytearray(content)
    # In the head, where formats say what follows, or anywhere.
    within = min(len(changed), 512) if rng.random() < 0.4 else len(changed)
    for _ in range(rng.choice((1, 1, 2, 8, 64)) if within else 0):
        changed[rng.randrange(within)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _set_bytes(content: bytes, rng: Random) -> bytes:
    """Put a number that is often a limit where there may be a length."""
    if len(content) < 8:
        return content
    within = min(len(content), 512) if rng.random() < 0.4 else len(content)
    size = rng.choice((1, 2, 4, 8))
    start = rng.randrange(max(within - size, 1))
    value = rng.choice((0, 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1, 65536))
    order = rng.choice(("little", "big"))
    filled = (value % 2 ** (8 * size)).to_bytes(size, "big")
    filled = filled if order == "big" else filled[::-1]
    return content[:start] + filled + content[start + size :]


def _cut(content: bytes, rng: Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _cut_off_a_little(content: bytes, rng: Random) -> bytes:
    return content[: max(0, len(content) - rng.randint(1, 64))]


def _behead(content: bytes, rng: Random) -> bytes:
    return content[rng.randint(1, 64) :]


def _delete(content: bytes, rng: Random) -> bytes:
    start, end = _block(content, rng)
    return content[:start] + content[end:]


def _insert(content: bytes, rng: Random) -> bytes:
    start, end = _block(content, rng)
    return content[:start] + rng.randbytes(end - start) + content[start:]


def _repeat(content: bytes, rng: Random) -> bytes:
    start, end = _block(content, rng)
    return content[:end] + content[start:end] * rng.randint(1, 3) + content[end:]


def _zero(content: bytes, rng: Random) -> bytes:
    start, end = _block(content, rng)
    return content[:start] + bytes(end - start) + content[end:]


def _randomise(content: bytes, rng: Random) -> bytes:
    start, end = _block(content, rng)
    return content[:start] + rng.randbytes(end - start) + content[end:]


def _swap(content: bytes, rng: Random) -> bytes:
    (a, b), (c, d) = sorted((_block(content, rng), _block(content, rng)))
    c = max(b, c)
    d = max(c, d)
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _put_text(content: bytes, rng: Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.choice(_ODD_TEXTS).encode() + content[place:]


def _put_bytes(content: bytes, rng: Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.choice(_ODD_BYTES) + content[place:]


def _put_number(content: bytes, rng: Random) -> bytes:
    found = list(_NUMBER.finditer(content))
    if not found:
        return content
    chosen = rng.choice(found)
    number = rng.choice(_ODD_NUMBERS).encode()
    return content[: chosen.start()] + number + content[chosen.end() :]


def _change_columns(content: bytes, rng: Random) -> bytes:
    """Drop, double or swap columns of a line."""
    lines = content.split(b"\n")
    number = rng.randrange(len(lines))
    present = [each for each in _BETWEEN if each in lines[number]]
    if not present:
        return content
    between = rng.choice(present)
    columns = lines[number].split(between)
    place = rng.randrange(len(columns))
    change = rng.randrange(4)
    if change == 0:
        del columns[place]
    elif change == 1:
        columns.insert(place, columns[place])
    elif change == 2:
        columns[place] = b""
    else:
        rng.shuffle(columns)
    lines[number] = between.join(columns)
    return b"\n".join(lines)


def _change_lines(content: bytes, rng: Random) -> bytes:
    """Drop, double, swap or empty lines."""
    lines = content.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    change = rng.randrange(5)
    if change == 0:
        del lines[one]
    elif change == 1:
        lines.insert(other, lines[one])
    elif change == 2:
        lines[one], lines[other] = lines[other], lines[one]
    elif change == 3:
        lines[one] = b""
    else:
        return content.replace(b"\n", rng.choice((b"\r\n", b"\r", b"")))
    return b"\n".join(lines)


def _encode_otherwise(content: bytes, rng: Random) -> bytes:
    decoded = content.decode(errors="replace")
    encoding = rng.choice(("utf-16", "utf-16-le", "latin-1", "utf-8-sig", "cp1252"))
    return decoded.encode(encoding, errors="replace")


_OF_BYTES: tuple[Mutate, ...] = (
    *(_flip_bits, _flip_bits, _set_bytes, _set_bytes, _cut, _cut_off_a_little, _behead),
    *(_delete, _insert, _repeat, _zero, _randomise, _swap),
)
_OF_TEXT: tuple[Mutate, ...] = (
    *(_put_text, _put_text, _put_bytes, _put_number, _put_number, _change_columns),
    *(_change_columns, _change_lines, _change_lines, _flip_bits, _delete, _repeat),
    *(_cut, _swap, _zero),
    _encode_otherwise,
)
