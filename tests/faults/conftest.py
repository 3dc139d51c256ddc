"""A small installation before and after every stage, to kill stages in copies of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

_ROOT = Path(__file__).resolve().parents[2]
_SONGS = "60"
_DISK = "500m"
_VARS = "{vocabulary_size: 8, min_positives_per_split: 0}"
# What tells of a run, and not of what it found.
_TIMES = {"modified_at", "scanned_at", "started_at", "seconds", "loaded_at"}
_RUNS = {"ingest_runs", "ingest_files", "builds"}
_SPEEDS = {"seconds", "clips_per_second"}
# Named by time and process: each part of a training has its own.
_EVENTS = "events.out.tfevents."


@dataclass(frozen=True)
class Stage:
    """A command that may be killed.

    Parameters
    ----------
    name : str
        Of the stage.
    command : tuple of str
        The arguments of Python.
    resume : tuple of str
        The command that goes on where something was kept; empty: the same.
    kept : str
        The file that says that something was kept.
    """

    name: str
    command: tuple[str, ...]
    resume: tuple[str, ...] = ()
    kept: str = ""


_DBT = ("-m", "dbt.cli.main", "--quiet", "run", "--vars", _VARS)
_FIT = (
    *("-m", "train", "fit", "--name", "run"),
    *("--set", "training.epochs=3", "--set", "training.batch_size=8"),
    *("--set", "model.name=pons-logmel"),
    *("--set", "model.filters=1", "--set", "model.backend_filters=8"),
    *("--set", "model.dense_units=8", "--set", "input.window_seconds=2"),
)
# In the order of the chain; each is killed where all before it are done.
STAGES = [
    Stage("msd", ("-m", "ingest", "msd")),
    Stage("lastfm", ("-m", "ingest", "lastfm")),
    Stage("lists", ("-m", "ingest", "lists")),
    Stage("dataset", ("-m", "ingest", "dataset", "plain", "own.csv", "--name", "own")),
    Stage("audio", ("-m", "ingest", "audio", "--workers", "2")),
    Stage("dbt", _DBT),
    Stage("tfrecord", ("-m", "export", "tfrecord", "--out", "export")),
    Stage(
        "relabel", ("-m", "export", "relabel", "--recipe", "training_set.v1", "export")
    ),
    Stage(
        "fit",
        (*_FIT, "export"),
        ("-m", "train", "fit", "--resume", "run"),
        "data/runs/run/run.json",
    ),
]


@dataclass(frozen=True)
class Installation:
    """A folder in which the stages run.

    Parameters
    ----------
    folder : Path
        Its working folder; the data lie in ``data/``.
    dbt : Path
        Where dbt keeps its logs, away from what a test may fill or write-protect.
    """

    folder: Path
    dbt: Path

    def start(self, command: tuple[str, ...]) -> "subprocess.Popen[str]":
        """Start a command of Python in a session of its own."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=self.folder,
            env=os.environ
            | {
                "LYRE_DATA_DIR": str(self.folder / "data"),
                "PYTHONPATH": str(_ROOT),
                "DBT_PROJECT_DIR": str(_ROOT),
                "DBT_PROFILES_DIR": str(_ROOT),
                "DBT_TARGET_PATH": str(self.dbt / "target"),
                "DBT_LOG_PATH": str(self.dbt / "logs"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, command: tuple[str, ...]) -> float:
        """Run a command to its end; return the seconds it took."""
        started = time.monotonic()
        process = self.start(command)
        printed, complaint = process.communicate()
        # 1: done, and said what had to be left out.
        assert process.returncode in (0, 1), (
            f"{command}\n{printed[-2000:]}{complaint[-4000:]}"
        )
        return time.monotonic() - started

    def kill(self, command: tuple[str, ...], seconds: float) -> bool:
        """Kill a command and its workers after some time; tell whether it still ran."""
        process = self.start(command)
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return True
        return False

    def finish(self, stage: Stage) -> None:
        """Run a stage that was killed again, as a user would."""
        goes_on = stage.resume and (self.folder / stage.kept).is_file()
        self.run(stage.resume if goes_on else stage.command)

    def copy(self, folder: Path) -> "Installation":
        """Copy everything but the sources, which no stage changes."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Installation(folder, self.dbt)

    def files(self) -> set[str]:
        """Return the paths of all files that a stage may leave."""
        return {
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file()
            and path.suffix != ".wal"
            and not path.name.startswith(_EVENTS)
        }

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the warehouse."""
        file = self.folder / "data" / "lyre.duckdb"
        with duckdb.connect(str(file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def tables(self) -> dict[str, str]:
        """Return a checksum of the rows of each table and view."""
        file = self.folder / "data" / "lyre.duckdb"
        if not file.is_file():
            return {}
        # Not read-only: what a killed writer left beside the file is taken in.
        with duckdb.connect(str(file)) as connection:
            names = connection.execute(
                "select table_schema, table_name from information_schema.tables "
                "order by all"
            ).fetchall()
            return {
                f"{schema}.{name}": self._checksum(connection, schema, name)
                for schema, name in names
                if name not in _RUNS
            }

    def export(self) -> dict[str, object]:
        """Return what an export's manifest and its files hold, times left out."""
        manifest = self.folder / "export" / "manifest.json"
        if not manifest.is_file():
            return {}
        described = json.loads(manifest.read_text())
        labels = sorted((self.folder / "export").rglob("*.jsonl"))
        return {
            "shards": described["shards"],
            "label_sets": [
                {key: value for key, value in each.items() if key != "created_at"}
                for each in described["label_sets"]
            ],
            "labels": [path.read_text() for path in labels],
        }

    def weights(self) -> bytes:
        """Return the weights of the last model of the run."""
        file = self.folder / "data" / "runs" / "run" / "last.keras"
        if not file.is_file():
            return b""
        from keras import saving

        return b"".join(
            each.tobytes() for each in saving.load_model(file).get_weights()
        )

    def history(self) -> list[dict[str, object]]:
        """Return the epochs of the run, without how fast they were."""
        file = self.folder / "data" / "runs" / "run" / "history.json"
        if not file.is_file():
            return []
        return [
            {key: value for key, value in epoch.items() if key not in _SPEEDS}
            for epoch in json.loads(file.read_text())
        ]

    def state(self) -> dict[str, object]:
        """Return all that has to be equal however often a stage was killed."""
        return {
            "tables": self.tables(),
            "export": self.export(),
            "weights": self.weights(),
            "history": self.history(),
            "files": self.files(),
        }

    def _checksum(
        self, connection: duckdb.DuckDBPyConnection, schema: str, name: str
    ) -> str:
        columns = [
            f'"{row[0]}"'
            for row in connection.execute(
                "select column_name from information_schema.columns "
                "where table_schema = ? and table_name = ?",
                [schema, name],
            ).fetchall()
            if row[0] not in _TIMES and row[0] != "run_id"
        ]
        # Raw tables hold the paths of their sources: copies lie in other folders.
        row = connection.execute(
            "select count(*) || coalesce(md5(string_agg(line, '' order by line)), '')"
            f" from (select md5(replace(({', '.join(columns)}, 0)::varchar, ?, ''))"
            f' as line from "{schema}"."{name}")',
            [str(self.folder)],
        ).fetchone()
        assert row is not None
        return str(row[0])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes a stage for each of them."""
    if "stage" in metafunc.fixturenames:
        metafunc.parametrize("stage", STAGES, ids=lambda stage: stage.name)


@pytest.fixture(scope="session")
def stages() -> dict[str, Stage]:
    """Return the stages by name."""
    return {stage.name: stage for stage in STAGES}


class Chain:
    """The installation before and after each stage, none of them disturbed.

    Parameters
    ----------
    first : Installation
        Before the first stage.
    """

    def __init__(self, first: Installation) -> None:
        self._made = [first]
        self._seconds: list[float] = []
        self._states: dict[str, dict[str, object]] = {}

    def before(self, stage: Stage) -> Installation:
        """Return the installation just before a stage, to be copied."""
        return self._at(STAGES.index(stage))

    def after(self, stage: Stage) -> Installation:
        """Return the installation just after a stage, to be copied."""
        return self._at(STAGES.index(stage) + 1)

    def seconds(self, stage: Stage) -> float:
        """Return how long the stage took."""
        self.after(stage)
        return self._seconds[STAGES.index(stage)]

    def expected(self, stage: Stage) -> dict[str, object]:
        """Return what has to be there after a stage, whatever happened to it."""
        if stage.name not in self._states:
            self._states[stage.name] = self.after(stage).state()
            assert self._states[stage.name] != self.before(stage).state(), (
                "the stage does nothing"
            )
        return self._states[stage.name]

    def _at(self, place: int) -> Installation:
        while len(self._made) <= place:
            last = self._made[-1]
            following = last.copy(last.folder.with_name(str(len(self._made))))
            stage = STAGES[len(self._made) - 1]
            self._seconds.append(following.run(stage.command))
            self._made.append(following)
        return self._made[place]


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Return the installation before and after every stage."""
    sources = tmp_path_factory.mktemp("sources") / "sample"
    subprocess.run(
        [sys.executable, "-m", "sample", "--tracks", _SONGS, "--out", str(sources)],
        cwd=_ROOT,
        check=True,
        capture_output=True,
    )
    first = tmp_path_factory.mktemp("stages") / "0"
    (first / "data").mkdir(parents=True)
    (first / "data" / "sources").symlink_to(sources)
    (first / "own.csv").write_text("path,tags\na.mp3,rock|80s\nb.mp3,jazz\n")
    return Chain(Installation(first, tmp_path_factory.mktemp("dbt")))


@dataclass(frozen=True)
class Disk:
    """A file system of its own.

    Parameters
    ----------
    folder : Path
        Where it is mounted.
    """

    folder: Path

    def fill(self, left: int = 0) -> None:
        """Leave room for so many bytes."""
        self._set(f"size={shutil.disk_usage(self.folder).used + left}")

    def protect(self) -> None:
        """Let nobody write."""
        self._set("ro")

    def free(self) -> None:
        """Give room and let everybody write."""
        self._set(f"rw,size={_DISK}")

    def _set(self, options: str) -> None:
        options = f"remount,{options}"
        subprocess.run(["mount", "-o", options, str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Return an empty file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
