"""The same rows whoever measures the clips."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest import engines
from ingest.load import open_raw
from ingest.scan import ingest_audio
from lyre.cluster import Cluster
from lyre.settings import Audio
from tests.ingest.test_scan import measure_badly, wav

_SETTINGS = Audio(workers=1, batch_files=10)


class _InTurn(Cluster):
    """A cluster that is this process, and whose workers die of some clips."""

    cores = 2

    def __init__(self, *deadly: str) -> None:
        self.deadly = deadly
        self.shares: list[list[str]] = []

    def run(
        self,
        function: Callable[[Any], Any],
        tasks: Sequence[Any],
        give_up: Callable[[Any], Any] | None = None,
    ) -> Iterator[Any]:
        for share in tasks:
            names = [clip.file.name for clip in share.clips]
            self.shares.append(names)
            if give_up and set(names) & set(self.deadly):
                yield give_up(share)
            else:
                yield function(share)


def _rows(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    files = connection.execute(
        "select * exclude (scanned_at) from raw.audio_files order by path"
    ).fetchall()
    silences = connection.execute(
        "select * from raw.audio_silences order by all"
    ).fetchall()
    return [files, silences]


def _statuses(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    found = connection.execute("select path, status from raw.audio_files")
    return dict(found.fetchall())


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Return a folder of three clips, the second of which a test may let crash."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for number, name in enumerate(("a", "crash", "z")):
        (folder / f"{name}.wav").write_bytes(wav(number))
    return folder


def test_shares_on_a_cluster_give_the_rows_of_this_machine(
    three: Path, tmp_path: Path
) -> None:
    cluster = _InTurn()
    with open_raw(tmp_path / "here.duckdb") as connection:
        ingest_audio(connection, three, _SETTINGS)
        expected = _rows(connection)
    with open_raw(tmp_path / "there.duckdb") as connection:
        measure_all = engines.measure_on(cluster)
        ingest_audio(connection, three, _SETTINGS, measure_all=measure_all)
        assert _rows(connection) == expected
    # ceil(3 / 2) clips a task, so that both cores have work.
    assert cluster.shares == [["a.wav", "crash.wav"], ["z.wav"]]


def test_a_clip_that_every_try_dies_of_is_one_row(three: Path, tmp_path: Path) -> None:
    cluster = _InTurn("crash.wav")
    with open_raw(tmp_path / "lyre.duckdb") as connection:
        measure_all = engines.measure_on(cluster)
        found = ingest_audio(connection, three, _SETTINGS, measure_all=measure_all)
        assert _statuses(connection) == {
            "a.wav": "ok",
            "crash.wav": "crashed",
            "z.wav": "ok",
        }
    assert found.failures == [
        ("crash.wav", "crashed", "the worker died in every try of Spark")
    ]
    assert cluster.shares[2:] == [["a.wav"], ["crash.wav"]]


@pytest.fixture(scope="module")
def here(real: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Return the rows of the real clips, measured on this machine."""
    with open_raw(tmp_path_factory.mktemp("here") / "lyre.duckdb") as connection:
        ingest_audio(connection, real, _SETTINGS)
        return _rows(connection)


@pytest.mark.java
def test_spark_gives_the_same_rows(
    here: list[Any], real: Path, tmp_path: Path, cluster: Cluster
) -> None:
    with open_raw(tmp_path / "lyre.duckdb") as connection:
        measure_all = engines.measure_on(cluster)
        found = ingest_audio(connection, real, _SETTINGS, measure_all=measure_all)
        assert found.measured == len(here[0]) == 62
        assert _rows(connection) == here
        again = ingest_audio(connection, real, _SETTINGS, measure_all=measure_all)
        assert again.measured == 0


@pytest.mark.java
def test_a_worker_that_dies_doubles_no_row(
    here: list[Any],
    real: Path,
    tmp_path: Path,
    cluster: Cluster,
    dies_once: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dying = dies_once(engines._measure_share)
    monkeypatch.setattr(engines, "_measure_share", dying)
    with open_raw(tmp_path / "lyre.duckdb") as connection:
        measure_all = engines.measure_on(cluster)
        ingest_audio(connection, real, _SETTINGS, measure_all=measure_all)
        assert _rows(connection) == here
    assert (tmp_path / "a_worker_died").exists()


@pytest.mark.java
def test_a_clip_that_crashes_its_decoder_is_one_row(
    three: Path, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def share_badly(share: engines._Share) -> list[engines.Measured]:
        return list(measure_badly(share.clips, share.settings))

    monkeypatch.setattr(engines, "_measure_share", share_badly)
    with open_raw(tmp_path / "lyre.duckdb") as connection:
        measure_all = engines.measure_on(cluster)
        ingest_audio(connection, three, _SETTINGS, measure_all=measure_all)
        assert _statuses(connection) == {
            "a.wav": "ok",
            "crash.wav": "crashed",
            "z.wav": "ok",
        }


@pytest.mark.java
def test_a_clip_that_kills_the_workers_of_spark_is_one_row(
    three: Path, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadly(share: engines._Share) -> list[engines.Measured]:
        if any("crash" in clip.file.name for clip in share.clips):
            os.kill(os.getpid(), signal.SIGKILL)
        return list(engines.measure_here(share.clips, share.settings))

    monkeypatch.setattr(engines, "_measure_share", deadly)
    with open_raw(tmp_path / "lyre.duckdb") as connection:
        measure_all = engines.measure_on(cluster)
        ingest_audio(connection, three, _SETTINGS, measure_all=measure_all)
        assert _statuses(connection) == {
            "a.wav": "ok",
            "crash.wav": "crashed",
            "z.wav": "ok",
        }
