"""Where a clip sounds and where it is silent, by the rule of librosa's ``split``.

A frame of 2,048 samples (hop 512, centred, zeros beyond the ends) sounds if its RMS is
less than `top_db` below that of the clip's loudest frame. The rule is relative: a clip
of digital zeros counts as sound from start to end, so the level of the loudest frame
goes along with it, for whoever wants an absolute floor.

Source: ``librosa.effects.split`` of librosa 0.10 and newer, on ``librosa.to_mono``.
"""

import math

import numpy as np
import numpy.typing as npt

HOP = 512
_HOPS_A_FRAME = 4
_FRAME = HOP * _HOPS_A_FRAME

SILENT_DB = -200.0
_FLOOR = 1e-5  # librosa.amplitude_to_db's amin

Energies = npt.NDArray[np.float64]
Intervals = npt.NDArray[np.int64]


class FrameEnergies:
    """Collects the energy of a clip's frames, block by block, in one pass.

    It keeps one number per 512 samples, so a ten-hour clip takes 25 MB.
    """

    def __init__(self) -> None:
        self._hops: list[npt.NDArray[np.float32]] = []
        self._rest: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self.samples = 0

    def add(self, mono: npt.NDArray[np.float32]) -> None:
        """Take in the next samples.

        Parameters
        ----------
        mono : ndarray of float32, shape (samples,)
            Any number of samples.
        """
        self.samples += len(mono)
        if len(self._rest):
            mono = np.concatenate([self._rest, mono])
        whole = len(mono) - len(mono) % HOP
        hops = mono[:whole].reshape(-1, HOP)
        self._hops.append(np.vecdot(hops, hops))
        if whole < len(mono) or len(self._rest):
            self._rest = mono[whole:].copy()

    def rms(self) -> Energies:
        """Return the RMS of each frame.

        Returns
        -------
        ndarray of float64, shape (1 + samples // 512,)
            Full scale is 1; empty where there was no sample.
        """
        if self.samples == 0:
            return np.zeros(0)
        last = np.einsum("i,i->", self._rest, self._rest)
        hops = np.concatenate([*self._hops, [last]])
        padded = np.zeros(len(hops) + 4)
        padded[2:-2] = hops
        # Frame t is centred on sample 512 t: two hops before it, two after.
        frames = padded[:-4] + padded[1:-3] + padded[2:-2] + padded[3:-1]
        return np.sqrt(frames / _FRAME)


def loudest_db(rms: Energies) -> float:
    """Return the level of the loudest frame.

    Parameters
    ----------
    rms : ndarray of float64, shape (frames,)
        From `FrameEnergies.rms`; at least one frame.

    Returns
    -------
    float
        dB relative to full scale; -200 for digital silence and below.
    """
    loudest = float(rms.max())
    return max(SILENT_DB, 20 * math.log10(loudest)) if loudest > 0 else SILENT_DB


def sound_intervals(rms: Energies, samples: int, top_db: float) -> Intervals:
    """Return where a clip sounds.

    Parameters
    ----------
    rms : ndarray of float64, shape (frames,)
        From `FrameEnergies.rms`; at least one frame.
    samples : int
        Length of the clip.
    top_db : float
        Decibels below the loudest frame at which a frame is silent.

    Returns
    -------
    ndarray of int64, shape (intervals, 2)
        Start and end in samples, as ``librosa.effects.split`` gives them.
    """
    reference = max(_FLOOR, float(rms.max()))
    decibels = 20 * np.log10(np.maximum(rms, _FLOOR) / reference)
    sounds = np.concatenate([[False], decibels > -top_db, [False]])
    edges = np.flatnonzero(np.diff(sounds)) * HOP
    return np.minimum(edges, samples).reshape(-1, 2).astype(np.int64)


def silent_intervals(sound: Intervals, samples: int) -> Intervals:
    """Return where a clip is silent: what `sound` leaves of it.

    Parameters
    ----------
    sound : ndarray of int64, shape (intervals, 2)
        From `sound_intervals`.
    samples : int
        Length of the clip.

    Returns
    -------
    ndarray of int64, shape (intervals, 2)
        Start and end in samples; none is empty.
    """
    edges = np.concatenate([[0], sound.reshape(-1), [samples]]).reshape(-1, 2)
    return edges[edges[:, 1] > edges[:, 0]].astype(np.int64)
