"""Batch prediction of a folder side by side with the musicnn extractor's own way.

    python -m benchmarks.predict --clips 40

All ways run the published network musicnn-msd (``make pretrained``) over the same clips
of 30 s, each in a process of its own with all cores, by turns; of the rounds the best
counts. Starting TensorFlow is not counted.

lyre
    ``train.tagger.predict``: the model once, threads that decode, full batches.
lyre, bfloat16
    The same with ``--precision bfloat16``.
lyre, alone
    ``Tagger.predict``, clip by clip: its time a clip is the latency.
extractor
    As ``musicnn.extractor`` does it, clip by clip: the graph and its weights are
    loaded, ``librosa.load`` and ``librosa.feature.melspectrogram`` make the features,
    and the graph sees one patch of 3 s at a time. The package's code does not run on
    current NumPy and TensorFlow (its features overflow in float16, ``tf.layers`` is
    gone); here are the same steps with the product in float32, and the graph out of
    the ``.meta`` file with its weights as constants.
extractor, kept
    The same with the graph loaded once.

The scores of all ways are compared: windows of the extractor lie side by side, and its
last, incomplete one is dropped, so the means differ a little.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clips import mono_and_stereo
from benchmarks.process import peak_bytes, processor_seconds
from train.tagger.precision import Precision

_NAME = "musicnn-msd"
_FRAMES, _HOP, _FFT, _MELS, _RATE = 187, 256, 512, 96, 16_000

Way = Callable[[Sequence[str]], list[np.ndarray]]


def _lyre(precision: Precision = "float32") -> Way:
    from train.tagger import Tagger
    from train.tagger.predict import predict

    tagger = Tagger.load(_NAME, precision)

    def run(clips: Sequence[str]) -> list[np.ndarray]:
        return [found.tagging.scores for found in predict(tagger, map(Path, clips))]

    return run


def _lyre_bfloat16() -> Way:
    return _lyre("bfloat16")


def _lyre_alone() -> Way:
    from train.tagger import Tagger

    tagger = Tagger.load(_NAME)
    return lambda clips: [tagger.predict(clip).scores for clip in clips]


def _extractor() -> Way:
    return lambda clips: [_extract(_graph(), clip) for clip in clips]


def _extractor_kept() -> Way:
    graph = _graph()
    return lambda clips: [_extract(graph, clip) for clip in clips]


_WAYS = {
    "lyre": _lyre,
    "lyre, bfloat16": _lyre_bfloat16,
    "lyre, alone": _lyre_alone,
    "extractor": _extractor,
    "extractor, kept": _extractor_kept,
}


def _graph() -> Callable[[np.ndarray], np.ndarray]:
    """Load the published graph and return it as a function from patches to scores."""
    from train.engine import tf
    from train.pretrained import package

    folder = package.folder() / "MSD_musicnn"
    described = tf.compat.v1.MetaGraphDef()
    described.ParseFromString((folder / ".meta").read_bytes())
    part = tf.compat.v1.graph_util.extract_sub_graph(
        described.graph_def, ["model/Sigmoid"]
    )
    variables = tf.compat.v1.train.NewCheckpointReader(f"{folder}/")
    for node in part.node:
        if node.op == "VariableV2":
            values = tf.make_tensor_proto(variables.get_tensor(node.name))
            node.op = "Const"
            kind = node.attr["dtype"].type
            node.attr.clear()
            node.attr["dtype"].type = kind
            node.attr["value"].tensor.CopyFrom(values)
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(part, name="")
    held = [each for each in graph.get_operations() if each.type == "Placeholder"]
    (patches,) = (each.outputs[0] for each in held if each.outputs[0].dtype != tf.bool)
    (training,) = (each.outputs[0] for each in held if each.outputs[0].dtype == tf.bool)
    session: Any = tf.compat.v1.Session(graph=graph)
    return lambda batch: session.run(
        "model/Sigmoid:0", {patches: batch, training: False}
    )


def _extract(graph: Callable[[np.ndarray], np.ndarray], clip: str) -> np.ndarray:
    import librosa

    samples, rate = librosa.load(clip, sr=_RATE)
    mel = librosa.feature.melspectrogram(
        y=samples, sr=rate, hop_length=_HOP, n_fft=_FFT, n_mels=_MELS
    ).T
    mel = np.log10(10000 * mel.astype(np.float16).astype(np.float32) + 1)
    starts = range(0, len(mel) - _FRAMES + 1, _FRAMES)
    patches = np.stack([mel[start : start + _FRAMES] for start in starts])
    scores = [graph(patches[place : place + 1]) for place in range(len(patches))]
    return np.concatenate(scores).mean(axis=0)


def _serve(way: str) -> None:
    """Run one way over the clips named on standard input, each time they are named."""
    run = _WAYS[way]()
    for line in sys.stdin:
        clips = json.loads(line)
        run(clips[:2])
        wall, processor = time.monotonic(), processor_seconds()
        scores = run(clips)
        told = {
            "wall": time.monotonic() - wall,
            "processor": processor_seconds() - processor,
            "peak": peak_bytes(),
            "scores": np.stack(scores).tolist(),
        }
        print(json.dumps(told), flush=True)


def _compare(clips: Sequence[str], rounds: int) -> None:
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in _WAYS}
    for _ in range(rounds):
        for way, told in found.items():
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.predict", "--way", way],
                input=json.dumps(list(clips)) + "\n",
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                check=True,
            )
            told.append(json.loads(done.stdout))
    best = {
        way: min(told, key=lambda each: each["wall"]) for way, told in found.items()
    }
    base, scores = best["lyre"]["wall"], np.array(best["lyre"]["scores"])
    print("| way | ms a clip | processor ms | clips/s | x lyre | peak MiB | scores |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for way, each in best.items():
        off = np.abs(np.array(each["scores"]) - scores).max()
        print(
            f"| {way} | {1000 * each['wall'] / len(clips):.1f} "
            f"| {1000 * each['processor'] / len(clips):.1f} "
            f"| {len(clips) / each['wall']:.2f} | {each['wall'] / base:.2f} "
            f"| {each['peak'] >> 20} | ±{off:.3f} |"
        )


def main() -> None:
    """Parse the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks"))
    parser.add_argument("--way", choices=_WAYS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.way:
        _serve(chosen.way)
        return
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for kind, clips in mono_and_stereo(chosen.clips, chosen.folder).items():
        print(f"\n{len(clips)} clips, {kind}\n", flush=True)
        _compare(clips, chosen.rounds)


if __name__ == "__main__":
    main()
