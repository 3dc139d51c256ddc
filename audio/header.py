"""What a clip says about itself, before any of it is decoded."""

import struct
from dataclasses import dataclass
from typing import Any

from mutagen import File, MutagenError
from mutagen.mp3 import BitrateMode, MPEGInfo

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
# Bit/s: a damaged header tells more than any sound has, or than a row can hold.
_MOST_BIT_RATE = 2**31 - 1


@dataclass(frozen=True)
class Header:
    """What is known of a clip before it is decoded.

    Attributes
    ----------
    decoder : {"libsndfile", "ffmpeg"}
        What decodes it.
    container, codec : str
        As the decoder names them, in lower case, such as ``"wav"`` and ``"pcm_16"``.
    sample_rate : int
        Hz.
    channels : int
        Number of channels.
    bit_rate : int or None
        Bits a second, as mutagen reads or computes it.
    bit_rate_mode : str or None
        ``"CBR"``, ``"VBR"`` or ``"ABR"``, where the stream has a header that says so.
    seconds : float or None
        Length by mutagen; None where it finds none.
    promised_frames : int or None
        Samples per channel that the header promises; None where there is no promise,
        only an estimate.
    """

    decoder: str
    container: str
    codec: str
    sample_rate: int
    channels: int
    bit_rate: int | None
    bit_rate_mode: str | None
    seconds: float | None
    promised_frames: int | None


@dataclass(frozen=True)
class TagHeader:
    """What mutagen reads.

    Attributes
    ----------
    seconds : float or None
        Length by the header, or estimated from size and bit rate where an MPEG
        stream has none. None: no header was found.
    bit_rate : int or None
        Bits a second; None where the header tells none that could be.
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
    if kind is not None and not kind.may_sound:
        return TagHeader()
    try:
        info = _read_info(source, kind)
    except _HEADER_ERRORS:
        return TagHeader()
    if info is None:
        return TagHeader()
    header = _from_info(info)
    promised_bytes = (header.seconds or 0.0) * (header.bit_rate or 0) / 8
    if kind == WAV and source.size < _UNKNOWN_SIZE <= promised_bytes:
        return TagHeader(None, header.bit_rate, None)
    return header


def _read_info(source: Source, kind: Kind | None) -> Any:
    if kind in (None, MPEG, ID3):
        # Without the tags: nobody asks for them, and pictures in them are large.
        return MPEGInfo(source.stream())
    found = File(source.stream())
    return None if found is None else found.info


def _from_info(info: Any) -> TagHeader:
    seconds = float(info.length)
    bit_rate = getattr(info, "bitrate", 0)
    mode = getattr(info, "bitrate_mode", BitrateMode.UNKNOWN)
    names = {BitrateMode.CBR: "CBR", BitrateMode.VBR: "VBR", BitrateMode.ABR: "ABR"}
    known = 0 < bit_rate <= _MOST_BIT_RATE
    return TagHeader(seconds, bit_rate if known else None, names.get(mode))
