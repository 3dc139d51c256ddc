import re
from pathlib import Path

_ID = "[A-Z0-9]{16}"
_LINE = re.compile(
    f"ERROR: <SO{_ID} (TR{_ID})> (.*?)  -  (.*?)  !=  (.+?)  -  (.+)", re.DOTALL
)


def _lines(folder: Path, name: str) -> list[str]:
    text = (folder / name).read_bytes().decode()
    assert text.endswith("\n")
    return text[:-1].split("\n")


def _tracks(truth, kind: str) -> set[str]:
    return {row["track_id"] for row in truth["faults"] if row["kind"] == kind}


def test_mismatch_list_has_the_real_form(silent_sample: Path, silent_truth) -> None:
    lines = _lines(silent_sample, "sid_mismatches.txt")
    found = [_LINE.fullmatch(line) for line in lines]
    assert all(found)
    tracks = [match[1] for match in found]
    assert set(tracks) == _tracks(silent_truth, "mismatch")
    # The ids lie at fixed bytes, as in the real list.
    assert [line.encode()[27:45].decode() for line in lines] == tracks
    twice = {track for track in tracks if tracks.count(track) == 2}
    assert twice == _tracks(silent_truth, "listed_twice")


def test_lines_with_an_empty_left_pair_come_last(silent_sample: Path) -> None:
    lines = _lines(silent_sample, "sid_mismatches.txt")
    empty = ["   -    !=" in line for line in lines]
    assert empty == sorted(empty)
    assert 0 < sum(empty) < len(empty)


def test_a_line_holds_bytes_that_split_it_wrongly(silent_sample: Path) -> None:
    text = (silent_sample / "sid_mismatches.txt").read_text(encoding="utf-8")
    assert "\x1c" in text
    assert len(text.splitlines()) > text.count("\n")


def test_right_pair_is_the_track_itself(silent_sample: Path, silent_truth) -> None:
    songs = {row["track_id"]: row for row in silent_truth["songs"]}
    for line in _lines(silent_sample, "sid_mismatches.txt"):
        match = _LINE.fullmatch(line)
        song = songs[match[1]]
        assert (match[4], match[5]) == (song["artist"], song["title"])
        assert song["plays"] != match[1]


def test_duplicates_list_has_the_real_form(silent_sample: Path, silent_truth) -> None:
    lines = _lines(silent_sample, "msd_duplicates.txt")
    comments = sum(line.startswith("#") for line in lines)
    assert comments in (6, 7)
    groups: list[list[str]] = []
    for line in lines[comments:]:
        if line.startswith("%"):
            assert re.fullmatch(r"%\d+ .+ - .+", line)
            groups.append([])
        else:
            groups[-1].append(line)
    members = [track for group in groups for track in group]
    assert all(2 <= len(group) <= 4 for group in groups)
    assert set(members) == _tracks(silent_truth, "duplicate")
    twice = {track for track in members if members.count(track) == 2}
    assert twice == _tracks(silent_truth, "in_two_groups")


def test_a_lone_survivor_has_only_bad_brothers(
    silent_sample: Path, silent_truth
) -> None:
    (lone,) = _tracks(silent_truth, "lone_survivor")
    lines = _lines(silent_sample, "msd_duplicates.txt")
    at = lines.index(lone)
    others = {lines[at - 1], lines[at + 1]} - {lone}
    bad = _tracks(silent_truth, "mismatch")
    assert lone not in bad
    assert others & bad


def test_duplicates_are_one_song_of_one_artist(silent_truth) -> None:
    songs = {row["track_id"]: row for row in silent_truth["songs"]}
    bad = _tracks(silent_truth, "mismatch")
    for row in silent_truth["faults"]:
        if row["kind"] == "duplicate" and row["track_id"] not in bad:
            members = set(row["evidence"].split("members ")[1].split()) - bad
            for field in ("artist_id", "title", "true_tags", "plays", "year"):
                assert len({songs[member][field] for member in members}) == 1
