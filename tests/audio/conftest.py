"""Clips made on the spot."""

import io
from collections.abc import Callable

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

Encode = Callable[..., bytes]


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Return a function that encodes samples: ``encode(samples, rate, "MP3")``."""

    def encode_clip(
        samples: npt.NDArray[np.float64], rate: int, kind: str, **options: object
    ) -> bytes:
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, rate, format=kind, **options)
        return buffer.getvalue()

    return encode_clip


@pytest.fixture(scope="session")
def noise() -> npt.NDArray[np.float64]:
    """Return 5 s of stereo noise at 44.1 kHz, loud and soft by turns."""
    random = np.random.default_rng(0)
    loudness = np.repeat([0.2, 0.01, 0.3, 0.0, 0.1], 44100)[:, None]
    return random.standard_normal((5 * 44100, 2)) * loudness


@pytest.fixture(scope="session")
def encode_with_ffmpeg() -> Encode:
    """Return a function that encodes floats: ``(samples, rate, format, codec)``."""

    def encode_clip(
        samples: npt.NDArray[np.float64], rate: int, kind: str, codec: str
    ) -> bytes:
        planar = np.ascontiguousarray(samples.T, np.float32)
        layout = {1: "mono", 2: "stereo"}[len(planar)]
        buffer = io.BytesIO()
        with av.open(buffer, "w", format=kind) as container:
            stream = container.add_stream(codec, rate=rate, layout=layout)
            frame = av.AudioFrame.from_ndarray(planar, "fltp", layout)
            frame.sample_rate = rate
            stream.bit_rate = 128_000
            container.mux([*stream.encode(frame), *stream.encode(None)])
        return buffer.getvalue()

    return encode_clip
