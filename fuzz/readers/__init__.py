"""The readers that are fuzzed, by name."""

from collections.abc import Mapping

from fuzz.readers import clips, exports, lists, runs, settings, sources
from fuzz.readers.reader import Reader

__all__ = ["READERS", "Reader"]

READERS: Mapping[str, Reader] = {
    reader.name: reader
    for part in (sources, lists, clips, exports, settings, runs)
    for reader in part.READERS
}
