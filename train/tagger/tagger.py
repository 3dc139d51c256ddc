"""A trained model that tags any audio.

>>> tagger = Tagger.load("data/runs/demo")  # doctest: +SKIP
>>> tagger.predict("song.mp3").top(3)  # doctest: +SKIP
[('rock', 0.91), ('90s', 0.44), ('guitar', 0.31)]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import audio
from audio.mono import to_mono
from audio.resample import resample
from train import trained
from train.bundle import Bundle
from train.errors import TrainError
from train.tagger.features import extract

if TYPE_CHECKING:
    import keras

DEFAULT_WINDOWS = 16
# Windows that go through the model together.
_BATCH = 32
# Below this peak, 80 dB under full scale, there is nothing to hear.
_SILENT_PEAK = 1e-4


@dataclass(frozen=True)
class Tagging:
    """What a model says about one piece of audio.

    Parameters
    ----------
    tags : tuple of str
        Names of the outputs, in the model's order.
    scores : ndarray of float32, shape (tags,)
        Mean of the windows' probabilities.
    windows : ndarray of float32, shape (windows, tags)
        Probabilities of each window.
    starts : ndarray of float32, shape (windows,)
        Where each window begins, seconds.
    seconds : float
        Length of the audio.
    notes : tuple of str
        What a reader of the scores should know: silence, a short clip.
    """

    tags: tuple[str, ...]
    scores: npt.NDArray[np.float32]
    windows: npt.NDArray[np.float32]
    starts: npt.NDArray[np.float32]
    seconds: float
    notes: tuple[str, ...]

    def top(
        self, number: int | None = None, threshold: float = 0.0
    ) -> list[tuple[str, float]]:
        """Return tags and scores, the highest first.

        Parameters
        ----------
        number : int, optional
            At most so many; by default all.
        threshold : float
            Only scores of at least this.
        """
        order = np.argsort(-self.scores, kind="stable")[:number]
        pairs = [(self.tags[place], float(self.scores[place])) for place in order]
        return [pair for pair in pairs if pair[1] >= threshold]


class Tagger:
    """A model with everything that it needs to tag a file.

    Parameters
    ----------
    model : keras.Model
        From windows to probabilities.
    description : Bundle
        Its tags, features and window.
    """

    def __init__(self, model: "keras.Model", description: Bundle) -> None:
        from train.scoring import scorer

        self.bundle = description
        self.score = scorer(model, description.window)

    @classmethod
    def load(cls, source: str | Path) -> "Tagger":
        """Load a trained model.

        Parameters
        ----------
        source : str or Path
            A ``.keras`` file that ``fit`` saved, the folder of a run, whose best model
            is taken, or the name of a published model, such as ``musicnn-msd``.

        Raises
        ------
        TrainError
            There is no such model.
        """
        return cls(*trained.load(source))

    @property
    def tags(self) -> tuple[str, ...]:
        """The outputs, in order."""
        return tuple(self.bundle.tags)

    def predict(
        self,
        source: str | Path | npt.NDArray[Any],
        rate: int | None = None,
        *,
        windows: int = DEFAULT_WINDOWS,
        hop: float | None = None,
    ) -> Tagging:
        """Tag a file or an array of samples.

        Parameters
        ----------
        source : str, Path or ndarray
            A file of any length, rate and format that can be decoded, or samples as
            floats in [-1, 1] of shape (samples,) or (samples, channels).
        rate : int, optional
            Sample rate of an array, Hz.
        windows : int
            Number of evenly spaced windows; fewer where the audio has no room.
        hop : float, optional
            Instead: a window every so many seconds, and one that ends at the end.

        Returns
        -------
        Tagging
            The same for the same audio, whatever else is tagged.

        Raises
        ------
        TrainError
            The array is not usable, or there are no samples.
        audio.AudioError
            The file cannot be decoded.
        """
        samples = self._samples(source, rate)
        if not len(samples):
            raise TrainError("there is no audio in it")
        spectrum = extract(samples, self.bundle.features)
        cut, starts = self._cut(spectrum, windows, hop)
        found = np.concatenate(
            [self.score(cut[i : i + _BATCH]) for i in range(0, len(cut), _BATCH)]
        )
        return Tagging(
            tags=self.tags,
            scores=found.mean(axis=0, dtype=np.float64).astype(np.float32),
            windows=found,
            starts=starts,
            seconds=len(samples) / self.bundle.features.sample_rate,
            notes=tuple(self._notes(samples, len(spectrum))),
        )

    def _samples(
        self, source: str | Path | npt.NDArray[Any], rate: int | None
    ) -> npt.NDArray[np.float32]:
        wanted = self.bundle.features.sample_rate
        if not isinstance(source, np.ndarray):
            return audio.load(Path(source), wanted)
        if rate is None or rate <= 0:
            raise TrainError("an array needs its sample rate", expected="rate=44100")
        if source.ndim not in (1, 2) or not np.issubdtype(source.dtype, np.floating):
            raise TrainError(
                f"samples of shape {source.shape} and type {source.dtype}",
                expected="floats of shape (samples,) or (samples, channels)",
            )
        if not np.isfinite(source).all():
            raise TrainError("a sample is not finite")
        samples = source.astype(np.float32)
        mono = to_mono(samples) if samples.ndim == 2 else samples
        return resample(mono, rate, wanted)

    def _cut(
        self, spectrum: npt.NDArray[np.float32], windows: int, hop: float | None
    ) -> tuple[Any, npt.NDArray[np.float32]]:
        from train import slicing

        window = self.bundle.window
        per_second = self.bundle.features.frames_per_second
        prepared = slicing.prepared(spectrum, window)
        steps = len(prepared)
        if hop is None:
            starts = slicing.even_starts(steps, window.length, windows)
        else:
            step = max(round(hop * per_second), 1)
            starts = slicing.hop_starts(steps, window.length, step)
        seconds = np.asarray(starts, dtype=np.float32) / np.float32(per_second)
        return slicing.cut(prepared, starts, window), seconds

    def _notes(self, samples: npt.NDArray[np.float32], steps: int) -> list[str]:
        notes = []
        if np.abs(samples).max(initial=0.0) < _SILENT_PEAK:
            notes.append("silent: the scores mean nothing")
        window = self.bundle.window
        if steps < window.length:
            filled = "padded" if window.short_clips == "pad" else "repeated"
            notes.append(f"shorter than a window of {window.seconds:g} s: {filled}")
        return notes
