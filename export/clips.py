"""A clip on disk to the array of its record; `dataset.storage` says what is lost."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

import audio
from audio.features import PRESETS, FeatureSettings, log_mel
from audio.source import Source
from dataset.manifest import Features
from dataset.storage import INT16_FULL_SCALE, store
from export.errors import ExportError, UnusableClipError

Format = Literal["logmel", "waveform"]
Preset = Literal["urop2019", "musicnn", "short-chunk"]
DType = Literal["float16", "float32", "int16"]
Stored = npt.NDArray[Any]

_WAVEFORM_RATE = 16_000


def features(
    format_: Format,
    preset: Preset | None = None,
    *,
    rate: int | None = None,
    n_mels: int | None = None,
    n_fft: int | None = None,
    hop: int | None = None,
    dtype: DType | None = None,
) -> Features:
    """Return the settings of an export: a preset, and what differs from it.

    Parameters
    ----------
    format_ : {"logmel", "waveform"}
        What a record holds.
    preset : str, optional
        Log-mel settings to begin from; ``urop2019`` by default.
    rate : int, optional
        Sample rate, Hz; 16,000 by default.
    n_mels, n_fft, hop : int, optional
        Bands, frame and step of a log-mel.
    dtype : str, optional
        Stored type: float16 or float32 of a log-mel, int16 or float32 of a waveform.

    Raises
    ------
    ExportError
        A setting does not belong to the format.
    audio.AudioError
        The values make no spectrogram.
    """
    given = {"rate": rate, "n_mels": n_mels, "n_fft": n_fft, "hop": hop}
    changes: dict[str, Any] = {
        name: value for name, value in given.items() if value is not None
    }
    if format_ == "logmel":
        chosen = preset or "urop2019"
        settings = replace(PRESETS[chosen], **changes)
        return _logmel(settings, chosen, dtype or "float16")
    if preset is not None or changes.keys() - {"rate"}:
        raise ExportError(
            "a preset, mels, n_fft and hop are settings of a log-mel",
            where="format waveform",
            remedy="leave them out, or use --format logmel",
        )
    return _waveform(rate or _WAVEFORM_RATE, dtype or "int16")


def encode(path: Path, features: Features, content_sha256: str | None = None) -> Stored:
    """Decode a clip and turn it into what its record stores.

    Parameters
    ----------
    path : Path
        The clip.
    features : Features
        Format and settings.
    content_sha256 : str, optional
        SHA-256 of the bytes that were scanned, which these have to be.

    Returns
    -------
    ndarray
        Log-mel of shape (frames, mels), or waveform of shape (samples,), in the
        dtype of `features`.

    Raises
    ------
    audio.AudioError
        The clip cannot be decoded.
    UnusableClipError
        It holds no samples, or values that are not finite; or it is another file
        than the one that was scanned.
    """
    with closing(Source(path)) as source:
        if content_sha256 not in (None, source.sha256()):
            raise UnusableClipError(
                "its bytes are not those that were scanned",
                where=path,
                remedy="scan it with `python -m ingest audio`, then run `dbt build`",
            )
        samples = audio.load(source, features.sample_rate)
    if not samples.size:
        raise UnusableClipError("it decodes to no samples", where=path)
    if not np.isfinite(samples).all():
        raise UnusableClipError("it decodes to values that are not finite", where=path)
    if features.format == "waveform":
        return store(samples, features)
    settings = FeatureSettings(**features.log_mel_settings())
    return store(log_mel(samples, settings), features)


def _logmel(settings: FeatureSettings, preset: Preset, dtype: DType) -> Features:
    if dtype == "int16":
        raise ExportError(
            "a log-mel is not stored as int16", expected="float16 or float32"
        )
    return Features(
        format="logmel",
        preset=preset,
        sample_rate=settings.rate,
        n_fft=settings.n_fft,
        hop=settings.hop,
        n_mels=settings.n_mels,
        fmin=settings.fmin,
        fmax=settings.highest,
        scale=settings.scale,
        top_db=settings.top_db,
        dtype=dtype,
        shape=[None, settings.n_mels],
    )


def _waveform(rate: int, dtype: DType) -> Features:
    if dtype == "float16":
        raise ExportError(
            "a waveform is not stored as float16", expected="int16 or float32"
        )
    return Features(
        format="waveform",
        sample_rate=rate,
        scale="samples",
        dtype=dtype,
        full_scale=INT16_FULL_SCALE if dtype == "int16" else 1.0,
        shape=[None],
    )
