from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dataset.manifest import Features
from train.config import Augment, Input, Training
from train.data import augment
from train.data.pipeline import training_batches
from train.data.tracks import Tracks, open_split
from train.data.windows import window_of
from train.errors import TrainError


def _seed(number: int = 0) -> np.ndarray:
    return np.array([number, 7], np.int64)


def test_everything_is_off_by_default(mel_features: Features) -> None:
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    off = Augment()
    assert augment.random_gain(values, off, mel_features, _seed()) is values
    assert augment.random_noise_and_masks(values, off, 2, _seed()) is values
    assert off.mixup == 0


def test_gain_of_samples_is_a_factor(sample_features: Features) -> None:
    samples = np.array([0.1, -0.2, 0.0], np.float32)
    # 20 dB are a factor of 10 in amplitude, 6.0206 dB one of 2.
    louder = augment.gain(samples, np.float32(20), sample_features)
    np.testing.assert_allclose(louder, [1.0, -2.0, 0.0], rtol=1e-6)
    half = augment.gain(samples, np.float32(-20 * np.log10(2)), sample_features)
    np.testing.assert_allclose(half, [0.05, -0.1, 0.0], rtol=1e-5)


def test_gain_of_decibels_is_a_shift(mel_features: Features) -> None:
    decibels = np.array([[-80.0, -3.0]], np.float32)
    found = augment.gain(decibels, np.float32(6), mel_features)
    assert np.asarray(found).tolist() == [[-74.0, 3.0]]


def test_gain_of_the_musicnn_scale_acts_on_the_power(mel_features: Features) -> None:
    features = mel_features.model_copy(update={"scale": "log10_10000", "top_db": None})
    power = np.array([0.0, 1e-4, 0.02, 3.0])
    found = augment.gain(
        np.log10(10_000 * power + 1).astype(np.float32), np.float32(10), features
    )
    # 10 dB are a factor of 10 in power.
    expected = np.log10(10_000 * 10 * power + 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_random_gain_is_even_over_its_range(mel_features: Features) -> None:
    settings = Augment(gain_db=6)
    zero = np.zeros((1,), np.float32)
    drawn = np.array(
        [
            float(augment.random_gain(zero, settings, mel_features, _seed(number))[0])
            for number in range(400)
        ]
    )
    assert drawn.min() >= -6
    assert drawn.max() <= 6
    # Of an even distribution: mean 0, deviation 12 / sqrt(12), here within 4 errors.
    assert abs(drawn.mean()) < 4 * 3.464 / 20
    assert drawn.std() == pytest.approx(3.464, rel=0.1)


def test_noise_has_its_deviation_and_is_added() -> None:
    values = np.full((200, 50), 3.0, np.float32)
    found = augment.random_noise_and_masks(values, Augment(noise=0.25), 1, _seed())
    noise = np.asarray(found) - 3.0
    assert noise.std() == pytest.approx(0.25, rel=0.03)
    assert abs(noise.mean()) < 4 * 0.25 / 100


def test_masked_by_hand() -> None:
    values = np.array([[1, 2, 3], [4, 5, 6]], np.float32)  # mean 3.5
    hidden = np.array([False, True])
    found = augment.masked(_tensor(values), hidden, axis=0)
    assert found.numpy().tolist() == [[1, 2, 3], [3.5, 3.5, 3.5]]
    hidden = np.array([True, False, True])
    found = augment.masked(_tensor(values), hidden, axis=1)
    assert found.numpy().tolist() == [[3.5, 2, 3.5], [3.5, 5, 3.5]]


@pytest.mark.parametrize(
    ("settings", "axis", "size", "widest"),
    [
        (Augment(time_masks=1), 0, 20, 6),
        (Augment(frequency_masks=1, frequency_mask_bands=4), 1, 10, 4),
    ],
)
def test_mask_is_one_run_of_at_most_the_widest(
    settings: Augment, axis: int, size: int, widest: int
) -> None:
    values = _tensor(np.arange(1, 201, dtype=np.float32).reshape(20, 10))
    seen, widths = np.zeros(size, bool), set()
    for number in range(150):
        found = augment.random_noise_and_masks(values, settings, 6, _seed(number))
        hidden = (np.asarray(found) == 100.5).all(axis=1 - axis)
        places = np.flatnonzero(hidden)
        widths.add(len(places))
        assert not len(places) or places[-1] - places[0] == len(places) - 1
        rest = np.compress(~hidden, np.asarray(found), axis)
        assert (rest == np.compress(~hidden, values.numpy(), axis)).all()
        seen |= hidden
    assert widths == set(range(widest + 1))
    assert seen.all()


def test_mask_may_be_longer_than_the_window() -> None:
    values = _tensor(np.ones((5, 2), np.float32))
    found = augment.random_noise_and_masks(values, Augment(time_masks=3), 99, _seed())
    assert (found.numpy() == 1).all()


def test_mixed_by_hand() -> None:
    rows = _tensor(np.array([[0, 8], [4, 0], [2, 2]], np.float32))
    weight = np.array([0.75, 0.5, 1.0], np.float32)
    # 3/4 of the first and 1/4 of the second; half and half; the third alone.
    expected = [[1, 6], [3, 1], [2, 2]]
    assert augment.mixed(rows, weight).numpy().tolist() == expected


def test_mixup_mixes_labels_as_windows() -> None:
    # Windows that hold their own labels: they must stay equal.
    labels = _tensor(np.eye(16, dtype=np.float32))
    windows, mixed = augment.mixup(labels, labels, 0.4, _seed())
    np.testing.assert_array_equal(windows, mixed)
    np.testing.assert_allclose(np.asarray(mixed).sum(axis=1), 1.0, rtol=1e-6)
    own = np.diag(mixed)
    assert ((own >= 0) & (own <= 1)).all()
    assert len(set(own.tolist())) > 8


def test_weights_of_mixup_are_beta_distributed() -> None:
    labels = _tensor(np.eye(2000, 1, dtype=np.float32))
    rows = _tensor(np.tile([[1.0], [0.0]], (1000, 1)).astype(np.float32))
    windows, _ = augment.mixup(rows, labels, 0.4, _seed())
    own = np.asarray(windows)[::2, 0]
    # Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)).
    assert own.mean() == pytest.approx(0.5, abs=0.05)
    assert own.var() == pytest.approx(1 / (4 * 1.8), rel=0.1)


def test_mixed_labels_give_the_mixed_loss() -> None:
    from train import losses

    loss = losses.build(["rock", "jazz"], {"jazz": 3.0}, gamma=2.0)
    logits = np.array([[0.3, -1.2], [0.3, -1.2]], np.float32)
    labels = np.array([[1, 0], [0, 1]], np.float32)
    apart = np.asarray(loss(labels, logits))
    mixed = np.asarray(loss(0.75 * labels[:1] + 0.25 * labels[1:], logits[:1]))
    np.testing.assert_allclose(mixed, [0.75 * apart[0] + 0.25 * apart[1]], rtol=1e-6)


def test_what_cannot_be_is_refused(
    mel_features: Features, sample_features: Features
) -> None:
    waveform = window_of(sample_features, Input(window_seconds=1), "track")
    spectrogram = window_of(mel_features, Input(window_seconds=1), "window")
    augment.check(Augment(gain_db=6), sample_features, waveform)
    with pytest.raises(TrainError, match="frequency_masks: a waveform"):
        augment.check(Augment(frequency_masks=1), sample_features, waveform)
    with pytest.raises(TrainError, match="gain_db: standardising each window"):
        augment.check(Augment(gain_db=6), mel_features, spectrogram)


_ALL = Augment(noise=0.1, time_masks=2, frequency_masks=1, mixup=0.5)


def _epoch(tracks: Tracks, epoch: int, changes: Augment, skip: int = 0) -> list:
    settings = Input(window_seconds=1)
    batches = training_batches(
        tracks,
        window_of(tracks.features, settings, "window"),
        settings,
        Training(batch_size=12),
        epoch,
        augment=changes,
    )
    return [(x.numpy(), y.numpy()) for x, y in batches.skip(skip)]


def test_changed_epochs_are_functions_of_seed_and_number(band_export: Path) -> None:
    tracks = open_split(band_export, "train")
    whole = _epoch(tracks, 3, _ALL)
    # Going on in the middle of an epoch gives what the whole epoch gave.
    for first, again in zip(whole[2:], _epoch(tracks, 3, _ALL, skip=2), strict=True):
        np.testing.assert_array_equal(first[0], again[0])
        np.testing.assert_array_equal(first[1], again[1])
    other = _epoch(tracks, 4, _ALL)
    assert not np.array_equal(whole[0][0], other[0][0])


def test_noise_leaves_order_and_places_as_they_were(band_export: Path) -> None:
    tracks = open_split(band_export, "train")
    plain = _epoch(tracks, 1, Augment())
    noisy = _epoch(tracks, 1, Augment(noise=1e-6))
    for one, other in zip(plain, noisy, strict=True):
        np.testing.assert_allclose(one[0], other[0], atol=1e-5)
        np.testing.assert_array_equal(one[1], other[1])


def test_silent_input_stays_finite(
    make_export: Callable, mel_features: Features, tmp_path: Path
) -> None:
    silent = (np.full((60, 16), -100, np.float16), [0])
    folder = make_export(tmp_path / "e", {"train": [silent] * 3}, mel_features)
    for windows, labels in _epoch(open_split(folder, "train"), 1, _ALL):
        assert np.isfinite(windows).all()
        assert np.isfinite(labels).all()


def _tensor(values: np.ndarray) -> object:
    from train.engine import tf

    return tf.constant(values)
