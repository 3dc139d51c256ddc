"""Clips: what the scan measures, and what prediction decodes."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

import audio
from audio.measure import Measurement, measure
from audio.quiet import mute_decoders
from fuzz.readers.loading import warehouse
from fuzz.readers.reader import Reader, real_files
from ingest.clip_rows import write_batch
from ingest.listing import Clip, ListedFile
from ingest.pool import Outcome

_RATE = 44_100
_SECONDS = 1.5
_TEXT = {"title": "Takk", "artist": "Sigur Rós"}


def _seeds(folder: Path) -> Sequence[Path]:
    found = real_files("audio/*", "music/*", most=60, largest=50_000)
    noise = np.random.default_rng(0).normal(0, 0.1, (int(_RATE * _SECONDS), 2))
    made = []
    for name, options in {
        "tone.wav": {},
        "wide.wav": {"subtype": "FLOAT"},
        "tone.flac": {},
        "tone.ogg": {},
        "tone.opus.ogg": {"subtype": "OPUS"},
        "tone.mp3": {},
        "tone.aiff": {},
    }.items():
        path = folder / name
        rate = 48_000 if "opus" in name else _RATE
        with soundfile.SoundFile(path, "w", rate, 2, **options) as file:
            if not name.endswith(".mp3"):
                file.title, file.artist = _TEXT["title"], _TEXT["artist"]
            file.write(noise)
        made.append(path)
    for name, kind, codec in (
        ("tone.m4a", "ipod", "aac"),
        ("tone.wma", "asf", "wmav2"),
        ("tone.mka", "matroska", "aac"),
    ):
        _encode(folder / name, kind, codec, noise)
        made.append(folder / name)
    return [*found, *made]


def _encode(path: Path, kind: str, codec: str, noise: npt.NDArray[np.float64]) -> None:
    """Write a clip in a format that FFmpeg decodes."""
    planar = np.ascontiguousarray(noise.T, np.float32)
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(codec, rate=_RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(planar, "fltp", "stereo")
        frame.sample_rate = _RATE
        stream.bit_rate = 64_000
        container.metadata.update(_TEXT)
        container.mux([*stream.encode(frame), *stream.encode(None)])


def _scan(path: Path) -> Measurement:
    """Measure a clip, and write its row as the scan does."""
    mute_decoders()
    found = measure(path, (60.0, 40.0))
    clip = Clip(ListedFile(path.name, 0, 0), str(path.parent), (60.0, 40.0))
    connection = warehouse()
    connection.execute("delete from raw.audio_files")
    connection.execute(
        "insert into raw.audio_files (path, size_bytes, modified_at, status) "
        "values (?, 0, now(), 'listed')",
        [clip.file.path],
    )
    write_batch(connection, [Outcome(clip, found)])
    return found


def _decode(path: Path) -> object:
    mute_decoders()
    return audio.load(path, 16_000)


READERS: Sequence[Reader] = (
    Reader("clips", _seeds, _scan, may_die=True),
    Reader("clips-to-tag", _seeds, _decode, may_die=True),
)
