import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from train.config import Config, Input, Training
from train.data.pipeline import scoring_batches, training_batches
from train.data.tracks import Tracks, open_split
from train.data.windows import Window, window_of

_LENGTH = 31  # 1 s of frames at 16,000 / 512


@pytest.fixture(scope="module")
def numbered(
    make_export: Callable,
    mel_features: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> Tracks:
    """Return 17 tracks whose values tell track and frame: 100 x track + frame."""
    clips = []
    for track in range(17):
        frames = 20 if track == 3 else 60
        audio = np.zeros((frames, 16), np.float16)
        audio[:, 0], audio[:, 1] = track, np.arange(frames)
        clips.append((audio, [track % 3]))
    folder = tmp_path_factory.mktemp("numbered") / "export"
    return open_split(make_export(folder, {"train": clips}, mel_features), "train")


def _window(tracks: Tracks, **settings: object) -> Window:
    return window_of(
        tracks.features,
        Input(window_seconds=1, standardise="none").model_copy(update=settings),
        standardise="window",
    )


def _epoch(tracks: Tracks, epoch: int, seed: int = 1, **settings: object) -> list:
    chosen = Input(window_seconds=1).model_copy(update=settings)
    training = Training(batch_size=8, seed=seed)
    batches = training_batches(tracks, _window(tracks), chosen, training, epoch)
    return [(windows.numpy(), labels.numpy()) for windows, labels in batches]


def _seen(batches: list) -> list[tuple[int, int]]:
    return [
        (int(window[0, 0]), int(window[0, 1]))
        for windows, _ in batches
        for window in windows
    ]


def test_window_has_the_frames_of_its_seconds(numbered: Tracks) -> None:
    assert _window(numbered).shape == [_LENGTH, 16]
    # 15 s at 16 kHz and a hop of 512 are 468.75 frames, taken as 468 in 2019.
    assert _window(numbered, window_seconds=15).length == 468


def test_no_track_is_dropped_and_the_last_batch_is_kept(numbered: Tracks) -> None:
    batches = _epoch(numbered, 1)
    assert [len(windows) for windows, _ in batches] == [8, 8, 1]
    assert Counter(track for track, _ in _seen(batches)) == Counter(range(17))


def test_an_epoch_that_is_read_again_is_the_same(numbered: Tracks) -> None:
    batches = training_batches(
        numbered, _window(numbered), Input(window_seconds=1), Training(), 1
    )
    once, again = (np.concatenate([x for x, _ in batches]) for _ in range(2))
    np.testing.assert_array_equal(once, again)


def test_labels_stay_with_their_track(numbered: Tracks) -> None:
    for windows, labels in _epoch(numbered, 1, windows_per_track=3):
        for window, label in zip(windows, labels, strict=True):
            assert label.tolist() == np.eye(3)[int(window[0, 0]) % 3].tolist()


def test_windows_are_whole_and_in_order(numbered: Tracks) -> None:
    for windows, _ in _epoch(numbered, 1):
        for window in windows:
            steps = np.diff(window[:, 1])
            if window[0, 0] == 3:  # 20 frames, repeated to fill the window
                assert window[:, 1].tolist() == [*range(20), *range(11)]
            else:
                assert (steps == 1).all()


def test_same_seed_and_epoch_give_the_same_batches(numbered: Tracks) -> None:
    first, again = _epoch(numbered, 2), _epoch(numbered, 2)
    for (windows, labels), (others, other_labels) in zip(first, again, strict=True):
        assert (windows == others).all()
        assert (labels == other_labels).all()


@pytest.mark.field_report("R27")
def test_epochs_and_seeds_differ_in_order_and_place(numbered: Tracks) -> None:
    runs = [_seen(_epoch(numbered, 1)), _seen(_epoch(numbered, 2))]
    runs.append(_seen(_epoch(numbered, 1, seed=2)))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert [track for track, _ in runs[one]] != [track for track, _ in runs[other]]
        assert dict(runs[one]) != dict(runs[other])


def test_random_windows_reach_every_place(numbered: Tracks) -> None:
    seen = _seen(_epoch(numbered, 1, windows_per_track=200))
    assert len(seen) == 17 * 200
    starts = {start for track, start in seen if track != 3}
    assert starts == set(range(60 - _LENGTH + 1))


def test_windows_of_a_track_do_not_come_in_a_row(numbered: Tracks) -> None:
    tracks = [track for track, _ in _seen(_epoch(numbered, 1, windows_per_track=4))]
    repeats = sum(a == b for a, b in itertools.pairwise(tracks))
    assert repeats < 15  # about 3 by chance, 51 if they came together


@pytest.mark.field_report("R27")
def test_tracks_that_lie_sorted_come_mixed(
    make_export: Callable, mel_features: object, tmp_path: Path
) -> None:
    # 200 tracks of one tag, then 200 of another, in one shard.
    audio = np.zeros((40, 16), np.float16)
    clips = {"train": [(audio, [track // 200]) for track in range(400)]}
    folder = make_export(tmp_path / "e", clips, mel_features, shards_per_split=1)
    tracks = open_split(folder, "train")
    training = Training(batch_size=32)
    batches = training_batches(tracks, _window(tracks), Config().input, training, 1)
    for _, labels in batches.take(5):
        share = labels.numpy()[:, 0].mean()
        assert 0.15 < share < 0.85


@pytest.mark.field_report("R09")
def test_the_shuffle_buffer_is_memory_not_records(
    make_export: Callable, mel_features: object, tmp_path: Path
) -> None:
    # Records of a little more than a quarter of a MiB: three of them fit into one.
    clips = []
    for track in range(20):
        audio = np.zeros((8192, 16), np.float16)
        audio[:, 0] = track
        clips.append((audio, [0]))
    folder = make_export(
        tmp_path / "e", {"train": clips}, mel_features, shards_per_split=1
    )
    tracks = open_split(folder, "train")
    small, large = (
        [track for track, _ in _seen(_epoch(tracks, 1, shuffle_mebibytes=size))]
        for size in (1, 512)
    )
    assert sorted(small) == sorted(large) == list(range(20))
    # Out of a buffer of three comes, at each place, one of the next three at most.
    ahead = [track - place for place, track in enumerate(small)]
    assert max(ahead) == 2
    assert max(track - place for place, track in enumerate(large)) > 2


def test_centred_window(numbered: Tracks) -> None:
    seen = dict(_seen(_epoch(numbered, 1, window_position="centre")))
    assert seen[0] == (60 - _LENGTH) // 2


def test_without_shuffling_tracks_come_as_they_lie(numbered: Tracks) -> None:
    tracks = [track for track, _ in _seen(_epoch(numbered, 2, shuffle=False))]
    # Two shards side by side: every second track each, in turns.
    assert tracks == list(range(17))


@pytest.mark.parametrize("standardise", ["none", "window", "track"])
@pytest.mark.parametrize("short_clips", ["repeat", "pad"])
def test_training_and_scoring_see_equal_windows(
    numbered: Tracks, standardise: str, short_clips: str
) -> None:
    settings = {"standardise": standardise, "short_clips": short_clips}
    window = _window(numbered, **settings)
    chosen = Input(window_position="centre", shuffle=False)
    training = training_batches(numbered, window, chosen, Training(batch_size=17), 1)
    ((seen, _),) = training
    ((scored, rows),) = scoring_batches(numbered, window, 1, 17)
    order = np.argsort([numbered.rows[row].track_id for row in rows.numpy()])
    np.testing.assert_allclose(seen, scored.numpy()[order], rtol=1e-5, atol=1e-5)


def test_scoring_sees_every_window_once(numbered: Tracks) -> None:
    batches = list(scoring_batches(numbered, _window(numbered), 4, batch_size=5))
    rows = np.concatenate([rows for _, rows in batches])
    starts = np.concatenate([windows[:, 0, 1] for windows, _ in batches])
    tracks = np.concatenate([windows[:, 0, 0] for windows, _ in batches])
    # 29 places, 3 gaps: 0, 29 // 3, 58 // 3, 29; the short clip has but one.
    for row, entry in enumerate(numbered.rows):
        here = rows == row
        assert set(tracks[here]) == {float(entry.track_id[-4:])}
        expected = [0] if entry.frames == 20 else [0, 9, 19, 29]
        assert starts[here].tolist() == expected
    assert sum(len(rows) for _, rows in batches) == 16 * 4 + 1


def test_only_listed_tracks_are_read(numbered: Tracks) -> None:
    few = Tracks(
        folder=numbered.folder,
        split=numbered.split,
        features=numbered.features,
        tags=numbered.tags,
        rows=numbered.rows[5:9],
        labels=numbered.labels[5:9],
        record_bytes=numbered.record_bytes,
    )
    wanted = {int(row.track_id[-4:]) for row in few.rows}
    assert {track for track, _ in _seen(_epoch(few, 1))} == wanted


def test_waveforms_come_in_their_true_scale(
    make_export: Callable, sample_features: object, tmp_path: Path
) -> None:
    audio = np.array([-32767, 0, 32767] * 8000, np.int16)
    clips = {"train": [(audio, [0])]}
    folder = make_export(tmp_path / "e", clips, sample_features, shards_per_split=1)
    tracks = open_split(folder, "train")
    ((windows, _),) = scoring_batches(tracks, _window(tracks), 1, 4)
    assert windows.shape == (1, 16_000)
    assert set(windows.numpy().ravel()) == {-1.0, 0.0, 1.0}
