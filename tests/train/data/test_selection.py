from pathlib import Path

import numpy as np
import pytest

from dataset import manifest
from dataset.labels import LabelledTrack
from dataset.manifest import LabelSet, Tag
from train.config import Tags, TrackChoice
from train.data import selection
from train.data.selection import Selection
from train.errors import TrainError


def _row(track_id: str, artist: str = "a", frames: int = 100) -> LabelledTrack:
    return LabelledTrack(
        source="msd",
        track_id=track_id,
        split="train",
        shard="s",
        offset=0,
        frames=frames,
        labels=[0],
        artist_key=artist,
        artist_name=None,
        title=None,
        year=None,
        decade=None,
    )


@pytest.fixture(scope="module")
def label_set(band_export: Path) -> LabelSet:
    """Return a vocabulary whose order is not that of its counts."""
    counts = {"rock": 5, "jazz": 9, "pop": 9, "folk": 2, "soul": 7}
    vocabulary = [
        Tag(position=place, tag=tag, n_tracks=number)
        for place, (tag, number) in enumerate(counts.items())
    ]
    entry = manifest.read(band_export).label_set()
    return entry.model_copy(update={"vocabulary": vocabulary})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["rock", "jazz", "pop", "folk", "soul"]),
        ({"top": 1}, ["jazz"]),  # as many tracks as pop, and before it
        ({"top": 3}, ["jazz", "pop", "soul"]),
        ({"top": 99}, ["rock", "jazz", "pop", "folk", "soul"]),
        ({"top": 2, "include": ["folk"]}, ["jazz", "pop", "folk"]),
        ({"include": ["folk", "rock"]}, ["rock", "folk"]),
        ({"exclude": ["jazz"]}, ["rock", "pop", "folk", "soul"]),
        # As in 2019: the top first, then what is added, then what is taken.
        ({"top": 2, "include": ["folk"], "exclude": ["jazz"]}, ["pop", "folk"]),
    ],
)
def test_tags_are_chosen(
    settings: dict, expected: list[str], label_set: LabelSet
) -> None:
    assert selection.choose_tags(label_set, Tags(**settings)) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"include": ["jaz"]}, r"tags\.include: .*no tag 'jaz'.*'jazz'"),
        ({"exclude": ["polka"]}, r"tags\.exclude: .*'polka'"),
        ({"merge": [["rock", "sole"]]}, r"tags\.merge: .*'sole'.*'soul'"),
        ({"top": 1, "exclude": ["jazz"]}, "no tag is left"),
    ],
)
def test_tag_that_is_not_there_is_told(
    settings: dict, message: str, label_set: LabelSet
) -> None:
    with pytest.raises(TrainError, match=message):
        selection.choose_tags(label_set, Tags(**settings))


def test_merged_tags_become_all_of_their_group() -> None:
    labels = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], np.uint8)
    taken = Selection(merge=[["a", "b"], ["b", "c", "unknown"]])
    # Groups do not chain: a alone gives b, not c.
    expected = [[1, 1, 0], [1, 1, 1], [0, 1, 1], [0, 0, 0]]
    assert taken.labels(labels, ["a", "b", "c"]).tolist() == expected
    assert labels[0].tolist() == [1, 0, 0]


def test_each_rule_counts_what_it_left_out() -> None:
    rows = [_row("1"), _row("2"), _row("3", frames=9), _row("4")]
    taken = Selection(
        keep=frozenset("123"), exclude=frozenset("2"), shortest=10
    ).tracks(rows)
    assert [row.track_id for row in taken[0]] == ["1"]
    assert taken[1] == {
        "not listed": 1,
        "listed to be left out": 1,
        "shorter than a window": 1,
    }
    assert Selection().tracks(rows) == (rows, {})


def test_fractions_are_nested_and_near_their_share() -> None:
    rows = [_row(f"TR{number:05d}") for number in range(4000)]
    found = {
        share: {row.track_id for row in Selection(fraction=share).tracks(rows)[0]}
        for share in (0.1, 0.5, 1.0)
    }
    assert found[0.1] < found[0.5] < found[1.0]
    # Binomial: deviations of 19 and 32 tracks.
    assert len(found[0.1]) == pytest.approx(400, abs=4 * 19)
    assert len(found[0.5]) == pytest.approx(2000, abs=4 * 32)
    # A track stays in or out whatever else there is.
    few = {row.track_id for row in Selection(fraction=0.5).tracks(rows[:100])[0]}
    assert few == {row.track_id for row in rows[:100]} & found[0.5]


def test_fraction_of_artists_takes_all_or_nothing_of_each() -> None:
    rows = [_row(f"T{number}", artist=f"artist {number % 50}") for number in range(500)]
    taken, _ = Selection(fraction=0.5, fraction_by="artist").tracks(rows)
    assert 0 < len({row.artist_key for row in taken}) < 50
    for artist in {row.artist_key for row in taken}:
        assert sum(row.artist_key == artist for row in taken) == 10


def test_lists_are_text_or_arrays(tmp_path: Path) -> None:
    text = tmp_path / "ids.txt"
    text.write_bytes(b"\xef\xbb\xbfTRA\r\n# of 2011\r\n\r\n TRB \r\n")
    assert selection.read_ids(text) == {"TRA", "TRB"}
    array = tmp_path / "ids.npy"
    np.save(array, np.array(["TRA", "TRB"], "<U18"))
    assert selection.read_ids(array) == {"TRA", "TRB"}


def test_published_lists_are_read(real: Path) -> None:
    # Counted independently: real/README.md.
    choi = selection.read_ids(real / "splits/choi/valid_x_msd_id.txt")
    assert len(choi) == 12_634
    assert all(len(each) == 18 and each.startswith("TR") for each in choi)
    assert len(selection.read_ids(real / "splits/cals/CALS_test_ids.npy")) == 34_913


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.txt", None, "no such list"),
        ("empty.txt", b"\n# nothing\n", "is empty"),
        ("noise.txt", b"\xff\xfe\x00", "no list of tracks"),
        ("noise.npy", b"TRA\n", "no list of tracks"),
        ("empty.npy", b"", "no list of tracks"),
    ],
)
def test_bad_list_is_named(
    name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TrainError, match=rf"{name}: .*{message}"):
        selection.read_ids(file)


def test_array_of_numbers_is_no_list(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", np.zeros((3, 50), bool))
    with pytest.raises(TrainError, match="an array of bool"):
        selection.read_ids(tmp_path / "y.npy")


def test_configuration_becomes_a_selection(tmp_path: Path) -> None:
    (tmp_path / "no.txt").write_text("TRA\n")
    found = selection.of_tracks(
        TrackChoice(
            exclude=str(tmp_path / "no.txt"), fraction=0.25, fraction_by="artist"
        )
    )
    assert found.exclude == {"TRA"}
    assert found.keep is None
    assert (found.fraction, found.fraction_by) == (0.25, "artist")
