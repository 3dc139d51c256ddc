"""The same rows whoever measures the clips."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest import engines
from ingest.load import open_raw
from ingest.scan import ingest_audio
from lyre.cluster import Cluster
from lyre.settings import Audio

pytestmark = pytest.mark.java

_SETTINGS = Audio(workers=1, batch_files=10)


def _rows(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    files = connection.execute(
        "select * exclude (scanned_at) from raw.audio_files order by path"
    ).fetchall()
    silences = connection.execute(
        "select * from raw.audio_silences order by all"
    ).fetchall()
    return [files, silences]


@pytest.fixture(scope="module")
def here(real: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Return the rows of the real clips, measured on this machine."""
    with open_raw(tmp_path_factory.mktemp("here") / "lyre.duckdb") as connection:
        ingest_audio(connection, real, _SETTINGS)
        return _rows(connection)


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
