"""What a clip says about itself, before any of it is decoded."""

import struct
from dataclasses import dataclass
from typing import Any

from mutagen import File, MutagenError
from mutagen.mp3 import MP3, BitrateMode

from audio.sniff import ID3, MPEG, WAV, Kind
from audio.source import Source

# mutagen means to raise MutagenError alone; damaged files bring out the others.
_HEADER_ERRORS = (
    MutagenError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    ValueError,
    struct.error,
)
# A program that does not know the size yet writes the largest number there is.
_UNKNOWN_SIZE = 0x7FFF_F000


@dataclass(frozen=True)
class TagHeader:
    """What mutagen reads.

    Attributes
    ----------
    seconds : float or None
        Length by the header, or estimated from size and bit rate where an MPEG
        stream has none. None: no header was found.
    bit_rate : int or None
        Bits a second.
    bit_rate_mode : {"CBR", "VBR", "ABR"} or None
        As an Xing or VBRI header says; None without one.
    """

    seconds: float | None = None
    bit_rate: int | None = None
    bit_rate_mode: str | None = None


def read_tag_header(source: Source, kind: Kind | None) -> TagHeader:
    """Read length and bit rate with mutagen, which is opened once.

    Parameters
    ----------
    source : Source
        The clip.
    kind : Kind or None
        What `audio.sniff.sniff` made of its first bytes. A known format is read as
        such; where the bytes say nothing, MPEG frames are looked for.
    """
    if kind is not None and not kind.is_audio:
        return TagHeader()
    read: Any = MP3 if kind in (None, MPEG, ID3) else File
    try:
        found = read(source.stream())
    except _HEADER_ERRORS:
        return TagHeader()
    if found is None:
        return TagHeader()
    header = _from_info(found.info)
    promised_bytes = (header.seconds or 0.0) * (header.bit_rate or 0) / 8
    if kind == WAV and source.size < _UNKNOWN_SIZE <= promised_bytes:
        return TagHeader(None, header.bit_rate, None)
    return header


def _from_info(info: Any) -> TagHeader:
    seconds = float(info.length)
    bit_rate = getattr(info, "bitrate", None) or None
    mode = getattr(info, "bitrate_mode", BitrateMode.UNKNOWN)
    names = {BitrateMode.CBR: "CBR", BitrateMode.VBR: "VBR", BitrateMode.ABR: "ABR"}
    return TagHeader(seconds, bit_rate, names.get(mode))
