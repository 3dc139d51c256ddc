"""What a file is, by its first bytes and never by its name."""

from dataclasses import dataclass

from audio import mpeg
from audio.errors import AudioError
from audio.source import Source

HEAD_BYTES = 512

_MPEG_SECOND_BYTES = (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2, 0xFD, 0xFC, 0xF5, 0xF4)


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    name : str
        What to call it.
    is_audio : bool
        It is made to hold sound.
    is_container : bool
        It is made to hold pictures, sound or both.
    """

    name: str
    is_audio: bool
    is_container: bool = False

    @property
    def may_sound(self) -> bool:
        """Whether it is worth looking for sound in it."""
        return self.is_audio or self.is_container


MPEG = Kind("MPEG audio", True)
ID3 = Kind("an ID3 tag", True)
WAV = Kind("WAV", True)
FLAC = Kind("FLAC", True)
OGG = Kind("Ogg", True)
ADTS = Kind("AAC (ADTS)", True)

MP4 = Kind("MP4", False, is_container=True)

_AT_START = (
    (b"ID3", ID3),
    (b"fLaC", FLAC),
    (b"OggS", OGG),
    (b".snd", Kind("AU", True)),
    (b"caff", Kind("CAF", True)),
    (b"riff", Kind("W64", True)),
    (b"MAC ", Kind("Monkey's Audio", True)),
    (b"wvpk", Kind("WavPack", True)),
    (b"TTA1", Kind("True Audio", True)),
    (b"MPCK", Kind("Musepack", True)),
    (b"MP+", Kind("Musepack", True)),
    (b"DSD ", Kind("DSF", True)),
    (b"\xff\xf1", ADTS),
    (b"\xff\xf9", ADTS),
    (b"\x0b\x77", Kind("AC-3", True)),
    (b"ajkg", Kind("Shorten", True)),
    (b"tBaK", Kind("TAK", True)),
    (b"#!AMR", Kind("AMR", True)),
    (b"MThd", Kind("MIDI", False)),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind("ASF (WMA)", False, is_container=True)),
    (b"\x1a\x45\xdf\xa3", Kind("Matroska", False, is_container=True)),
    (b"\x89PNG", Kind("a PNG picture", False)),
    (b"\xff\xd8\xff", Kind("a JPEG picture", False)),
    (b"GIF8", Kind("a GIF picture", False)),
    (b"%PDF", Kind("PDF", False)),
    (b"PK\x03\x04", Kind("a zip archive (such as .npz)", False)),
    (b"\x93NUMPY", Kind("a NumPy array (.npy)", False)),
    (b"\x1f\x8b", Kind("gzip", False)),
    (b"\x89HDF", Kind("HDF5", False)),
    (b"SQLite format 3", Kind("SQLite", False)),
    (b"\x00\x05\x16\x07", Kind("an AppleDouble file of macOS", False)),
    (b"version https://git-lfs", Kind("a Git LFS pointer", False)),
)
_IN_RIFF = {b"WAVE": WAV, b"AVI ": Kind("AVI", False, is_container=True)}
_IN_FORM = {b"AIFF": Kind("AIFF", True), b"AIFC": Kind("AIFF", True)}
_IN_MP4 = {brand: Kind("MP4 (M4A)", True) for brand in (b"M4A ", b"M4B ", b"M4P ")}
_CHUNKED = (
    (b"RIFF", 8, _IN_RIFF, Kind("RIFF", False)),
    (b"RIFX", 8, _IN_RIFF, Kind("RIFF", False)),
    (b"RF64", 8, _IN_RIFF, Kind("RIFF", False)),
    (b"FORM", 8, _IN_FORM, Kind("IFF", False)),
)


def sniff(head: bytes) -> Kind | None:
    """Name the kind of a file.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` bytes of the file, or all where there are fewer.

    Returns
    -------
    Kind or None
        None where the bytes say nothing.
    """
    for magic, kind in _AT_START:
        if head.startswith(magic):
            return kind
    for magic, at, inner, other in _CHUNKED:
        if head.startswith(magic):
            return inner.get(head[at : at + 4], other)
    if head[4:8] == b"ftyp":
        return _IN_MP4.get(head[8:12], MP4)
    if _starts_mpeg_frame(head):
        return MPEG
    return _sniff_text(head)


def sniff_source(source: Source) -> tuple[Kind | None, int]:
    """Name the kind of a clip's content, and where it starts after an ID3 tag.

    Raises
    ------
    AudioError
        The file is empty.
    """
    if source.size == 0:
        raise AudioError("the file is empty", reason="empty", where=source.name)
    kind = sniff(source.read_at(0, HEAD_BYTES))
    if kind != ID3:
        return kind, 0
    start = mpeg.skip_id3(source.read_at, 0)
    inner = sniff(source.read_at(start, HEAD_BYTES))
    return inner if inner is not None and inner.is_audio else ID3, start


def _starts_mpeg_frame(head: bytes) -> bool:
    """Whether a header of layer II or III stands here, as far as it goes."""
    if len(head) < 2 or head[0] != 0xFF or head[1] not in _MPEG_SECOND_BYTES:
        return False
    if len(head) == 2:
        return True
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return bit_rate != 15 and sample_rate != 3


def _sniff_text(head: bytes) -> Kind | None:
    if not head:
        return None
    if not head.strip(b"\0"):
        return Kind("zero bytes only", False)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return Kind("HTML", False)
    if start.startswith(b"<?xml"):
        return Kind("XML", False)
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in head)
    if len(head) >= 8 and printable == len(head):
        return Kind("text", False)
    return None
