"""The export side by side with the bare steps and with the ways before it.

    python -m benchmarks.export --clips 300

Clips of 30 s in MP3 are written by ``python -m sample`` and kept under ``--folder``;
``--audio`` names a folder of other clips. Each way runs in a process of its own, on one
core and with one thread, over the same clips in the page cache; of the rounds the best
counts. Times are those on the processor, without imports and the first clip. All give
the log-mel of 2019 (16 kHz, 96 mels, 2048/512, dB).

bare
    ``soundfile.read``, mono and soxr, `audio.features.log_mel`: what cannot be saved.
lyre
    The export whole: plan, shards, index, labels, manifest.
librosa
    Today's usual way: ``librosa.load(sr=16000)``, librosa's mel, Examples with lists of
    floats, written by TensorFlow.
2019
    The same, decoded by audioread (through ``ffmpeg``) and resampled by resampy
    (kaiser_best). Both are put into ``--folder`` by pip; where that fails, this way is
    left out and the reason told.

Then: one worker and two, each over the clips several times; the peak of the resident
memory at 100 clips and at all; and new labels for an export of ``--tracks`` tracks.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.clips import whole_clips, whole_clips_of
from benchmarks.process import ONE_THREAD, peak_bytes, processor_seconds

Encode = Callable[[str], Any]

_RATE, _FFT, _HOP, _MELS, _TOP_DB = 16_000, 2048, 512, 96, 80.0
_FEW = 100


def _bare(clips: Sequence[str], _: Path) -> dict[str, float]:
    import soundfile
    import soxr

    from audio.features import PRESETS, log_mel
    from audio.mono import to_mono

    parts = {"decode": 0.0, "resample": 0.0, "mel": 0.0}
    for number, clip in enumerate([clips[0], *clips]):
        times = [processor_seconds()]
        samples, rate = soundfile.read(clip, dtype="float32", always_2d=True)
        times.append(processor_seconds())
        samples = soxr.resample(to_mono(samples), rate, _RATE)
        times.append(processor_seconds())
        log_mel(samples, PRESETS["urop2019"])
        times.append(processor_seconds())
        if number:
            for part, begin, end in zip(parts, times, times[1:], strict=False):
                parts[part] += end - begin
    return {"seconds": sum(parts.values()), **parts}


def _lyre(clips: Sequence[str], folder: Path) -> dict[str, float]:
    few, all_ = (folder / name for name in ("few.duckdb", "all.duckdb"))
    _write_warehouse(few, clips, 60)
    _write_warehouse(all_, clips, len(clips))
    _export(few, folder / "few", workers=1)  # What is imported late is so by now.
    started = processor_seconds()
    _export(all_, folder / "all", workers=1)
    return {"seconds": processor_seconds() - started}


def _export(warehouse: Path, folder: Path, workers: int) -> None:
    from export import stage
    from export.clips import features
    from export.production import Options
    from export.recipe import Recipe

    options = Options(workers=workers)
    recipe, wanted = Recipe("v2"), features("logmel")
    made = stage.prepare(warehouse, folder, recipe, wanted, options=options)
    described = stage.run(made, folder, Path("/"), options)
    assert not described.left_out


def _write_warehouse(file: Path, clips: Sequence[str], tracks: int) -> None:
    """Write the final table of so many tracks, which take the clips by turns."""
    import duckdb

    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.training_set_v2 as select 'msd' as source,"
            " printf('TR%016d', n) as track_id, 'a' || n // 5 as artist_key,"
            " 'An Artist' as artist_name, 'A Title' as title, 1990::int as year,"
            " '1990s' as decade, $clips[1 + n % len($clips)] as path,"
            " 30.0::double as decoded_seconds, case n % 10 when 0 then 'test'"
            " when 1 then 'validation' else 'train' end as split,"
            " ['tag' || n % 50, 'tag' || (n + 7) % 50] as labels"
            " from range($tracks) as numbers (n)",
            {"clips": list(clips), "tracks": tracks},
        )
        connection.execute(
            "create table marts.tracks as select source, track_id,"
            " null::varchar as content_sha256 from marts.training_set_v2"
        )
        connection.execute(
            "create table marts.training_vocabulary_v2 as select n as position,"
            " 'tag' || n as tag, 'genre' as category, 1 as n_tracks"
            " from range(50) as numbers (n)"
        )
        connection.execute(
            "create table marts.cleaning_funnel_v2 (rule_order int, rule text,"
            " n_excluded int, n_left int)"
        )


def _librosa(clips: Sequence[str], folder: Path) -> dict[str, float]:
    import librosa

    return _floats(lambda clip: librosa.load(clip, sr=_RATE)[0], clips, folder)


def _in_2019(clips: Sequence[str], folder: Path) -> dict[str, float]:
    import audioread.ffdec  # type: ignore[import-untyped]
    import librosa
    import numpy as np

    def load(clip: str) -> Any:
        # As librosa 0.7 did, whose other decoders no longer exist.
        with audioread.ffdec.FFmpegAudioFile(clip) as file:
            blocks = [librosa.util.buf_to_float(block) for block in file]
            rate, channels = file.samplerate, file.channels
        samples = librosa.to_mono(np.concatenate(blocks).reshape(-1, channels).T)
        return librosa.resample(
            samples, orig_sr=rate, target_sr=_RATE, res_type="kaiser_best"
        )

    return _floats(load, clips, folder)


def _floats(load: Encode, clips: Sequence[str], folder: Path) -> dict[str, float]:
    """Write Examples with lists of floats."""
    import librosa
    import tensorflow as tf

    def example(clip: str) -> bytes:
        power = librosa.feature.melspectrogram(
            y=load(clip), sr=_RATE, n_fft=_FFT, hop_length=_HOP, n_mels=_MELS
        )
        mel = librosa.power_to_db(power, top_db=_TOP_DB)
        floats = tf.train.FloatList(value=mel.flatten())
        name = tf.train.BytesList(value=[clip.encode()])
        feature = {
            "audio": tf.train.Feature(float_list=floats),
            "tid": tf.train.Feature(bytes_list=name),
        }
        features = tf.train.Features(feature=feature)
        serialized: bytes = tf.train.Example(features=features).SerializeToString()
        return serialized

    with tf.io.TFRecordWriter(str(folder / "shard.tfrecord")) as writer:
        writer.write(example(clips[0]))
        started = processor_seconds()
        for clip in clips:
            writer.write(example(clip))
    return {"seconds": processor_seconds() - started}


_WAYS = {"bare": _bare, "lyre": _lyre, "librosa": _librosa, "2019": _in_2019}


def _measure(way: str, clips: Sequence[str], cores: int = 1) -> dict[str, float]:
    """Run a way over clips in a process of its own; return its times and its peak."""
    command = [sys.executable, "-m", "benchmarks.export", "--way", way]
    ended = subprocess.run(
        [*command, "--cores", str(cores)],
        input=json.dumps(list(clips)),
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | ONE_THREAD,
    )
    told: dict[str, float] = json.loads(ended.stdout)
    return told


def _serve(way: str, cores: int) -> None:
    """Run the way that `_measure` asks for."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    clips = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as place:
        if way == "workers":
            warehouse = Path(place) / "lyre.duckdb"
            _write_warehouse(warehouse, clips, len(clips))
            started = time.perf_counter()
            _export(warehouse, Path(place) / "out", workers=cores)
            told = {"seconds": time.perf_counter() - started}
        else:
            told = _WAYS[way](clips, Path(place))
    print(json.dumps({**told, "peak": peak_bytes()}))


def _old_packages(folder: Path) -> bool:
    """Get what the way of 2019 needs, apart from the environment; say so if not."""
    place = folder.resolve() / "packages-2019"
    if not place.is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        wanted = ["--target", str(place), "resampy==0.4.3", "imageio-ffmpeg==0.6.0"]
        done = subprocess.run([*command, *wanted], check=False, capture_output=True)
        if done.returncode:
            print("2019 is left out: pip cannot install resampy and an ffmpeg program")
            return False
    programs = place / "bin"
    programs.mkdir(exist_ok=True)
    (ffmpeg,) = (place / "imageio_ffmpeg/binaries").glob("ffmpeg*")
    ffmpeg.chmod(0o755)
    if not (programs / "ffmpeg").exists():
        (programs / "ffmpeg").symlink_to(ffmpeg)
    os.environ["PYTHONPATH"] = str(place)
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return True


def _one_core(clips: Sequence[str], rounds: int, ways: Sequence[str]) -> None:
    """Time the ways by turns, and print them."""
    best: dict[str, dict[str, float]] = {}
    for way in list(ways) * rounds:
        told = _measure(way, clips)
        if way not in best or told["seconds"] < best[way]["seconds"]:
            best[way] = told
    print(f"{len(clips):,} clips, one core\nway       ms a clip  clips/s  x lyre   MiB")
    ours = best["lyre"]["seconds"]
    for way, told in best.items():
        each = told["seconds"] / len(clips)
        print(
            f"{way:<8} {1e3 * each:>10.2f} {1 / each:>8.1f} "
            f"{told['seconds'] / ours:>7.2f} {told['peak'] / 2**20:>5.0f}"
        )
    bare = best["bare"]
    parts = ", ".join(
        f"{part} {1e3 * bare[part] / len(clips):.2f} ms"
        for part in ("decode", "resample", "mel")
    )
    print(f"bare: {parts}; lyre takes {ours / bare['seconds']:.2f} x as long")


def _workers(clips: Sequence[str], repeat: int, rounds: int) -> None:
    """Print the speed of one worker and of two, their start included."""
    tracks = [clip for clip in clips for _ in range(repeat)]
    seconds: dict[int, float] = {}
    for cores in [1, 2] * rounds:
        told = _measure("workers", tracks, cores)
        seconds[cores] = min(told["seconds"], seconds.get(cores, told["seconds"]))
    print(
        f"{len(tracks):,} tracks: 1 worker {len(tracks) / seconds[1]:.1f} clips/s, "
        f"2 workers {len(tracks) / seconds[2]:.1f} clips/s "
        f"({seconds[1] / seconds[2]:.2f} x, starting them included)"
    )


def _memory(clips: Sequence[str]) -> None:
    few, all_ = (_measure("lyre", part)["peak"] for part in (clips[:_FEW], clips))
    print(
        f"peak: {few / 2**20:.0f} MiB at {len(clips[:_FEW]):,} clips, "
        f"{all_ / 2**20:.0f} MiB at {len(clips):,}"
    )


def _relabel(tracks: int) -> None:
    """Time new labels for an export of so many tracks, of which only the index is."""
    from dataset import manifest
    from export import plan, stage
    from export.clips import features
    from export.recipe import Recipe
    from export.relabel import relabel

    with tempfile.TemporaryDirectory() as place:
        folder, warehouse = Path(place) / "out", Path(place) / "lyre.duckdb"
        _write_warehouse(warehouse, ["a.mp3"], tracks)
        made = stage.prepare(warehouse, folder, Recipe("v2"), features("logmel"))
        manifest.write(_pretended(made, folder), folder)
        started = time.perf_counter()
        label_set = relabel(folder, warehouse, Recipe("v2"), name="again")
        seconds = time.perf_counter() - started
        labelled = sum(counts.tracks for counts in label_set.splits.values())
        assert labelled == tracks == sum(made.tracks.values())
        assert plan.read(folder, made.shards()[0][1])
    mebibytes = peak_bytes() / 2**20
    print(f"relabel of {labelled:,} tracks: {seconds:.1f} s, {mebibytes:.0f} MiB")


def _pretended(made: Any, folder: Path) -> Any:
    """Index every shard of a plan as if it were written; return the manifest."""
    from datetime import UTC, datetime

    from dataset import index, labels
    from dataset.index import Place, ShardIndex
    from dataset.manifest import Manifest, Shard
    from export import labelling, plan

    for part in (index.FOLDER, labels.FOLDER):
        (folder / part).mkdir()
    shards = []
    for split, name in made.shards():
        places = [
            Place(
                source=track.source,
                track_id=track.track_id,
                offset=number * 180_000,
                frames=938,
            )
            for number, track in enumerate(plan.read(folder, name))
        ]
        shard = Shard(
            name=name, split=split, records=len(places), bytes=1, sha256="0" * 64
        )
        entry = ShardIndex(shard=shard, plan="0" * 64, places=places, left_out=[])
        index.write(folder, entry)
        shards.append(shard)
    tracks = labelling.planned(folder, shards)
    own = labelling.write(folder, "training_set.v2", made.contents, tracks, [])
    return Manifest(
        name="pretended",
        created_at=datetime.now(UTC),
        revision=None,
        software={},
        features=made.features,
        layout=made.layout,
        shards=shards,
        left_out=[],
        label_sets=[own],
    )


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--audio", type=Path, help="take the clips of this folder")
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks"))
    parser.add_argument("--rounds", type=int, default=3, help="the best one counts")
    parser.add_argument("--repeat", type=int, default=4, help="clips for the workers")
    parser.add_argument("--tracks", type=int, default=500_000, help="to relabel")
    parser.add_argument("--way", choices=[*_WAYS, "workers"], help=argparse.SUPPRESS)
    parser.add_argument("--cores", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        _serve(arguments.way, arguments.cores)
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.audio:
        clips = whole_clips_of(arguments.audio, arguments.clips)
    else:
        clips = whole_clips(arguments.clips, arguments.folder)
    ways = [way for way in _WAYS if way != "2019" or _old_packages(arguments.folder)]
    for clip in clips:
        Path(clip).read_bytes()
    _one_core(clips, arguments.rounds, ways)
    _workers(clips, arguments.repeat, arguments.rounds)
    _memory(clips)
    _relabel(arguments.tracks)


if __name__ == "__main__":
    main()
