"""Small exports in the real format, whose tags can be learned in seconds."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset import framing, labels, manifest, records
from dataset.labels import LabelledTrack
from dataset.manifest import Features, LabelSet, Layout, Manifest, Shard, Tag
from train import config
from train.config import Config

# Per split: the audio and the tag positions of each track.
Clips = Mapping[str, Sequence[tuple[np.ndarray, list[int]]]]
MakeExport = Callable[..., Path]

TAGS = ["rock", "jazz", "pop"]
LABEL_SET = "training_set.v2"
_NO_CHECKSUM = "0" * 64


def logmel_features(n_mels: int = 16) -> Features:
    return Features(
        format="logmel",
        preset="urop2019",
        sample_rate=16000,
        n_fft=2048,
        hop=512,
        n_mels=n_mels,
        fmin=0.0,
        fmax=8000.0,
        scale="db",
        top_db=80.0,
        dtype="float16",
        shape=[None, n_mels],
    )


def waveform_features() -> Features:
    return Features(
        format="waveform",
        sample_rate=16000,
        scale="samples",
        dtype="int16",
        full_scale=32767.0,
        shape=[None],
    )


def band_clips(number: int, seed: int, noise: float = 5.0) -> list:
    """Return log-mel clips in which each tag lights up a band of its own."""
    rng = np.random.default_rng(seed)
    clips = []
    for index in range(number):
        tags = [tag for tag in range(3) if rng.random() < 0.5 or index % 3 == tag]
        audio = rng.normal(-60, noise, (60, 16))
        for tag in tags:
            audio[:, 5 * tag : 5 * tag + 4] += 25
        clips.append((audio.astype(np.float16), tags))
    return clips


def write_export(
    folder: Path,
    clips: Clips,
    features: Features,
    *,
    tags: Sequence[str] = TAGS,
    shards_per_split: int = 2,
) -> Path:
    (folder / "shards").mkdir(parents=True)
    (folder / labels.FOLDER).mkdir()
    shards, rows = [], []
    for split in manifest.SPLITS:
        tracks = list(enumerate(clips.get(split, [])))
        for number in range(shards_per_split):
            part = tracks[number::shards_per_split]
            shard, found = _write_shard(folder, split, number, shards_per_split, part)
            shards.append(shard)
            rows += found
    file = f"{labels.FOLDER}/{LABEL_SET}.jsonl"
    labels.write(folder / file, rows)
    label_set = LabelSet(
        name=LABEL_SET,
        recipe=LABEL_SET,
        file=file,
        sha256=hashlib.sha256((folder / file).read_bytes()).hexdigest(),
        table="marts.training_set_v2",
        training_set_checksum=_NO_CHECKSUM,
        vocabulary=[
            Tag(
                position=position,
                tag=tag,
                n_tracks=sum(position in row.labels for row in rows),
            )
            for position, tag in enumerate(tags)
        ],
        splits=labels.count(rows, len(tags)),
        funnel=[],
        without_audio=[],
    )
    described = Manifest(
        name=folder.name,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        revision=None,
        software={},
        features=features,
        layout=Layout(
            shard_bytes=1 << 20,
            seed=1,
            shards=dict.fromkeys(manifest.SPLITS, shards_per_split),
        ),
        shards=shards,
        left_out=[],
        label_sets=[label_set],
    )
    manifest.write(described, folder)
    return folder


def _write_shard(
    folder: Path, split: Any, number: int, of: int, part: Sequence
) -> tuple[Shard, list[LabelledTrack]]:
    name = f"shards/{split}-{number:05d}-of-{of:05d}.tfrecord"
    content, rows = b"", []
    for index, (audio, tags) in part:
        track_id = f"TR{split.upper()}{index:04d}"
        rows.append(
            LabelledTrack(
                source="msd",
                track_id=track_id,
                split=split,
                shard=name,
                offset=len(content),
                frames=len(audio),
                labels=tags,
                artist_key=f"{split} artist {index}",
                artist_name=None,
                title=None,
                year=None,
                decade=None,
            )
        )
        record = records.Record("msd", track_id, audio)
        content += framing.frame(records.serialize(record))
    (folder / name).write_bytes(content)
    shard = Shard(
        name=name,
        split=split,
        records=len(part),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return shard, rows


@pytest.fixture(scope="session")
def make_export() -> MakeExport:
    """Return ``make_export(folder, clips, features, tags=..., shards_per_split=2)``."""
    return write_export


@pytest.fixture(scope="session")
def make_band_clips() -> Callable[..., list]:
    """Return ``make_band_clips(number, seed, noise=5)``."""
    return band_clips


@pytest.fixture(scope="session")
def mel_features() -> Features:
    return logmel_features()


@pytest.fixture(scope="session")
def sample_features() -> Features:
    return waveform_features()


@pytest.fixture
def small_config() -> Callable[..., Config]:
    """Return ``small_config(*overrides)``: a model that trains in a second."""

    def make(*overrides: str) -> Config:
        small = (
            "model.name=pons-logmel",
            "schedule.name=constant",
            "model.filters=2",
            "model.backend_filters=16",
            "model.dense_units=16",
            "input.window_seconds=1",
            "training.epochs=2",
            "training.batch_size=12",
        )
        return config.load(None, [*small, *overrides])

    return make


@pytest.fixture(scope="session")
def band_export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an export of 40, 15 and 15 tracks whose tags are bands of the log-mel."""
    clips = {
        "train": band_clips(40, seed=1),
        "validation": band_clips(15, seed=2),
        "test": band_clips(15, seed=3),
    }
    folder = tmp_path_factory.mktemp("exports") / "bands"
    return write_export(folder, clips, logmel_features())


@pytest.fixture(scope="session")
def band_run(
    band_export: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, list[str]]:
    """Return a run of 8 epochs on the bands, and what it said."""
    from train.fit import fit

    lines: list[str] = []
    chosen = config.load(
        None,
        [
            *("model.name=pons-logmel", "schedule.name=constant"),
            *("model.filters=2", "model.backend_filters=16", "model.dense_units=32"),
            *("model.dropout=0.1", "input.window_seconds=1", "training.epochs=8"),
            *("input.windows_per_track=2", "training.batch_size=12"),
        ],
    )
    folder = tmp_path_factory.mktemp("runs")
    done = fit(band_export, chosen, all_runs=folder, name="bands", say=lines.append)
    return done, lines


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return headless Chromium, which plays without being clicked first."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    chromium, driver_file = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
    for needed in (chromium, driver_file):
        if not needed.is_file():
            pytest.skip(f"there is no {needed}")
    options = Options()
    options.binary_location = str(chromium)
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-background-networking",
        "autoplay-policy=no-user-gesture-required",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(driver_file)))
    yield driver
    driver.quit()


def pytest_configure(config: pytest.Config) -> None:
    """Pass over a warning inside Keras that no code of ours can answer."""
    config.addinivalue_line(
        "filterwarnings", "ignore:__array__ implementation:DeprecationWarning:keras"
    )
