"""Signal in, numbers out: decoding, resampling, silence, levels, features."""

from audio.clip import load
from audio.errors import AudioError

__all__ = ["AudioError", "load"]
