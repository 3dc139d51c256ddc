"""One pass over a clip: all that the warehouse wants to know about it.

Measurements only; what they mean for a track is decided elsewhere. Damaged and foreign
files are measured as far as it goes and get a status, never an exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from audio.decode import Decoder
from audio.errors import AudioError
from audio.fingerprint import Fingerprint, check_installed
from audio.header import Header, TagHeader, read_tag_header
from audio.levels import Levels
from audio.silence import FrameEnergies, loudest_db, silent_intervals, sound_intervals
from audio.sniff import sniff_source
from audio.source import Source

Status = Literal["ok", "partial", "empty", "unreadable"]


@dataclass(frozen=True)
class Silence:
    """A silent interval of a clip, by one threshold."""

    threshold_db: float
    number: int  # order in the clip, from 1
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class Measurement:
    """What was measured in a clip; None where there was nothing to measure.

    Attributes
    ----------
    status : {"ok", "partial", "empty", "unreadable"}
        ``"partial"``: sound was decoded, but some is missing or wrong; ``"empty"``:
        the file has no bytes; ``"unreadable"``: no sample could be decoded.
    error : str or None
        What is wrong, where the status is not ``"ok"``.
    content_sha256 : str or None
        Hash of the file's bytes.
    decoder : {"libsndfile", "ffmpeg"} or None
        What decoded it.
    container, codec : str or None
        As the decoder names them; of an unreadable file, what its content is.
    sample_rate, channels, bit_rate, bit_rate_mode
        See `audio.decode.Header`.
    header_seconds : float or None
        Length by mutagen.
    decoded_seconds, decoded_samples : float, int or None
        Length as decoded; samples per channel.
    sound_sha256, peak, rms, clipped_share, dc_offset, channel_correlation, bandwidth_hz
        See `audio.levels.Levels`.
    loudest_frame_db : float or None
        See `audio.silence.loudest_db`.
    silences : tuple of Silence
        Silent intervals, by threshold.
    fingerprint : tuple of int or None
        See `audio.fingerprint.Fingerprint`; None where it was not asked for.
    """

    status: Status
    error: str | None = None
    content_sha256: str | None = None
    decoder: str | None = None
    container: str | None = None
    codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    bit_rate: int | None = None
    bit_rate_mode: str | None = None
    header_seconds: float | None = None
    decoded_seconds: float | None = None
    decoded_samples: int | None = None
    sound_sha256: str | None = None
    peak: float | None = None
    rms: float | None = None
    loudest_frame_db: float | None = None
    clipped_share: float | None = None
    dc_offset: float | None = None
    channel_correlation: float | None = None
    bandwidth_hz: float | None = None
    silences: tuple[Silence, ...] = ()
    fingerprint: tuple[int, ...] | None = None


def measure(
    file: str | Path | bytes,
    silence_thresholds_db: Sequence[float] = (60.0,),
    *,
    fingerprint: bool = False,
) -> Measurement:
    """Decode a clip once and measure it.

    Parameters
    ----------
    file : str, Path or bytes
        The clip, or its content.
    silence_thresholds_db : sequence of float
        Decibels below the loudest frame at which a frame is silent.
    fingerprint : bool
        Take the acoustic fingerprint too, which takes about as long as the decoding.

    Returns
    -------
    Measurement
        Whatever the file is; a file that cannot be opened at all is "unreadable" too.

    Raises
    ------
    MissingLibraryError
        A fingerprint is asked for, and what it needs is not installed.
    """
    if fingerprint:
        check_installed()
    try:
        source = Source(file)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Measurement("unreadable", f"cannot be opened: {reason}")
    try:
        # First, while the bytes are still in the processor's cache.
        content_sha256 = source.sha256()
        try:
            return _measure_source(
                source, content_sha256, silence_thresholds_db, fingerprint
            )
        except AudioError as error:
            return _describe_failure(source, content_sha256, error)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Measurement("unreadable", f"cannot be read: {reason}")
    finally:
        source.close()


def _measure_source(
    source: Source,
    content_sha256: str,
    thresholds_db: Sequence[float],
    wants_fingerprint: bool,
) -> Measurement:
    with Decoder(source) as decoder:
        header = decoder.header
        levels = Levels(header.channels, header.sample_rate)
        energies = FrameEnergies()
        printer = Fingerprint(header.sample_rate) if wants_fingerprint else None
        for block in decoder.blocks():
            mono = levels.add(block, decoder.block_peak)
            energies.add(mono)
            if printer is not None:
                printer.add(mono)
        damage = decoder.damage
    measured = _assemble(
        content_sha256, header, damage, levels, energies, thresholds_db
    )
    if printer is None:
        return measured
    return replace(measured, fingerprint=printer.values())


def _assemble(
    content_sha256: str,
    header: Header,
    damage: str | None,
    levels: Levels,
    energies: FrameEnergies,
    thresholds_db: Sequence[float],
) -> Measurement:
    rms = energies.rms()
    silences: list[Silence] = []
    for threshold_db in thresholds_db:
        sound = sound_intervals(rms, levels.frames, threshold_db)
        silent = silent_intervals(sound, levels.frames) / header.sample_rate
        silences.extend(
            Silence(threshold_db, number, float(start), float(end))
            for number, (start, end) in enumerate(silent, 1)
        )
    return Measurement(
        status="ok" if damage is None else "partial",
        error=damage,
        content_sha256=content_sha256,
        decoder=header.decoder,
        container=header.container,
        codec=header.codec,
        sample_rate=header.sample_rate,
        channels=header.channels,
        bit_rate=header.bit_rate,
        bit_rate_mode=header.bit_rate_mode,
        header_seconds=header.seconds,
        decoded_seconds=levels.frames / header.sample_rate,
        decoded_samples=levels.frames,
        sound_sha256=levels.sound_sha256,
        peak=levels.peak,
        rms=levels.rms,
        loudest_frame_db=loudest_db(rms),
        clipped_share=levels.clipped_share,
        dc_offset=levels.dc_offset,
        channel_correlation=levels.channel_correlation,
        bandwidth_hz=levels.bandwidth_hz,
        silences=tuple(silences),
    )


def _describe_failure(
    source: Source, content_sha256: str, error: AudioError
) -> Measurement:
    """Tell what can be told of a file without sound: its bytes and its header."""
    tag, name = TagHeader(), None
    if error.reason != "empty":
        kind, _ = sniff_source(source)
        tag = read_tag_header(source, kind)
        name = None if kind is None else kind.name
    return Measurement(
        status=error.reason,
        error=error.what,
        content_sha256=content_sha256,
        container=name,
        bit_rate=tag.bit_rate,
        bit_rate_mode=tag.bit_rate_mode,
        header_seconds=tag.seconds,
    )
