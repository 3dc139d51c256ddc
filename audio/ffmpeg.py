"""The second decoder: what libsndfile cannot read is read by the libraries of FFmpeg.

AAC in MP4 or ADTS, WMA, WavPack and the like. It gives the samples as they are stored,
at the stream's own rate: FFmpeg's resampler and mixer stay out of it.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from audio.errors import AudioError
from lyre.counting import counted

Samples = npt.NDArray[np.float32]

# Full scale of the integer samples that decoders give.
_SCALES = {"u1": 2.0**7, "i2": 2.0**15, "i4": 2.0**31, "i8": 2.0**63}
# A file may name others, which formats for the network do: they are not opened.
_NO_OTHER_FILE = {"protocol_whitelist": "none"}


class FfmpegStream:
    """The first audio stream of a file, read from start to end.

    It has that part of `soundfile.SoundFile` which `audio.decode` reads with.

    Parameters
    ----------
    file : binary file
        Readable and seekable.
    name : str
        For messages.

    Attributes
    ----------
    format, subtype : str
        Container and codec, as FFmpeg names them.
    samplerate, channels : int
        Of the first frame, which is decoded at once: headers may be wrong about it.
    damage : list of str
        After the last frame: what could not be decoded.

    Raises
    ------
    AudioError
        There is no audio stream, or not one frame of it decodes.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        # Late: few files need it, and it takes as long to import as ten clips.
        import av

        self._error = av.FFmpegError
        self.damage: list[str] = []
        try:
            self._container: Any = av.open(
                file, metadata_errors="replace", options=_NO_OTHER_FILE
            )
        except self._error as error:
            raise AudioError("no format that FFmpeg knows", where=name) from error
        self._shape = (0, 0)
        self._frames = self._decode()
        first = next(self._frames, None)
        if first is None:
            self.close()
            raise AudioError("no sound that FFmpeg can decode", where=name)
        stream = self._container.streams.audio[0]
        self.format: str = self._container.format.name.split(",")[0]
        self.subtype: str = stream.codec_context.name
        self.samplerate, self.channels = self._shape
        self._rest = first

    def buffer_read_into(self, buffer: Samples, dtype: Literal["float32"]) -> int:
        """Read the next frames.

        Parameters
        ----------
        buffer : ndarray of float32, shape (frames, channels)
            Where to put them.
        dtype : "float32"
            Type of the samples in the buffer.

        Returns
        -------
        int
            Number of frames read; fewer than the buffer holds only at the end.
        """
        frames = len(buffer)
        filled = 0
        while filled < frames:
            if not len(self._rest):
                following = next(self._frames, None)
                if following is None:
                    break
                self._rest = following
            part = self._rest[: frames - filled]
            buffer[filled : filled + len(part)] = part
            self._rest = self._rest[len(part) :]
            filled += len(part)
        return filled

    def close(self) -> None:
        """Free the decoder."""
        self._container.close()

    def _decode(self) -> Iterator[Samples]:
        """Yield the samples of frame after frame, shape (samples, channels)."""
        if not self._container.streams.audio:
            return
        stream = self._container.streams.audio[0]
        if stream.codec_context is None:  # A codec that FFmpeg does not know.
            return
        # There is a process for each core already.
        stream.codec_context.thread_count = 1
        bad_packets = 0
        try:
            for packet in self._container.demux(stream):
                try:
                    frames = packet.decode()
                except self._error:
                    bad_packets += 1
                    continue
                for frame in frames:
                    shape = frame.sample_rate, frame.layout.nb_channels
                    if not any(self._shape):
                        self._shape = shape
                    if shape != self._shape:
                        self.damage.append("rate or channels change midway")
                        return
                    if frame.samples:
                        yield _to_float(frame)
        except self._error:
            self.damage.append("the decoder stopped at an error")
        finally:
            if bad_packets:
                self.damage.append(f"{counted(bad_packets, 'packet')} undecodable")


def _to_float(frame: Any) -> Samples:
    """Return a frame's samples, full scale 1, shape (samples, channels)."""
    samples: npt.NDArray[Any] = frame.to_ndarray()
    if frame.format.is_planar:
        samples = samples.T
    else:
        samples = samples.reshape(-1, frame.layout.nb_channels)
    scale = _SCALES.get(samples.dtype.str[1:])
    if scale is None:
        return np.asarray(samples, np.float32)
    centre = scale if samples.dtype.kind == "u" else 0.0
    scaled: Samples = ((samples.astype(np.float64) - centre) / scale).astype(np.float32)
    return scaled
