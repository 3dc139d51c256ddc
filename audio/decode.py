"""Bytes to samples: block by block, the same samples whatever the block size.

The decoder is libsndfile (WAV, FLAC, Ogg, MP3, AIFF and more), chosen by content and
never by name. It is given a stream freed of tags, read in blocks of one size and
without seeking, because `soundfile` seeks after every block of an MP3 and changes the
samples by it. What it cannot open, but is a format that can hold sound (AAC, WMA, a
broken head), goes to FFmpeg. What a decoder jumped over or did not reach is kept in
`Decoder.damage`.

Against ffmpeg 9, MP3 streams that are cut in the middle of a frame or begin with a
header frame without sound are up to one MPEG frame (1,152 samples) shorter here.
"""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt
import soundfile

from audio import mpeg
from audio.errors import AudioError
from audio.ffmpeg import FfmpegStream
from audio.header import Header, read_tag_header
from audio.sniff import ADTS, FLAC, ID3, MPEG, OGG, WAV, sniff_source
from audio.source import Source
from lyre.counting import counted

Samples = npt.NDArray[np.float32]
File = str | Path | bytes

# Frames that are decoded at a time: 256 KiB of samples, which stay in the cache.
BLOCK_FRAMES = 65536
_STEREO_BLOCK_FRAMES = 32768

# Encoders pad an MP3 by up to about three MPEG frames, which the header may count.
_MPEG_SLACK_SAMPLES = 3 * 1152
_SLACK_SECONDS = 0.1
_RESCUE_FRAMES = 576
_LONGER = 64
_OGG_LAST_PAGE = 4
_OGG_TAIL_BYTES = 2**17


class _Stream(soundfile.SoundFile):  # type: ignore[misc]
    """A sound file that is read from start to end, without seeking in between."""

    def seekable(self) -> bool:
        return False


class Decoder:
    """A clip that is being decoded.

    Parameters
    ----------
    file : str, Path, bytes or Source
        The clip, or its content.

    Attributes
    ----------
    header : Header
        What is known beforehand.
    frames : int
        Samples per channel decoded so far.
    block_frames : int
        Frames of each block but the last: `BLOCK_FRAMES` for mono, half as many else.
    block_peak : float
        Largest absolute sample of the last block.
    damage : str or None
        After the last block: what is missing or wrong in the sound, in words.

    Raises
    ------
    AudioError
        The file is empty, or holds no sound that can be decoded.
    OSError
        The file cannot be read.
    """

    def __init__(self, file: File | Source) -> None:
        self._owned = not isinstance(file, Source)
        self._source = file if isinstance(file, Source) else Source(file)
        self.frames = 0
        self.block_peak = 0.0
        self._damage: list[str] = []
        try:
            self._kind, self._start = sniff_source(self._source)
            self._walk = self._walk_mpeg()
            self._sound = self._open()
            self.header = self._read_header()
            is_mono = self.header.channels == 1
            self.block_frames = BLOCK_FRAMES if is_mono else _STEREO_BLOCK_FRAMES
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sound.close()
        self.close()

    def close(self) -> None:
        """Close the file, if this decoder opened it."""
        if self._owned:
            self._source.close()

    @property
    def damage(self) -> str | None:
        """What is missing or wrong; complete after the last block."""
        return "; ".join(self._damage) or None

    def blocks(self) -> Iterator[Samples]:
        """Decode once, from start to end.

        Yields
        ------
        ndarray of float32, shape (frames, channels)
            `block_frames` frames, the last block fewer; valid until the next one.
            Full scale is 1, lossy codecs go beyond it. Samples that are not finite
            numbers become 0.

        Raises
        ------
        AudioError
            At the end, if no sample was decoded.
        """
        not_finite = 0
        for block in self._read():
            peak = _peak(block)
            # It is no number if any sample is none.
            if not math.isfinite(peak):
                bad = ~np.isfinite(block)
                not_finite += int(np.count_nonzero(bad))
                block[bad] = 0.0
                peak = _peak(block)
            self.block_peak = peak
            self.frames += len(block)
            yield block
        if self.frames == 0:
            raise self._unreadable()
        if isinstance(self._sound, FfmpegStream):
            self._damage += self._sound.damage
        if not_finite:
            self._damage.append(f"no finite number in {counted(not_finite, 'sample')}")
        self._check_length()

    def _walk_mpeg(self) -> mpeg.Stream | None:
        if self._kind not in (None, MPEG, ID3):
            return None
        return mpeg.walk(self._source.read_at, self._source.size)

    def _open(self) -> _Stream | FfmpegStream:
        try:
            return self._open_sndfile()
        except AudioError:
            if self._kind is None or not self._kind.may_sound:
                raise
            stream = self._source.stream((self._start, self._source.size))
            try:
                return FfmpegStream(stream, self._source.name)
            except AudioError as error:
                raise self._unreadable() from error

    def _open_sndfile(self) -> _Stream:
        sound = self._open_part(claimed=None)
        walk = self._walk
        if walk is None or sound.frames >= walk.samples or _is_right(walk):
            return sound
        # The decoder would stop before the end: do not let it guess from the size.
        sound.close()
        return self._open_part(claimed=_LONGER * self._source.size)

    def _open_part(self, claimed: int | None) -> _Stream:
        try:
            return _Stream(self._part(claimed))
        except soundfile.LibsndfileError as error:
            raise self._unreadable() from error

    def _part(self, claimed: int | None) -> BinaryIO | bytes:
        """Return what the decoder is to read; a path where that is all of a file."""
        source, walk = self._source, self._walk
        if walk is None:
            spans: tuple[tuple[int, int], ...] = ((self._start, source.size),)
        else:
            spans = walk.spans if _is_right(walk) else walk.sound_spans
        # libsndfile skips an ID3 tag by itself, and reads a file faster than a stream.
        is_tagged = walk is not None and _is_right(walk)
        starts, ends = spans[0][0] == 0 or is_tagged, spans[0][1] == source.size
        is_whole = claimed is None and len(spans) == 1 and starts and ends
        # Of other content it would take an ending .mp3 in the name for the format.
        is_known = walk is not None or self._kind in (WAV, FLAC, OGG)
        if source.path and is_whole and is_known:
            return source.path
        return source.stream(*spans, claimed=claimed)

    def _read(self) -> Iterator[Samples]:
        done = 0
        # One buffer for all blocks: fresh memory costs a tenth of the decoding.
        buffer = np.empty((self.block_frames, self._sound.channels), np.float32)
        while True:
            try:
                read = self._sound.buffer_read_into(buffer, "float32")
            except soundfile.LibsndfileError:
                self._damage.append("the decoder stopped at an error")
                yield from self._rescue(done)
                return
            if not read:
                return
            done += read
            yield buffer[:read]

    def _rescue(self, done: int) -> Iterator[Samples]:
        """Decode again, in small steps, what came before an error.

        An error takes with it all samples that were read in the same call.
        """
        parts: list[Samples] = []
        seen = 0
        with (
            self._open_sndfile() as sound,
            contextlib.suppress(soundfile.LibsndfileError),
        ):
            while seen < done + self.block_frames:
                part = sound.read(_RESCUE_FRAMES, dtype="float32", always_2d=True)
                if not len(part):
                    break
                seen += len(part)
                if seen > done:
                    parts.append(part[max(0, done - seen + len(part)) :])
        if parts:
            yield np.concatenate(parts)

    def _read_header(self) -> Header:
        sound, tag = self._sound, read_tag_header(self._source, self._kind)
        promised: int | None = None
        if self._walk is not None:
            promised = self._walk.promised_samples
        elif tag.seconds is not None and self._kind != ADTS:
            promised = round(tag.seconds * sound.samplerate)
        return Header(
            "libsndfile" if isinstance(sound, _Stream) else "ffmpeg",
            sound.format.lower(),
            sound.subtype.lower(),
            sound.samplerate,
            sound.channels,
            tag.bit_rate,
            tag.bit_rate_mode,
            tag.seconds,
            promised,
        )

    def _check_length(self) -> None:
        rate, walk = self.header.sample_rate, self._walk
        slack = _SLACK_SECONDS * rate
        if walk is not None:
            slack = max(slack, _MPEG_SLACK_SAMPLES)
        expected = max(
            self.header.promised_frames or 0, walk.samples if walk is not None else 0
        )
        if self.frames < expected - slack:
            self._damage.append(
                f"{self.frames / rate:.2f} s of {expected / rate:.2f} s can be decoded"
            )
        if walk is not None and walk.lost_bytes:
            self._damage.append(
                f"{counted(walk.lost_bytes, 'byte')} inside without audio"
            )
        if self._kind == OGG and not _ends(self._source):
            self._damage.append("the last page of the Ogg stream is missing")

    def _unreadable(self) -> AudioError:
        kind = self._kind
        if kind is None:
            what = "no audio found"
        elif kind == ID3:
            what = "an ID3 tag without audio"
        elif kind.may_sound:
            what = f"{kind.name} without a sample that can be decoded"
        else:
            what = f"not audio but {kind.name}"
        return AudioError(what, where=self._source.name)


def read_info(file: File) -> Header:
    """Read what a clip says about itself, without decoding it.

    Parameters
    ----------
    file : str, Path or bytes
        The clip, or its content.

    Raises
    ------
    AudioError
        The file is empty or no audio that can be decoded.
    OSError
        The file cannot be read.
    """
    with Decoder(file) as decoder:
        return decoder.header


def decode(file: File, block_frames: int = BLOCK_FRAMES) -> Iterator[Samples]:
    """Decode a clip block by block, in bounded memory.

    Parameters
    ----------
    file : str, Path or bytes
        The clip, or its content.
    block_frames : int
        Frames per block; it does not change the samples.

    Yields
    ------
    ndarray of float32, shape (frames, channels)
        At the clip's own rate; see `Decoder.blocks`.

    Raises
    ------
    AudioError
        The file is empty, or holds no sound that can be decoded.
    OSError
        The file cannot be read.
    """
    with Decoder(file) as decoder:
        held: list[Samples] = []
        for block in decoder.blocks():
            held.append(block.copy())
            if sum(map(len, held)) < block_frames:
                continue
            joined = np.concatenate(held)
            whole = len(joined) - len(joined) % block_frames
            for start in range(0, whole, block_frames):
                yield joined[start : start + block_frames]
            held = [joined[whole:]]
        if rest := sum(map(len, held)):
            yield np.concatenate(held)[-rest:]


def _peak(block: Samples) -> float:
    """Return the largest absolute sample; no finite number if one is none."""
    samples = block.reshape(-1)
    highest = float(np.maximum.reduce(samples))
    lowest = float(np.minimum.reduce(samples))
    return highest if highest >= -lowest or math.isnan(highest) else -lowest


def _is_right(walk: mpeg.Stream) -> bool:
    """Whether the decoder may believe the stream's own header."""
    promised: Any = walk.promised_frames
    return walk.has_xing and promised >= walk.frames


def _ends(source: Source) -> bool:
    """Whether the last page of an Ogg stream says that it is the last."""
    start = max(0, source.size - _OGG_TAIL_BYTES)
    tail = source.read_at(start, _OGG_TAIL_BYTES)
    page = tail.rfind(b"OggS")
    flags = tail[page + 5 : page + 6] if page >= 0 else b""
    return bool(flags and flags[0] & _OGG_LAST_PAGE)
