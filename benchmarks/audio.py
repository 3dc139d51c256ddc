"""The audio scan side by side with bare decoding and with the ways before it.

    python -m benchmarks.audio --clips 200
    python -m benchmarks.audio --flat 20000

Clips of 30 s in MP3 are written by ``python -m sample``, and a second time as stereo at
44.1 kHz (both are kept under ``--folder``). Each way runs in a process of its own, on
one core and with one thread, over the same clips in the page cache, 20 clips by turns;
of the rounds the best counts. Times are those on the processor.

soundfile, miniaudio
    The bare decoding, by ``soundfile.read`` and, where it is installed, by miniaudio.
lyre
    ``audio.measure.measure``: header, decoding, silence, levels, hashes, as a worker
    of the scan calls it.
librosa
    Today's usual way: mutagen, ``librosa.load(sr=None)``, ``librosa.effects.split``.
2019
    The same with audioread as the decoder, as librosa had it then. It needs the
    ``ffmpeg`` program; without one it is left out.

Then the pool of ``ingest`` measures the clips with one worker and with two. ``--flat``
scans that many small files instead, and tells the resident memory as it goes.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.clips import mono_and_stereo
from benchmarks.process import ONE_THREAD, peak_bytes, processor_seconds

_PART = 20  # clips that each way gets at a time

Way = Callable[[str], object]


def _soundfile() -> Way:
    import soundfile

    return lambda clip: soundfile.read(clip, dtype="float32")


def _miniaudio() -> Way:
    import miniaudio

    def decode(clip: str) -> object:
        info = miniaudio.get_file_info(clip)
        return miniaudio.decode_file(
            clip, miniaudio.SampleFormat.FLOAT32, info.nchannels, info.sample_rate
        )

    return decode


def _lyre() -> Way:
    from audio.measure import measure
    from ingest.listing import prepare_worker

    prepare_worker()
    return measure


def _librosa() -> Way:
    import librosa
    import mutagen

    def measure(clip: str) -> object:
        seconds = mutagen.File(clip).info.length
        samples, _ = librosa.load(clip, sr=None)
        return seconds, librosa.effects.split(samples, top_db=60)

    return measure


def _in_2019() -> Way:
    import audioread
    import librosa
    import mutagen
    import numpy as np

    def measure(clip: str) -> object:
        seconds = mutagen.File(clip).info.length
        with audioread.audio_open(clip) as file:
            blocks = [librosa.util.buf_to_float(block) for block in file]
            samples = np.concatenate(blocks).reshape(-1, file.channels).T
        return seconds, librosa.effects.split(librosa.to_mono(samples), top_db=60)

    return measure


_WAYS: dict[str, Callable[[], Way]] = {
    "soundfile": _soundfile,
    "miniaudio": _miniaudio,
    "lyre": _lyre,
    "librosa": _librosa,
    "2019": _in_2019,
}
_PROBES = {"miniaudio": "import miniaudio", "2019": "import audioread, librosa"}


def _serve(way: str) -> None:
    """Run one way over the clips named on standard input, each time they are named."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    run = _WAYS[way]()
    for line in sys.stdin:
        clips = json.loads(line)
        run(clips[0])
        started = processor_seconds()
        for clip in clips:
            run(clip)
        seconds = processor_seconds() - started
        print(json.dumps({"seconds": seconds, "peak": peak_bytes()}), flush=True)


def _is_there(way: str) -> bool:
    if way == "2019" and not shutil.which("ffmpeg"):
        print("2019 is left out: audioread finds no program that decodes MP3 (ffmpeg)")
        return False
    probe = [sys.executable, "-c", _PROBES.get(way, "")]
    done = subprocess.run(probe, stderr=subprocess.DEVNULL, check=False)
    if done.returncode:
        print(f"{way} is left out: it is not installed")
    return not done.returncode


def _one_core(clips: Sequence[str], rounds: int) -> None:
    """Time the ways by turns, and print them."""
    parts = [clips[at : at + _PART] for at in range(0, len(clips), _PART)]
    times: dict[str, list[float]] = {}
    peaks: dict[str, float] = {}
    servers = {
        way: subprocess.Popen(
            [sys.executable, "-m", "benchmarks.audio", "--way", way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | ONE_THREAD,
            text=True,
        )
        for way in _WAYS
        if _is_there(way)
    }
    for part in [part for part in parts for _ in range(rounds)]:
        for way, server in servers.items():
            told = _ask(server, part)
            times.setdefault(way, []).append(told["seconds"])
            peaks[way] = told["peak"]
    for server in servers.values():
        server.communicate()
    best = {
        way: sum(
            min(seconds[at : at + rounds]) for at in range(0, len(seconds), rounds)
        )
        for way, seconds in times.items()
    }
    _print_table(best, peaks, len(clips))


def _print_table(best: dict[str, float], peaks: dict[str, float], clips: int) -> None:
    bare = min(best.get(way, best["soundfile"]) for way in ("soundfile", "miniaudio"))
    print("way        ms a clip  clips/s  x bare  x lyre MiB")
    for way, seconds in best.items():
        each = seconds / clips
        print(
            f"{way:<10} {1e3 * each:>9.2f} {1 / each:>8.1f} "
            f"{seconds / bare:>7.2f} {seconds / best['lyre']:>7.2f} "
            f"{peaks[way] / 2**20:.0f}"
        )


def _ask(server: subprocess.Popen[str], clips: Sequence[str]) -> dict[str, float]:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(list(clips)) + "\n")
    server.stdin.flush()
    told: dict[str, float] = json.loads(server.stdout.readline())
    return told


def _measure_and_weigh(clip: str) -> int:
    from audio.measure import measure

    measure(clip)
    return peak_bytes()


def _pool(clips: Sequence[str], rounds: int) -> None:
    """Print the speed of the pool with one worker and with two."""
    from ingest.listing import prepare_worker
    from ingest.pool import run_tasks

    # The first clips pay for the start of the workers and are not counted.
    uncounted, tasks = min(20, len(clips)), [*clips, *clips]
    speeds: dict[int, float] = {}
    peak = 0
    for workers in [1, 2] * rounds:
        outcomes = run_tasks(
            _measure_and_weigh,
            tasks,
            workers=workers,
            timeout_seconds=60,
            initializer=prepare_worker,
        )
        for number, outcome in enumerate(outcomes, 1):
            peak = max(peak, outcome.result or 0)
            if number == uncounted:
                started = time.perf_counter()
        seconds = time.perf_counter() - started
        speed = (len(tasks) - uncounted) / seconds
        speeds[workers] = max(speed, speeds.get(workers, 0.0))
    print(
        f"pool: 1 worker {speeds[1]:.1f} clips/s, 2 workers {speeds[2]:.1f} clips/s "
        f"({speeds[2] / speeds[1]:.2f} x), peak {peak / 2**20:.0f} MiB a worker"
    )


def _flat(files: int) -> None:
    """Scan many small files, and print the resident memory as it goes."""
    import duckdb
    import numpy as np
    import soundfile

    from ingest.scan import ingest_audio
    from ingest.tables import create_raw_tables
    from lyre.settings import Audio

    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "audio"
        for kind in range(8):
            folder = root / str(kind)
            folder.mkdir(parents=True)
            sound = np.random.default_rng(kind).uniform(-0.5, 0.5, 8000 * (1 + kind))
            soundfile.write(folder / "0.mp3", sound, 16000, format="MP3")
            for number in range(1, files // 8):
                (folder / f"{number}.mp3").hardlink_to(folder / "0.mp3")
        weighing = threading.Thread(target=_weigh, daemon=True)
        weighing.start()
        with duckdb.connect(str(Path(place) / "lyre.duckdb")) as connection:
            create_raw_tables(connection)
            summary = ingest_audio(connection, root, Audio())
    print(f"{summary.measured:,} files, {summary.seconds:.0f} s, {summary.by_status}")


def _weigh(seconds: float = 5.0) -> None:
    """Print the resident memory of this process and of its workers, again and again."""
    page, group = os.sysconf("SC_PAGE_SIZE"), os.getpgrp()
    while True:
        time.sleep(seconds)
        sizes = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                fields = (process / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if int(fields[2]) == group:
                sizes.append(int(fields[21]) * page / 2**20)
        told = " ".join(f"{size:.0f}" for size in sorted(sizes, reverse=True))
        print(f"resident MiB by process: {told}", flush=True)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks"))
    parser.add_argument(
        "--rounds", type=int, default=3, help="of which the best counts"
    )
    parser.add_argument("--flat", type=int, help="scan so many small files (Linux)")
    parser.add_argument("--way", choices=list(_WAYS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        _serve(arguments.way)
    elif arguments.flat:
        os.setpgrp()
        _flat(arguments.flat)
    else:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        for kind, clips in mono_and_stereo(arguments.clips, arguments.folder).items():
            print(f"\n{len(clips)} clips of 30 s, {kind}")
            _one_core(clips, arguments.rounds)
            _pool(clips, arguments.rounds)


if __name__ == "__main__":
    main()
