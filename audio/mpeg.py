"""MPEG audio streams, frame by frame: what is there, and what is lost.

A decoder says neither how many frames a stream holds nor what it jumped over, and
without a Xing header libmpg123 takes the length from the first frame's bit rate and
stops there: of a stream of variable rate it may drop half. So the frames are counted
here, without decoding them.

Sources: ISO/IEC 11172-3 and 13818-3; the Xing, Info and VBRI headers as mutagen, LAME
and libmpg123 read them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

ReadAt = Callable[[int, int], bytes]

_SEARCH_BYTES = 2**18
_WINDOW_BYTES = 2**15

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_BIT_RATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_BIT_RATES[False, 3] = _BIT_RATES[False, 2]


class Frame(NamedTuple):
    """What the four bytes of a frame header say."""

    size: int  # bytes, header included
    samples: int  # samples per channel
    rate: int  # Hz
    layer: int
    bit_rate: int  # bit/s
    channels: int
    side_bytes: int  # layer III: side information, before which a Xing header ends


@dataclass(frozen=True)
class Stream:
    """What a stream of MPEG audio holds.

    Attributes
    ----------
    spans : tuple of (int, int)
        Where frames follow one another, as offsets of start and end in bytes. What
        lies between two spans is tags or damage. A last frame that is cut off belongs
        to its span, but does not count to `frames`.
    first : Frame
        The first frame.
    frames : int
        Number of whole frames with sound; a Xing, Info or VBRI frame has none.
    promised_frames : int or None
        Number of frames by the Xing, Info or VBRI header; None without one.
    has_xing : bool
        The header is one that decoders understand (Xing or Info).
    lost_bytes : int
        Bytes between frames that are neither frames nor tags.
    """

    spans: tuple[tuple[int, int], ...]
    first: Frame
    frames: int
    promised_frames: int | None
    has_xing: bool
    lost_bytes: int

    @property
    def sound_spans(self) -> tuple[tuple[int, int], ...]:
        """The spans without a Xing, Info or VBRI frame at their start."""
        if self.promised_frames is None:
            return self.spans
        (start, end), *others = self.spans
        return (start + self.first.size, end), *others

    @property
    def samples(self) -> int:
        """Samples per channel in the whole frames."""
        return self.frames * self.first.samples

    @property
    def promised_samples(self) -> int | None:
        """Samples per channel by the header; None without one."""
        if self.promised_frames is None:
            return None
        return self.promised_frames * self.first.samples


@lru_cache(maxsize=4096)
def parse_frame(header: bytes) -> Frame | None:
    """Read a frame header of four bytes; None where it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] < 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bit_rate_index, rate_index = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer == 4 or rate_index == 3 or bit_rate_index in (0, 15):
        return None
    is_v1 = version == 3
    rate = _RATES[version][rate_index]
    bit_rate = 1000 * _BIT_RATES[is_v1, layer][bit_rate_index - 1]
    samples = 384 if layer == 1 else 576 if layer == 3 and not is_v1 else 1152
    padding = header[2] >> 1 & 1
    if layer == 1:
        size = (12 * bit_rate // rate + padding) * 4
    else:
        size = samples // 8 * bit_rate // rate + padding
    channels = 1 if header[3] >> 6 == 3 else 2
    side_bytes = (17, 32)[channels - 1] if is_v1 else (9, 17)[channels - 1]
    return Frame(size, samples, rate, layer, bit_rate, channels, side_bytes)


def walk(read_at: ReadAt, size: int) -> Stream | None:
    """Count the frames of a stream.

    Parameters
    ----------
    read_at : callable
        ``read_at(offset, count)`` gives up to `count` bytes.
    size : int
        Number of bytes; an ID3v1 tag at the end is taken off.

    Returns
    -------
    Stream or None
        None where no frame is found within 256 KiB after the leading tags.
    """
    if read_at(size - 128, 3) == b"TAG":
        size -= 128
    start = _find_frame(read_at, skip_id3(read_at, 0), size, None)
    if start is None:
        return None
    first = parse_frame(read_at(start, 4))
    if first is None:
        return None
    promised_frames, has_xing = _read_vbr_header(read_at(start, first.size), first)
    spans, frames, lost = _count(read_at, start, size, first)
    if promised_frames is not None:
        frames -= 1
    return Stream(tuple(spans), first, frames, promised_frames, has_xing, lost)


def skip_id3(read_at: ReadAt, at: int) -> int:
    """Return the offset after the ID3v2 tags that stand at `at`."""
    while (head := read_at(at, 10))[:3] == b"ID3" and len(head) == 10:
        length = 0
        for byte in head[6:10]:
            length = length << 7 | byte & 0x7F
        has_footer = head[5] & 0x10
        at += 10 + length + (10 if has_footer else 0)
    return at


def _count(
    read_at: ReadAt, start: int, size: int, first: Frame
) -> tuple[list[tuple[int, int]], int, int]:
    """Return the spans of frames, the number of frames and the bytes lost."""
    spans: list[tuple[int, int]] = []
    at, frames, lost, last = start, 0, 0, first.size
    # A clip has a thousand frames, but few different headers.
    sizes: dict[bytes, int] = {}
    window, base = b"", start
    while at < size:
        if at - base + 4 > len(window):
            window, base = read_at(at, min(_WINDOW_BYTES, size - at)), at
        header = window[at - base : at - base + 4]
        frame_size = sizes.get(header) or _size_if_alike(header, first)
        if frame_size:
            sizes[header] = frame_size
            passed, count, last = _pass_known(window, at - base, sizes)
            at = base + passed
            frames += count
            continue
        found = _find_frame(read_at, skip_id3(read_at, at), size, first)
        if found is None:
            break
        # A gap that could not hold a frame is sloppy padding: no sound is lost.
        is_tag = read_at(at, 3) == b"ID3"
        lost += found - at if found - at > last // 2 and not is_tag else 0
        spans.append((start, at))
        at = start = found
    # The last frame may be cut off.
    return [*spans, (start, min(at, size))], frames - (at > size), lost


def _pass_known(
    window: bytes, at: int, sizes: Mapping[bytes, int]
) -> tuple[int, int, int]:
    """Return where the frames with known headers end, their number and last size.

    The one loop that turns for every frame of a clip, so it does nothing else.
    """
    count = last = 0
    while frame_size := sizes.get(window[at : at + 4]):
        at += frame_size
        count += 1
        last = frame_size
    return at, count, last


def _find_frame(read_at: ReadAt, at: int, size: int, like: Frame | None) -> int | None:
    """Return the offset of the next frame that another one follows, or the end."""
    if _is_frame(read_at, at, read_at(at, 4), size, like):
        return at
    end = min(size, at + _SEARCH_BYTES)
    data = read_at(at, end - at)
    i = data.find(b"\xff")
    while i >= 0:
        if _is_frame(read_at, at + i, data[i : i + 4], size, like):
            return at + i
        i = data.find(b"\xff", i + 1)
    return None


def _is_frame(
    read_at: ReadAt, at: int, header: bytes, size: int, like: Frame | None
) -> bool:
    frame = parse_frame(header)
    if frame is None or not (like is None or _is_alike(frame, like)):
        return False
    after = at + frame.size
    following = parse_frame(read_at(after, 4))
    return after == size or (following is not None and _is_alike(following, frame))


def _is_alike(frame: Frame, other: Frame) -> bool:
    return frame.rate == other.rate and frame.layer == other.layer


def _size_if_alike(header: bytes, first: Frame) -> int | None:
    frame = parse_frame(header)
    return frame.size if frame is not None and _is_alike(frame, first) else None


def _read_vbr_header(data: bytes, first: Frame) -> tuple[int | None, bool]:
    """Return the number of frames by the header, and whether it is a Xing header."""
    at = 4 + first.side_bytes
    if first.layer == 3 and data[at : at + 4] in (b"Xing", b"Info"):
        has_frames = len(data) >= at + 12 and data[at + 7] & 1
        if has_frames:
            return int.from_bytes(data[at + 8 : at + 12], "big"), True
    if data[36:40] == b"VBRI" and len(data) >= 54:
        return int.from_bytes(data[50:54], "big"), False
    return None, False
