"""A trained model that tags any audio.

>>> tagger = Tagger.load("data/runs/demo")  # doctest: +SKIP
>>> tagger.predict("song.mp3").top(3)  # doctest: +SKIP
[('rock', 0.91), ('90s', 0.44), ('guitar', 0.31)]
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

import audio
from audio.mono import to_mono
from audio.resample import resample
from train import trained
from train.bundle import Bundle
from train.config.input import LONGEST_WINDOW
from train.errors import TrainError
from train.tagger.features import extract
from train.tagger.precision import Precision, in_precision
from train.tagger.tagging import Floats, Placing, Tagging

if TYPE_CHECKING:
    import keras

# Windows that go through the model together: more are no faster on a processor, and
# musicnn needs some 30 MB for each.
BATCH = 16
# Below this peak, 80 dB under full scale, there is nothing to hear.
_SILENT_PEAK = 1e-4


@dataclass(frozen=True)
class Prepared:
    """A piece of audio that is ready to be cut into windows.

    Parameters
    ----------
    features : tensor of float32, shape (steps, ...)
        At least one window long, scaled if the model wants tracks scaled.
    starts : ndarray of int32, shape (windows,)
        First step of each window.
    seconds : float
        Length of the audio.
    notes : tuple of str
        As in `Tagging`.
    """

    features: Any
    starts: npt.NDArray[np.int32]
    seconds: float
    notes: tuple[str, ...]


class Tagger:
    """A model with everything that it needs to tag a file.

    Parameters
    ----------
    model : keras.Model
        From windows to probabilities; the layer before the last is named ``logits``.
    description : Bundle
        Its tags, features and window.
    precision : {"float32", "bfloat16"}
        What its layers compute in; see `train.tagger.precision`.
    """

    def __init__(
        self,
        model: "keras.Model",
        description: Bundle,
        precision: Precision = "float32",
    ) -> None:
        self.model = model
        self.bundle = description
        self.precision = precision

    @classmethod
    def load(cls, source: str | Path, precision: Precision = "float32") -> "Tagger":
        """Load a trained model.

        Parameters
        ----------
        source : str or Path
            A ``.keras`` file that ``fit`` saved, the folder of a run, whose best model
            is taken, or the name of a published model, such as ``musicnn-msd``.
        precision : {"float32", "bfloat16"}
            What its layers compute in: bfloat16 is much faster on processors that
            have it, and moves scores a little.

        Raises
        ------
        TrainError
            There is no such model.
        """
        return cls(*trained.load(source), precision)

    @property
    def tags(self) -> tuple[str, ...]:
        """The outputs, in order."""
        return tuple(self.bundle.tags)

    @cached_property
    def score(self) -> Any:
        """A function from windows to scores; see `train.scoring`."""
        from train.scoring import scorer

        return scorer(self._quick, self.bundle.window)

    @cached_property
    def embed(self) -> Any:
        """A function from windows to scores and embeddings; see `train.scoring`."""
        from train.scoring import embedder

        return embedder(self._quick, self.bundle.window)

    @cached_property
    def _quick(self) -> Any:
        from train.tagger.pooling import pooled_first

        return in_precision(pooled_first(self.model), self.precision)

    def with_window(self, seconds: float) -> "Tagger":
        """Return a tagger of the same weights that sees windows of another length.

        Parameters
        ----------
        seconds : float
            Length of a window.

        Raises
        ------
        TrainError
            The architecture is not known here, its weights depend on the length, or
            the length is too short for it, or none.
        """
        from train.models import registry

        window = self.bundle.window
        if seconds == window.seconds:
            return self
        if not 0 < seconds <= LONGEST_WINDOW:
            raise TrainError(
                f"no window is {seconds:g} s long",
                expected=f"more than 0 and at most {LONGEST_WINDOW:g}",
            )
        features = self.bundle.features
        shape = [features.length_of(seconds), *window.shape[1:]]
        changed = window.model_copy(update={"seconds": seconds, "shape": shape})
        only = TrainError(
            f"this model sees windows of {window.seconds:g} s and no others",
            where=f"a window of {seconds:g} s",
        )
        try:
            settings: Any = TypeAdapter(registry.AnyModel).validate_python(
                self.bundle.model
            )
        except ValidationError as error:
            raise only from error
        model = registry.build(settings, features.format, tuple(shape), len(self.tags))
        weights = self.model.get_weights()
        if [each.shape for each in model.get_weights()] != [
            each.shape for each in weights
        ]:
            raise only
        model.set_weights(weights)
        changed_bundle = self.bundle.model_copy(update={"window": changed})
        return Tagger(model, changed_bundle, self.precision)

    def predict(
        self,
        source: str | Path | npt.NDArray[Any],
        rate: int | None = None,
        *,
        windows: int | None = None,
        hop: float | None = None,
        embeddings: bool = False,
    ) -> Tagging:
        """Tag a file or an array of samples.

        Parameters
        ----------
        source : str, Path or ndarray
            A file of any length, rate and format that can be decoded, or samples as
            floats in [-1, 1] of shape (samples,) or (samples, channels).
        rate : int, optional
            Sample rate of an array, Hz.
        windows, hop
            Where windows lie, as in `Placing`; by default one after another, and one
            that ends at the end.
        embeddings : bool
            Also return what the last layer reads.

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
        prepared = self.prepare(source, rate, Placing(windows, hop))
        run = self.embed if embeddings else lambda cut: (self.score(cut), None)
        found = [
            run(self.cut(prepared, place))
            for place in range(0, len(prepared.starts), BATCH)
        ]
        vectors = np.concatenate([each[1] for each in found]) if embeddings else None
        return self.finish(
            prepared, np.concatenate([each[0] for each in found]), vectors
        )

    def prepare(
        self,
        source: str | Path | npt.NDArray[Any],
        rate: int | None = None,
        placing: Placing | None = None,
    ) -> Prepared:
        """Decode, extract features and place windows: all that needs no model.

        Parameters and errors are those of `predict`.
        """
        from train.data import slicing

        samples = self._samples(source, rate)
        if not len(samples):
            raise TrainError("there is no audio in it")
        spectrum = extract(samples, self.bundle.features)
        features = slicing.prepared(spectrum, self.bundle.window)
        return Prepared(
            features=features,
            starts=self._starts(len(features), placing or Placing()),
            seconds=len(samples) / self.bundle.features.sample_rate,
            notes=tuple(self._notes(samples, len(spectrum))),
        )

    def cut(self, prepared: Prepared, place: int) -> Any:
        """Cut up to a batch of windows, from the one at `place` on."""
        from train.data import slicing

        starts = prepared.starts[place : place + BATCH]
        return slicing.cut(prepared.features, starts, self.bundle.window)

    def finish(
        self, prepared: Prepared, scores: Floats, embeddings: Floats | None = None
    ) -> Tagging:
        """Put together what the model said about the windows of one piece."""
        per_second = np.float32(self.bundle.features.frames_per_second)
        return Tagging(
            tags=self.tags,
            scores=scores.mean(axis=0, dtype=np.float64).astype(np.float32),
            windows=scores,
            starts=prepared.starts.astype(np.float32) / per_second,
            seconds=prepared.seconds,
            window_seconds=self.bundle.window.seconds,
            notes=prepared.notes,
            embeddings=embeddings,
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

    def _starts(self, steps: int, placing: Placing) -> npt.NDArray[np.int32]:
        from train.data import slicing

        length = self.bundle.window.length
        if placing.windows is not None:
            starts = slicing.even_starts(steps, length, placing.windows)
        else:
            per_second = self.bundle.features.frames_per_second
            hop = length if placing.hop is None else placing.hop * per_second
            # A hop beyond the end leads to the end.
            starts = slicing.hop_starts(steps, length, max(round(min(hop, steps)), 1))
        return np.asarray(starts, dtype=np.int32)

    def _notes(self, samples: npt.NDArray[np.float32], steps: int) -> list[str]:
        notes = []
        if np.abs(samples).max(initial=0.0) < _SILENT_PEAK:
            notes.append("silent: the scores mean nothing")
        window = self.bundle.window
        if steps < window.length:
            filled = "padded" if window.short_clips == "pad" else "repeated"
            notes.append(f"shorter than a window of {window.seconds:g} s: {filled}")
        return notes
