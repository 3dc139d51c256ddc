import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.tables import create_raw_tables
from warehouse.database import explain, open_to_read, open_to_write
from warehouse.errors import WarehouseError

_HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "lyre.duckdb"
    with open_to_write(path) as connection:
        connection.execute("create table t as select 42 as n")
    return path


@pytest.fixture(params=["write", "read"])
def holder(warehouse: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    command = [sys.executable, "-c", _HOLD, str(warehouse), request.param]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process.pid
        process.communicate()


def test_what_was_written_is_read(warehouse: Path) -> None:
    with open_to_read(warehouse) as connection:
        assert connection.execute("select n from t").fetchall() == [(42,)]


def test_reader_may_not_write(warehouse: Path) -> None:
    with (
        open_to_read(warehouse) as connection,
        pytest.raises(duckdb.Error, match="read-only"),
    ):
        connection.execute("create table u (i int)")


def test_folder_is_made_for_the_writer(tmp_path: Path) -> None:
    with open_to_write(tmp_path / "a" / "b" / "lyre.duckdb"):
        pass
    assert (tmp_path / "a" / "b" / "lyre.duckdb").is_file()


@pytest.mark.parametrize("how", ["open_to_read", "open_to_write"])
def test_no_bar_is_drawn_into_a_log(warehouse: Path, how: str) -> None:
    """Code that stands in no file looks interactive to DuckDB, which would draw one."""
    code = f"""
import sys, pathlib, duckdb
from warehouse.database import {how}
shown = "select current_setting('enable_progress_bar')"
with {how}(pathlib.Path(sys.argv[1])) as connection:
    print(duckdb.connect().execute(shown).fetchall(), end=" ")
    print(connection.execute(shown).fetchall())
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(warehouse)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[(True,)] [(False,)]\n"


@pytest.mark.parametrize("opened", [open_to_read, open_to_write])
@pytest.mark.parametrize("name", ["raw.duckdb", "Marts.v1.duckdb", ".seeds.duckdb"])
def test_name_of_a_schema_is_refused(
    tmp_path: Path, opened: Callable[[Path], Any], name: str
) -> None:
    """DuckDB could not tell the schema of `raw.msd_songs` from the file's own name."""
    path = tmp_path / name
    with pytest.raises(WarehouseError, match="as its own schema is") as caught:
        opened(path).__enter__()
    assert str(path) in str(caught.value)
    assert not path.exists()


@pytest.mark.parametrize("name", ["raw2.duckdb", "my.raw.duckdb", "main.duckdb"])
def test_other_names_hold_the_raw_tables(tmp_path: Path, name: str) -> None:
    with open_to_write(tmp_path / name) as connection:
        create_raw_tables(connection)
        assert connection.execute("from raw.msd_songs").fetchall() == []


def test_missing_file_names_the_command(tmp_path: Path) -> None:
    path = tmp_path / "none.duckdb"
    with pytest.raises(WarehouseError) as caught, open_to_read(path):
        pass
    assert str(path) in str(caught.value)
    assert "python -m ingest all" in str(caught.value)
    assert not path.exists()


@pytest.mark.field_report("R43")
def test_lock_error_names_file_and_holder(warehouse: Path, holder: int) -> None:
    """A second process gets one plain line."""
    with pytest.raises(WarehouseError) as caught, open_to_write(warehouse):
        pass
    message = str(caught.value)
    assert message.startswith(str(warehouse))
    assert f"process {holder}" in message
    assert "close it there" in message
    assert "\n" not in message


@pytest.mark.usefixtures("holder")
@pytest.mark.parametrize("holder", ["read"], indirect=True)
def test_readers_share(warehouse: Path) -> None:
    with open_to_read(warehouse) as connection:
        assert connection.execute("select n from t").fetchall() == [(42,)]


@pytest.mark.parametrize("holder", ["write"], indirect=True)
def test_writer_keeps_readers_out(warehouse: Path, holder: int) -> None:
    with pytest.raises(WarehouseError, match=f"process {holder}"):
        open_to_read(warehouse).__enter__()


@pytest.mark.parametrize("opened", [open_to_read, open_to_write])
@pytest.mark.parametrize("content", [b"", b"not a database " * 500])
def test_other_files_are_refused(tmp_path: Path, opened, content: bytes) -> None:
    path = tmp_path / "lyre.duckdb"
    path.write_bytes(content)
    with pytest.raises(WarehouseError, match="not a DuckDB file"), opened(path):
        pass
    assert path.read_bytes() == content


def test_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="this is a folder"):
        open_to_read(tmp_path).__enter__()


def test_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(WarehouseError, match="cannot be made"):
        open_to_write(tmp_path / "data" / "lyre.duckdb").__enter__()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WarehouseError, match="may not be written"):
        open_to_write(tmp_path / "lyre.duckdb").__enter__()


def test_second_mode_in_one_process(warehouse: Path) -> None:
    with (
        open_to_write(warehouse),
        pytest.raises(WarehouseError, match="in the other mode"),
    ):
        open_to_read(warehouse).__enter__()


def test_unknown_error_keeps_its_first_line() -> None:
    error = explain(duckdb.IOException("IO Error: disk is full\nmore"), Path("x"))
    assert str(error) == "x: DuckDB cannot open the warehouse: IO Error: disk is full"
