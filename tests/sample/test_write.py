import csv
import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import sample.write
from sample.errors import SampleError
from sample.faults import FEWEST_TRACKS
from sample.write import MARKER, Request, write_sample


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_files_lie_where_the_settings_expect_them(silent_sample: Path) -> None:
    assert {path.name for path in silent_sample.iterdir()} == {
        "msd_summary_file.h5",
        "lastfm_tags.db",
        "sid_mismatches.txt",
        "msd_duplicates.txt",
        "ground_truth",
        MARKER,
    }


def test_same_seed_same_bytes(silent_sample: Path, tmp_path: Path) -> None:
    write_sample(Request(300, 5, audio=False), tmp_path / "again")
    assert _hashes(tmp_path / "again") == _hashes(silent_sample)


def test_another_seed_other_bytes(silent_sample: Path, tmp_path: Path) -> None:
    write_sample(Request(300, 6, audio=False), tmp_path / "other")
    ours, other = _hashes(silent_sample), _hashes(tmp_path / "other")
    assert all(ours[name] != other[name] for name in ours)


def test_complete_sample_is_kept(silent_sample: Path) -> None:
    before = silent_sample.stat().st_mtime_ns
    assert not write_sample(Request(300, 5, audio=False), silent_sample)
    assert silent_sample.stat().st_mtime_ns == before


def test_force_writes_anew(tmp_path: Path) -> None:
    request = Request(60, 0, audio=False)
    assert write_sample(request, tmp_path / "out")
    whole = _hashes(tmp_path / "out")
    (tmp_path / "out" / "sid_mismatches.txt").unlink()
    assert write_sample(request, tmp_path / "out", force=True)
    assert _hashes(tmp_path / "out") == whole


def test_other_sample_is_replaced_only_by_force(tmp_path: Path) -> None:
    out = tmp_path / "sources"
    write_sample(Request(60, 0, audio=False), out)
    with pytest.raises(SampleError, match=r"another sample.*tracks 60"):
        write_sample(Request(61, 0, audio=False), out)
    assert write_sample(Request(61, 0, audio=False), out, force=True)
    assert json.loads((out / MARKER).read_text())["tracks"] == 61


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, "\xff"])
def test_a_damaged_marker_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / MARKER).write_text(content, encoding="latin-1")
    with pytest.raises(SampleError, match="neither empty nor a sample"):
        write_sample(Request(60, 0, audio=False), tmp_path)


@pytest.mark.parametrize("force", [False, True])
def test_folder_of_other_things_is_never_touched(tmp_path: Path, force: bool) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SampleError, match="neither empty nor a sample"):
        write_sample(Request(60, 0, audio=False), tmp_path, force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_interrupted_run_leaves_nothing_that_looks_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "sources"
    with monkeypatch.context() as patch:
        patch.setattr(sample.write, "write_duplicates", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_sample(Request(60, 0, audio=False), out)
    assert not out.exists()
    assert write_sample(Request(60, 0, audio=False), out)
    assert [path.name for path in tmp_path.iterdir()] == ["sources"]


def test_command_refuses_in_one_sentence(tmp_path: Path) -> None:
    arguments = ["--tracks", "5", "--out", str(tmp_path / "out"), "--no-audio"]
    done = subprocess.run(
        [sys.executable, "-m", "sample", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--tracks: too few to hold every kind of fault: 5 tracks" in done.stderr


@pytest.mark.slow
def test_sample_with_audio(tmp_path: Path) -> None:
    request = Request(FEWEST_TRACKS, 0, audio=True)
    write_sample(request, tmp_path / "one", workers=1)
    write_sample(request, tmp_path / "two", workers=2)
    hashes = _hashes(tmp_path / "one")
    assert hashes == _hashes(tmp_path / "two")

    truth = tmp_path / "one" / "ground_truth"
    songs, faults, clips = (
        list(csv.DictReader((truth / name).open(encoding="utf-8", newline="")))
        for name in ("songs.csv", "faults.csv", "clips.csv")
    )
    by_kind = defaultdict(list)
    for fault in faults:
        by_kind[fault["kind"]].append(fault["track_id"])
    files = {path.name for path in (tmp_path / "one" / "audio").rglob("*.mp3")}
    assert files == {Path(clip["path"]).name for clip in clips}
    number = {song["track_id"]: song["sevendigital_id"] for song in songs}
    missing = {song for song in number if f"{number[song]}.clip.mp3" not in files}
    assert missing == set(by_kind["no_clip"])
    orphans = {name.split(".")[0] for name in files} - set(number.values())
    assert len(orphans) == len(by_kind["clip_without_song"])
    content = defaultdict(set)
    for clip in clips:
        content[hashes[f"audio/{clip['path']}"]].add(clip["sevendigital_id"])
    equal = {frozenset(ids) for ids in content.values() if len(ids) > 1}
    assert equal == {frozenset(number[track] for track in by_kind["equal_audio"])}


@pytest.mark.slow
def test_large_sample_is_like_the_real_data(tmp_path: Path) -> None:
    write_sample(Request(200_000, 0, audio=False), tmp_path / "large")
    lines = (tmp_path / "large" / "sid_mismatches.txt").read_bytes().count(b"\n")
    assert 3_200 < lines < 4_000


def test_default_folder_is_where_the_settings_expect_the_sources(
    tmp_path: Path,
) -> None:
    config = tmp_path / "lyre.toml"
    config.write_text('data_dir = "store"\n')
    done = subprocess.run(
        [sys.executable, "-m", "sample", "--tracks", "60", "--no-audio"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LYRE_CONFIG": str(config)},
    )
    assert done.returncode == 0
    assert (tmp_path / "store" / "sources" / "msd_summary_file.h5").is_file()
