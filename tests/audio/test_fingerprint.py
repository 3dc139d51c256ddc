"""Acoustic fingerprints: those of Chromaprint's own program, of our samples."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import audio
from audio.errors import MissingLibraryError
from audio.fingerprint import Fingerprint, check_installed
from audio.measure import measure

CLIPS = [
    "TRWJAZW128F42760DD_test.mp3",
    "Kevin_MacLeod_-_Vibe_Ace.ogg",
    "joram-moments_of_clarity-08-solipsism-59-88.mp3",
    "test-1.mp3",
]
SECONDS_A_VALUE = 1365 / 11025
FIRST_SECONDS = 2.6


def is_installed() -> bool:
    try:
        check_installed()
    except MissingLibraryError:
        return False
    return True


needs_chromaprint = pytest.mark.skipif(
    not is_installed(), reason="pyacoustid or libchromaprint is not installed"
)


@needs_chromaprint
@pytest.mark.skipif(not shutil.which("fpcalc"), reason="fpcalc is not installed")
@pytest.mark.parametrize("name", CLIPS)
def test_fingerprints_are_those_of_fpcalc(real: Path, name: str) -> None:
    clip = real / "music" / name
    told = subprocess.run(["fpcalc", "-raw", "-json", clip], capture_output=True)
    expected = np.array(json.loads(told.stdout)["fingerprint"], np.uint32)
    found = np.array(measure(clip, fingerprint=True).fingerprint, np.uint32)
    assert found.shape == expected.shape
    # Its samples are FFmpeg's, rounded to 16 bits before the mix.
    assert np.bitwise_count(found ^ expected).mean() < 0.01 * 32


@needs_chromaprint
def test_a_fingerprint_ends_after_two_minutes_and_comes_in_any_blocks() -> None:
    random = np.random.default_rng(0)
    samples = random.uniform(-0.5, 0.5, 130 * 11025).astype(np.float32)
    whole, parts = Fingerprint(11025), Fingerprint(11025)
    whole.add(samples)
    for start in range(0, 120 * 11025, 12_345):
        parts.add(samples[start : min(start + 12_345, 120 * 11025)])
    values = whole.values()
    assert values == parts.values()
    assert len(values) * SECONDS_A_VALUE == pytest.approx(120 - FIRST_SECONDS, abs=0.2)
    assert all(0 <= value < 2**32 for value in values)


@needs_chromaprint
@pytest.mark.parametrize(("samples", "rate"), [(8000, 8000), (30_000, 1000)])
def test_what_has_no_fingerprint(samples: int, rate: int) -> None:
    printer = Fingerprint(rate)
    printer.add(np.ones(samples, np.float32))
    assert printer.values() == ()


@needs_chromaprint
def test_another_encoding_changes_few_bits_and_another_song_half(
    real: Path, tmp_path: Path
) -> None:
    import soundfile

    first, second = (
        np.array(measure(real / "music" / name, fingerprint=True).fingerprint)
        for name in CLIPS[:2]
    )
    again = tmp_path / "again.mp3"
    soft = 0.25 * audio.load(str(real / "music" / CLIPS[0]), 22050)
    soundfile.write(again, soft, 22050, compression_level=0.9)
    other = np.array(measure(again, fingerprint=True).fingerprint)
    assert np.bitwise_count(first ^ other[: len(first)]).mean() < 0.1 * 32
    assert np.bitwise_count(first ^ second[: len(first)]).mean() > 0.4 * 32


def test_no_fingerprint_unless_asked_for(real: Path) -> None:
    assert measure(real / "music" / CLIPS[0]).fingerprint is None


def test_a_missing_package_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "chromaprint", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'lyre\[fingerprint\]'"):
        measure(b"", fingerprint=True)


def test_a_missing_library_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = tmp_path / "chromaprint.py"
    module.write_text('raise ImportError("couldn\'t find libchromaprint")')
    monkeypatch.delitem(sys.modules, "chromaprint", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingLibraryError, match="apt install libchromaprint1"):
        check_installed()
