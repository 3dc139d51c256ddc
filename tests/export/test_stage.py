import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

import duckdb
import librosa
import numpy as np
import pyarrow.parquet as pq
import pytest

import audio
from dataset import exports, framing, labels, manifest, records, verify
from export import clips as encoding
from export import shards, stage
from export.errors import ExportError
from export.part import Part
from export.production import Options
from export.recipe import Recipe
from lyre.cluster import Cluster
from tests.export.conftest import track_id

WAVEFORM = encoding.features("waveform")
LOGMEL = encoding.features("logmel", "urop2019")


def export(warehouse, folder, clips, features=WAVEFORM, **options):
    chosen = Options(**options)
    made = stage.prepare(warehouse, folder, Recipe("v2"), features, options=chosen)
    return stage.run(made, folder, clips, chosen)


def contents(folder):
    """Return the bytes of all that an export must repeat exactly."""
    parts = ("shards", "index", "labels", "plan")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for part in parts
        for path in sorted((folder / part).iterdir())
    }


def described(folder):
    own = ("created_at", "name", "revision")
    return manifest.read(folder).model_dump(exclude=set(own))


@pytest.fixture
def once(warehouse, clips, tmp_path):
    export(warehouse, tmp_path / "once", clips)
    return tmp_path / "once"


def test_every_row_becomes_a_record_with_its_labels(once, rows):
    assert verify.verify(once) == []
    found = {
        track.track_id: (track.split, track.labels, track.artist_name, track.year)
        for track in labels.read(once)
    }
    positions = {"rock": 0, "jazz": 1, "piano": 2}
    assert found == {
        row[1]: (row[9], [positions[tag] for tag in row[10]], row[3], row[5])
        for row in rows
    }


@pytest.mark.parametrize("features", [WAVEFORM, LOGMEL])
def test_records_hold_what_the_clip_sounds_like(
    warehouse, clips, tmp_path, rows, features
):
    folder = tmp_path / "out"
    export(warehouse, folder, clips, features)
    paths = {row[1]: clips / row[7] for row in rows}
    for track in labels.read(folder)[:3]:
        record = records.deserialize(
            framing.read_at(folder / track.shard, track.offset)
        )
        samples = audio.load(paths[track.track_id], 16_000)
        if features is WAVEFORM:
            np.testing.assert_allclose(
                record.audio / 32767, samples, atol=1 / 65_534 + 1e-7
            )
        else:
            mel = librosa.feature.melspectrogram(
                y=samples, sr=16_000, n_fft=2048, hop_length=512, n_mels=96
            )
            assert record.audio.dtype == np.float16
            # 0.0313 is half a unit in the last place of a float16 below 128.
            np.testing.assert_allclose(
                record.audio, librosa.power_to_db(mel).T, rtol=0, atol=0.0323
            )


def test_the_manifest_tells_all(once, rows):
    told = manifest.read(once)
    label_set = told.label_set()
    assert label_set.tags == ["rock", "jazz", "piano"]
    assert label_set.splits["train"].tracks == 32
    assert label_set.splits["train"].positives == [16, 16, 0]
    assert label_set.splits["test"].shortest == 16_000
    assert [each.rule for each in label_set.funnel] == ["no_audio_file", "silent"]
    assert sum(shard.records for shard in told.shards) == len(rows)
    assert told.features.full_scale == 32767
    assert told.software["soxr"]
    assert exports.newest(once.parent) == once


@pytest.mark.parametrize(
    "features", [pytest.param(WAVEFORM, marks=pytest.mark.slow), LOGMEL]
)
def test_two_workers_give_the_same_bytes(warehouse, clips, tmp_path, features):
    one, two = tmp_path / "one", tmp_path / "two"
    export(warehouse, one, clips, features, workers=1)
    export(warehouse, two, clips, features, workers=2)
    assert contents(one) == contents(two)
    assert described(one) == described(two)


class InTurn(Cluster):
    """A cluster that is this process, and whose workers die of some shards."""

    def __init__(self, deadly=()):
        self.deadly = deadly

    def run(self, function, tasks, give_up=None):
        for task in reversed(tasks):
            yield give_up(task) if task.name in self.deadly else function(task)


def test_a_cluster_gives_the_same_bytes(warehouse, clips, tmp_path, once):
    export(warehouse, tmp_path / "there", clips, cluster=InTurn())
    assert contents(tmp_path / "there") == contents(once)
    assert described(tmp_path / "there") == described(once)


def test_a_shard_that_every_try_dies_of_is_named(warehouse, clips, tmp_path, once):
    name = manifest.read(once).shards[0].name
    with pytest.raises(ExportError, match=f"{name}: a worker died of this shard"):
        export(warehouse, tmp_path / "there", clips, cluster=InTurn([name]))
    export(warehouse, tmp_path / "there", clips, cluster=InTurn())
    assert contents(tmp_path / "there") == contents(once)


def test_two_workers_may_write_one_shard_at_once(
    warehouse, clips, tmp_path, once, monkeypatch
):
    # As where a cluster took a machine for dead that goes on.
    encode, produce = shards.clips.encode, shards.produce
    begun, second = [], []

    def watched(task):
        begun.append(task)
        return produce(task)

    def overtaken(*arguments):
        if len(begun) == 1:
            begun.append(begun[0])
            second.append(produce(begun[0]))
        return encode(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "produce", watched)
        patch.setattr(shards.clips, "encode", overtaken)
        export(warehouse, tmp_path / "twice", clips)
    assert len(second) == 1
    assert contents(tmp_path / "twice") == contents(once)
    assert not list((tmp_path / "twice").rglob("*.part"))


@pytest.mark.java
def test_spark_gives_the_same_bytes(warehouse, clips, tmp_path, once, cluster):
    export(warehouse, tmp_path / "spark", clips, cluster=cluster)
    assert contents(tmp_path / "spark") == contents(once)
    assert described(tmp_path / "spark") == described(once)


@pytest.mark.java
def test_a_worker_of_spark_that_dies_costs_nothing(
    warehouse, clips, tmp_path, once, cluster, dies_once, monkeypatch
):
    monkeypatch.setattr(shards, "produce", dies_once(shards.produce))
    export(warehouse, tmp_path / "spark", clips, cluster=cluster)
    assert (tmp_path / "a_worker_died").exists()
    assert contents(tmp_path / "spark") == contents(once)
    assert not list((tmp_path / "spark").rglob("*.part"))


def test_a_rerun_writes_no_shard_again(once, warehouse, clips):
    before = contents(once), manifest.read(once)
    written = {path: path.stat().st_mtime_ns for path in (once / "shards").iterdir()}
    export(warehouse, once, clips)
    assert (contents(once), manifest.read(once)) == before
    assert written == {
        path: path.stat().st_mtime_ns for path in (once / "shards").iterdir()
    }


def test_a_rerun_takes_away_what_a_kill_left_half(once, warehouse, clips):
    before = contents(once)
    for name in ("manifest.json.0f.part", "shards/train-00000-of-00001.tfrecord.part"):
        (once / name).write_bytes(b"half")
    export(warehouse, once, clips)
    assert contents(once) == before


def test_a_damaged_shard_is_written_again(once, warehouse, clips):
    before = contents(once)
    name = next(shard.name for shard in manifest.read(once).shards if shard.records)
    (once / name).write_bytes(before[name][:-7])
    faults = verify.verify(once)
    assert any(name in fault and "record" in fault for fault in faults)
    export(warehouse, once, clips)
    assert contents(once) == before


@pytest.mark.parametrize("n_shards", [0, 1, 2])
def test_a_run_stopped_between_shards_goes_on(
    once, warehouse, clips, tmp_path, n_shards, monkeypatch
):
    folder = tmp_path / "stopped"
    produced = []
    real = shards.produce

    def stopping(task):
        if len(produced) == n_shards:
            (folder / f"{task.name}.part").write_bytes(b"half a rec")
            raise KeyboardInterrupt
        produced.append(task.name)
        return real(task)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "produce", stopping)
        with pytest.raises(KeyboardInterrupt):
            export(warehouse, folder, clips)
    assert not (folder / "manifest.json").exists()
    kept = {name: (folder / name).stat().st_mtime_ns for name in produced}
    export(warehouse, folder, clips)
    assert contents(folder) == contents(once)
    assert described(folder) == described(once)
    assert kept == {name: (folder / name).stat().st_mtime_ns for name in produced}


KILLED = """
import os, sys
from pathlib import Path
from export import clips, production, stage
from export.recipe import Recipe

warehouse, folder, root, at, workers = sys.argv[1:]
encode, done = clips.encode, 0

def dying(*arguments):
    global done
    done += 1
    if done > int(at):
        os.kill(os.getpid(), 9)
    return encode(*arguments)

clips.encode = dying
if __name__ == "__main__":
    options = production.Options(workers=int(workers))
    features = clips.features("waveform")
    made = stage.prepare(Path(warehouse), Path(folder), Recipe("v2"), features)
    stage.run(made, Path(folder), Path(root), options)
"""


@pytest.mark.parametrize("clips_done", [3, 25])
def test_a_killed_run_goes_on(once, warehouse, clips, tmp_path, clips_done):
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", KILLED, warehouse, folder, clips, clips_done, 1]
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    export(warehouse, folder, clips)
    assert contents(folder) == contents(once)
    assert described(folder) == described(once)


@pytest.fixture
def damaged(clips, tmp_path):
    """Return the clips with one gone, one empty and one of another kind."""
    root = tmp_path / "damaged"
    shutil.copytree(clips, root)
    (root / "1/1.wav").unlink()
    (root / "2/2.wav").write_bytes(b"")
    (root / "3/3.wav").write_text("<html>404 Not Found</html>")
    return root


def test_unusable_clips_are_left_out_with_reasons(warehouse, damaged, tmp_path):
    folder = tmp_path / "out"
    told = export(warehouse, folder, damaged, max_bad_share=0.1)
    left_out = {track.path: track.reason for track in told.left_out}
    assert left_out.keys() == {"1/1.wav", "2/2.wav", "3/3.wav"}
    assert all(left_out.values())
    assert str(damaged) not in (folder / "manifest.json").read_text()
    assert told.label_set().splits["train"].tracks == 29
    assert len(told.label_set().without_audio) == 3
    assert verify.verify(folder) == []


def test_too_many_unusable_clips_stop_the_run(warehouse, damaged, tmp_path):
    with pytest.raises(ExportError, match=r"unusable clips?, .*--max-bad-share"):
        export(warehouse, tmp_path / "out", damaged, max_bad_share=0.05)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_repaired_clips_are_tried_again(warehouse, damaged, clips, once, tmp_path):
    folder = tmp_path / "out"
    with pytest.raises(ExportError, match=r"^3 unusable clips"):
        export(warehouse, folder, damaged, max_bad_share=0.05)
    export(warehouse, folder, clips)
    assert contents(folder) == contents(once)


def export_part(warehouse, folder, clips, part, **options):
    chosen = Options(shared=True, **options)
    made = stage.prepare(warehouse, folder, Recipe("v2"), WAVEFORM, options=chosen)
    return stage.run_part(made, folder, clips, Part.parse(part), chosen)


def finish(warehouse, folder, **options):
    chosen = Options(shared=True, **options)
    made = stage.prepare(warehouse, folder, Recipe("v2"), WAVEFORM, options=chosen)
    return stage.finish(made, folder, chosen)


@pytest.mark.parametrize("parts", [("2/3", "0-1/3"), ("0-49/100", "50-99/100")])
def test_parts_make_the_same_bytes_as_a_whole_run(
    once, warehouse, clips, tmp_path, parts
):
    folder = tmp_path / "parts"
    written = [export_part(warehouse, folder, clips, part) for part in parts]
    assert all(written)
    assert not (folder / "manifest.json").exists()
    finish(warehouse, folder)
    assert contents(folder) == contents(once)
    assert described(folder) == described(once)


def test_a_whole_run_concludes_parts_and_keeps_them(once, warehouse, clips, tmp_path):
    folder = tmp_path / "parts"
    written = export_part(warehouse, folder, clips, "0/2")
    kept = [folder / each.shard.name for each in written]
    times = [path.stat().st_mtime_ns for path in kept]
    export(warehouse, folder, clips)
    assert contents(folder) == contents(once)
    assert [path.stat().st_mtime_ns for path in kept] == times


def test_finishing_names_a_shard_that_is_missing(warehouse, clips, tmp_path):
    folder = tmp_path / "parts"
    export_part(warehouse, folder, clips, "0/2")
    with pytest.raises(
        ExportError, match=r"missing or damaged: \d of 4 shards.*--shards"
    ):
        finish(warehouse, folder)
    assert not (folder / "manifest.json").exists()


def test_a_part_may_hold_no_shard(warehouse, clips, tmp_path):
    assert export_part(warehouse, tmp_path / "parts", clips, "1/100") == []


def test_a_part_cannot_start_over(warehouse, clips, tmp_path):
    with pytest.raises(ExportError, match="cannot start over"):
        export_part(warehouse, tmp_path / "out", clips, "0/2", replace=True)


def test_a_part_of_unusable_clips_stops(warehouse, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExportError, match="unusable clip"):
        export_part(warehouse, tmp_path / "out", tmp_path / "empty", "3/4")


def test_finishing_counts_unusable_clips_of_all_parts(warehouse, damaged, tmp_path):
    folder = tmp_path / "parts"
    export_part(warehouse, folder, damaged, "0-3/4", max_bad_share=1)
    with pytest.raises(ExportError, match="3 unusable clips"):
        finish(warehouse, folder, max_bad_share=0.05)
    assert len(finish(warehouse, folder, max_bad_share=0.1).left_out) == 3


@pytest.mark.parametrize("target", ["webdataset", "parquet"])
def test_other_targets_hold_the_same(once, warehouse, clips, tmp_path, target):
    folder = tmp_path / target
    told = export(warehouse, folder, clips, target=target)
    assert told.target == target
    assert verify.verify(folder) == []
    assert read_back(folder, target) == {
        track.track_id: records.deserialize(
            framing.read_at(once / track.shard, track.offset)
        ).audio.tobytes()
        for track in labels.read(once)
    }
    assert [
        (track.track_id, track.labels, track.frames) for track in labels.read(folder)
    ] == [(track.track_id, track.labels, track.frames) for track in labels.read(once)]
    export(warehouse, tmp_path / "again", clips, target=target, workers=2)
    assert contents(tmp_path / "again") == contents(folder)
    with pytest.raises(ExportError, match=f"its target is {target}, not tfrecord"):
        export(warehouse, folder, clips)


def read_back(folder, target):
    """Read an export with nothing of this project."""
    found = {}
    for path in (folder / "shards").iterdir():
        if target == "parquet":
            for row in pq.read_table(path).to_pylist():
                assert row["dtype"] == "int16"
                found[row["track_id"]] = row["audio"]
            continue
        with tarfile.open(path) as archive:
            names = archive.getnames()
            for npy, facts in zip(names[::2], names[1::2], strict=True):
                assert npy.removesuffix(".npy") == facts.removesuffix(".json")
                key = json.load(archive.extractfile(facts))["track_id"]
                array = np.load(io.BytesIO(archive.extractfile(npy).read()))
                found[key] = array.tobytes()
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="file names need not be UTF-8")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_clip_whose_name_is_not_utf8_is_found(
    make_warehouse, rows, clips, tmp_path, workers
):
    root = tmp_path / "named"
    shutil.copytree(clips, root)
    odd = root / os.fsdecode(b"caf\xe9.wav")
    (root / "0/0.wav").rename(odd)
    rows[0] = (*rows[0][:7], "caf\\xe9.wav", *rows[0][8:])
    warehouse = make_warehouse(rows)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.stg_audio__files (path text, path_bytes blob)"
        )
        connection.execute(
            "insert into staging.stg_audio__files values (?, ?)",
            ["caf\\xe9.wav", b"caf\xe9.wav"],
        )
    folder = tmp_path / "out"
    assert export(warehouse, folder, root, workers=workers).left_out == []
    assert verify.verify(folder) == []
    odd.unlink()
    told = export(warehouse, tmp_path / "gone", root, workers=workers)
    assert [each.path for each in told.left_out] == ["caf\\xe9.wav"]


def test_no_split_may_come_out_empty(make_warehouse, rows, damaged, tmp_path):
    rows[-4:] = [(*rows[1][:9], "test", ["rock"])]
    rows[1] = (*rows[1][:1], "TRX", *rows[1][2:7], "4/4.wav", *rows[1][8:])
    with pytest.raises(ExportError, match="no track in the split test"):
        export(make_warehouse(rows), tmp_path / "out", damaged, max_bad_share=1)


def test_a_full_disk_is_told(warehouse, clips, tmp_path, monkeypatch):
    def full(_task):
        raise OSError(28, "No space left on device", "train.part")

    monkeypatch.setattr(shards, "produce", full)
    with pytest.raises(ExportError, match=r"train\.part: .*No space left.*again"):
        export(warehouse, tmp_path / "out", clips)


def test_a_missing_audio_root_is_told(warehouse, tmp_path):
    with pytest.raises(ExportError, match=r"no such folder of clips.*--audio-root"):
        export(warehouse, tmp_path / "out", tmp_path / "nowhere")


def test_the_warehouse_is_free_while_clips_are_decoded(warehouse, clips, tmp_path):
    folder = tmp_path / "out"
    made = stage.prepare(warehouse, folder, Recipe("v2"), WAVEFORM)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table written (x int)")
        stage.run(made, folder, clips)


def test_a_dying_worker_is_told_with_its_shard(warehouse, clips, tmp_path):
    script = tmp_path / "dying.py"  # A file, because workers import it as well.
    script.write_text(KILLED)
    command = [sys.executable, script, warehouse, tmp_path / "out", clips, 3, 2]
    done = subprocess.run(
        list(map(str, command)), check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.search(
        r"ExportError: shards/\S+-of-\S+: a worker died of this shard", done.stderr
    )


@pytest.fixture
def scanned(warehouse, clips, tmp_path):
    """Return a warehouse that knows the bytes of the clips, and a copy of them."""
    shutil.copytree(clips, tmp_path / "clips")
    with duckdb.connect(str(warehouse)) as connection:
        paths = connection.execute("select track_id, path from marts.training_set_v2")
        for track_id, path in paths.fetchall():
            connection.execute(
                "insert into marts.tracks values ('msd', ?, ?)",
                [track_id, hashlib.sha256((clips / path).read_bytes()).hexdigest()],
            )
    return warehouse, tmp_path / "clips"


def test_a_clip_that_changed_since_the_scan_is_left_out_with_the_remedy(
    scanned, tmp_path
):
    warehouse, clips = scanned
    assert not export(warehouse, tmp_path / "same", clips).left_out
    (clips / "3/3.wav").write_bytes((clips / "4/4.wav").read_bytes())
    (left,) = export(warehouse, tmp_path / "other", clips).left_out
    assert (left.path, left.track_id) == ("3/3.wav", track_id(3))
    assert "not those that were scanned" in left.reason
    assert "python -m ingest audio" in left.reason


def test_a_clip_that_was_scanned_anew_is_exported_anew(scanned, tmp_path):
    warehouse, clips = scanned
    folder = tmp_path / "out"
    export(warehouse, folder, clips)
    before = contents(folder)
    content = (clips / "4/4.wav").read_bytes()
    (clips / "3/3.wav").write_bytes(content)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "update marts.tracks set content_sha256 = ? where track_id = ?",
            [hashlib.sha256(content).hexdigest(), track_id(3)],
        )
    assert not export(warehouse, folder, clips).left_out
    changed = [
        name for name, found in contents(folder).items() if found != before[name]
    ]
    assert {name.split("/")[0] for name in changed} == {"index", "plan", "shards"}
    assert len(changed) == 3
    assert verify.verify(folder) == []
