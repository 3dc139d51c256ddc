"""Public bug reports of other projects: each has a test here that carries its number.

The table is ../shared/field-reports.md, which is no part of the project. Tests name the
rows they answer by `@pytest.mark.field_report("R15")`; `pytest -m field_report` runs
them all.
"""

import ast
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

_ROOT = Path(__file__).resolve().parents[1]
_TABLE = _ROOT.parent / "shared" / "field-reports.md"
_MARK = "field_report"


def _marked() -> dict[str, list[str]]:
    """Return the names of the tests of each number."""
    found: dict[str, list[str]] = {}
    for file in sorted((_ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith(
                    f"mark.{_MARK}"
                ):
                    for number in map(ast.literal_eval, mark.args):
                        found.setdefault(number, []).append(node.name)
    return found


def test_every_report_has_a_test() -> None:
    if not _TABLE.is_file():
        pytest.skip(f"the table of reports is not at {_TABLE}")
    numbers = re.findall(r"^\| (R\d+) \|", _TABLE.read_text(encoding="utf-8"), re.M)
    assert len(numbers) == len(set(numbers)) > 0
    marked = _marked()
    assert [number for number in numbers if number not in marked] == []
    assert [number for number in marked if number not in numbers] == []


@pytest.mark.field_report("R46")
def test_without_a_network_sqlite_is_read(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    alone = [unshare or "", "-rn"]
    if unshare is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("a process without a network cannot be started here")
    database = tmp_path / "lastfm_tags.db"
    with sqlite3.connect(database) as connection:
        connection.execute("create table tids (tid text)")
        connection.execute("create table tags (tag text)")
        connection.execute("create table tid_tag (tid int, tag int, val float)")
        connection.execute("insert into tids values ('TRAAAAA000000000001')")
        connection.execute("insert into tags values ('rock')")
        connection.execute("insert into tid_tag values (1, 1, 100)")
    connection.close()
    warehouse = tmp_path / "lyre.duckdb"
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [
            *(*alone, sys.executable, "-m", "ingest", "lastfm", database),
            *("--warehouse", warehouse),
        ],
        # An empty home has no extension that was fetched before.
        env={"HOME": str(home), "PYTHONPATH": str(_ROOT), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select tag, val from raw.lastfm_tid_tag join "
            "raw.lastfm_tags using (tag_rowid)"
        ).fetchall()
    assert rows == [("rock", 100.0)]
