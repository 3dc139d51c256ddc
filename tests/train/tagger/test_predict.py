import csv
import io
import threading
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from train.errors import TrainError
from train.tagger import Placing, Tagger
from train.tagger import predict as predicting
from train.tagger.answering import answer
from train.tagger.finding import find
from train.tagger.predict import Sound, predict
from train.tagger.report import outcome
from train.tagger.wishes import Format, Wishes


def _write(file: Path, seconds: float = 1.5) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(file.name) + int(10 * seconds))
    soundfile.write(file, rng.uniform(-0.3, 0.3, int(16_000 * seconds)), 16_000)
    return file


@pytest.fixture(scope="module")
def tagger(band_run: tuple) -> Tagger:
    return Tagger.load(band_run[0].folder)


@pytest.mark.field_report("R54")
def test_folders_are_searched_and_named_files_taken_as_they_are(
    tmp_path: Path,
) -> None:
    b = _write(tmp_path / "songs" / "b.wav")
    a = _write(tmp_path / "songs" / "deep" / "a.FLAC")
    (tmp_path / "songs" / "cover.jpg").touch()
    named = tmp_path / "no_suffix"
    assert find([named, tmp_path / "songs", b]) == [named, b, a]


def test_patterns_find_files_and_folders(tmp_path: Path) -> None:
    b = _write(tmp_path / "songs" / "b.wav")
    a = _write(tmp_path / "songs" / "deep" / "a.wav")
    odd = _write(tmp_path / "odd" / "[live] c.wav")
    assert find([str(tmp_path / "songs" / "*.wav")]) == [b]
    assert find([str(tmp_path / "songs" / "**" / "*.wav")]) == [b, a]
    assert find([str(tmp_path / "songs" / "*")]) == [b, a]
    # A name that looks like a pattern is a name first.
    assert find([str(odd)]) == [odd]
    assert find(["absent/*.mp3"]) == [Path("absent/*.mp3")]


def test_a_name_gives_a_terminal_no_orders(tagger: Tagger, tmp_path: Path) -> None:
    files = [_write(tmp_path / "\x1b[2J.wav"), tmp_path / "\x1b[2J.mp3"]
    for found in predict(tagger, files):
        lines = outcome(found, None, 0.0)
        assert "\x1b" not in lines
        assert found.path.name.replace("\x1b", "\\x1b") in lines


def test_a_name_that_is_no_text_has_embeddings_too(
    tagger: Tagger, tmp_path: Path
) -> None:
    files = [tmp_path / "caf\udce9.wav", _write(tmp_path / "b.wav")]
    _write(tmp_path / "a.wav").rename(files[0])
    kept = tmp_path / "kept.parquet"
    counts = answer(tagger, files, Wishes(embeddings=kept), say=lambda _line: None)
    assert (counts.files, counts.failed) == (2, 0)
    paths = pq.read_table(kept)["path"].to_pylist()
    assert paths == [rf"{tmp_path}/caf\xe9.wav", f"{tmp_path}/b.wav"]


def test_a_name_with_line_ends_is_one_field_of_csv(
    tagger: Tagger, tmp_path: Path
) -> None:
    files = [tmp_path / "a\r.wav", tmp_path / "b\n.wav"]
    for file in files:
        _write(tmp_path / "sound.wav").rename(file)
    lines: list[str] = []
    answer(tagger, files, Wishes(form=Format.csv), say=lines.append)
    text = "".join(f"{line}\n" for line in lines)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["path"] for row in rows] == [str(file) for file in files]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.field_report("R54")
def test_bad_files_are_lines_in_the_result(
    tagger: Tagger, tmp_path: Path, workers: int
) -> None:
    # Results in the order of the input, errors among them.
    good = [_write(tmp_path / f"{number}.wav") for number in range(3)]
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"\0" * 100)
    empty = tmp_path / "empty.mp3"
    empty.touch()
    files = [good[0], broken, good[1], tmp_path / "absent.mp3", empty, good[2]]
    outcomes = list(predict(tagger, files, workers=workers))
    assert [found.path for found in outcomes] == files
    assert [found.failed for found in outcomes] == [
        *(False, True, False, True, True, False)
    ]
    for found in outcomes:
        lines = outcome(found, None, 0.0).splitlines()
        assert str(found.path) in lines[0]
        assert len(lines) == (4 if found.error is None else 1)
    assert "No such file" in str(outcomes[3].error)
    assert outcomes[3].to_dict(None, 0.0).keys() == {"path", "error"}
    assert outcomes[0].to_dict(2, 0.0)["tags"].keys() <= {"rock", "jazz", "pop"}


@pytest.mark.field_report("R01", "R02")
def test_files_without_audio_are_told_and_cut_ones_tagged_as_far_as_they_go(
    tagger: Tagger, tmp_path: Path
) -> None:
    empty, header, page = (tmp_path / name for name in ("a.mp3", "b.mp3", "c.mp3"))
    empty.touch()
    header.write_bytes(b"ID3\x04\0\0\0\0\0\x0a" + bytes(10))
    page.write_text("<html><title>404 Not Found</title></html>")
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 5 * 44_100)
    whole = tmp_path / "whole.mp3"
    soundfile.write(whole, noise, 44_100)
    half = tmp_path / "half.mp3"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    files = [empty, header, page, whole, half]
    found = {each.path: each for each in predict(tagger, files, workers=1)}
    for path in (empty, header, page):
        assert found[path].error is not None
        assert "\n" not in str(found[path].error)
    good, cut = found[whole].tagging, found[half].tagging
    assert good is not None
    assert cut is not None
    assert good.seconds == pytest.approx(5.0, abs=0.1)
    assert cut.seconds == pytest.approx(2.5, abs=0.3)
    assert (cut.starts + cut.window_seconds <= cut.seconds + 0.05).all()


@pytest.mark.field_report("R55")
def test_files_share_batches_and_keep_their_scores(
    tagger: Tagger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With files of 1 to 90 windows around the size of a batch.
    lengths = (1.0, 2.5, 45.0, 1.5, 20.0, 31.0)
    files = [_write(tmp_path / f"{number}.wav", s) for number, s in enumerate(lengths)]
    placing = Placing(hop=0.5)
    alone = [tagger.predict(file, hop=0.5, embeddings=True) for file in files]
    sizes = []
    embed = tagger.embed
    monkeypatch.setattr(
        tagger, "embed", lambda cut: sizes.append(len(cut)) or embed(cut)
    )
    together = predict(tagger, files, placing=placing, embeddings=True)
    for expected, found in zip(alone, together, strict=True):
        assert found.tagging is not None
        np.testing.assert_array_equal(found.tagging.starts, expected.starts)
        np.testing.assert_allclose(found.tagging.windows, expected.windows, atol=1e-6)
        np.testing.assert_allclose(
            found.tagging.embeddings, expected.embeddings, atol=1e-5
        )
    assert min(sizes[:-1]) >= predicting.BATCH
    assert max(sizes) < 2 * predicting.BATCH
    assert sum(sizes) == sum(len(each.starts) for each in alone)


def test_samples_from_elsewhere_are_tagged_like_a_file(
    tagger: Tagger, tmp_path: Path
) -> None:
    file = _write(tmp_path / "a.wav")
    samples, rate = soundfile.read(file, dtype="float32")
    sound = Sound(Path("microphone"), samples, rate)
    first, second = predict(tagger, [sound, file])
    assert first.path == Path("microphone")
    assert first.tagging is not None
    assert second.tagging is not None
    np.testing.assert_array_equal(first.tagging.scores, second.tagging.scores)


def test_stopping_early_stops_the_workers(tagger: Tagger, tmp_path: Path) -> None:
    files = [_write(tmp_path / f"{number}.wav") for number in range(20)]
    outcomes = predict(tagger, iter(files), workers=1)
    next(outcomes)
    assert _decoding()
    outcomes.close()  # type: ignore[attr-defined]
    assert not _decoding()


def _decoding() -> list[str]:
    """Name the threads that decode at this moment."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("decode")]


@pytest.mark.parametrize(
    ("windows", "hop", "message"),
    [(3, 1.0, "not both"), (0, None, "show nothing"), (None, 0.0, "leads nowhere")],
)
def test_windows_that_cannot_be_placed_are_refused(
    windows: int | None, hop: float | None, message: str
) -> None:
    with pytest.raises(TrainError, match=message):
        Placing(windows, hop)
