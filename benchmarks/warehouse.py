"""What the warehouse costs: ``python -m benchmarks.warehouse``.

For each number of songs, raw tables are made up (`benchmarks.synthetic_warehouse`).
Both recipes are run by ``dbt run`` in a process of its own, the same steps are taken
in plain pandas (`benchmarks.pandas_recipes`), in another; what both make must be equal
row by row. First comes only what the two training sets need (``--select
+training_set``), then everything. Prints seconds and peak memory. With --memory-limit,
dbt runs once more under a limit that makes DuckDB spill.
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from benchmarks.synthetic_warehouse import make
from lyre.console import command_line, run

ROOT = Path(__file__).resolve().parents[1]

app = command_line("Measure the warehouse.")

_NEEDED = ("--select", "+training_set")
_QUERIES = (
    "from marts.tags_of('TR0')",
    "select count(*) from marts.tracks_with_all_without(['rock'], ['pop'])",
    "select rule, count(*) from marts.excluded_tracks group by rule",
    "select * from marts.tags order by rank limit 50",
)


@app.command()
def warehouse(
    songs: Annotated[
        list[int] | None, typer.Option(help="Number of songs; may be repeated.")
    ] = None,
    memory_limit: Annotated[
        str | None, typer.Option(help="Run dbt again under this limit, such as 1GB.")
    ] = None,
    pandas: Annotated[bool, typer.Option(help="Compare with pandas.")] = True,
    json_lines: Annotated[
        bool, typer.Option("--json", help="One JSON object a line.")
    ] = False,
) -> None:
    """Time dbt run, and pandas on the same rows.

    Example: python -m benchmarks.warehouse --songs 10000 --songs 1000000
    """
    for number in songs or [10_000, 100_000, 1_000_000]:
        with tempfile.TemporaryDirectory(prefix="lyre-benchmark-") as folder:
            for measured in measure(Path(folder), number, memory_limit, pandas):
                print(json.dumps(measured) if json_lines else _line(measured))


def measure(
    folder: Path, songs: int, memory_limit: str | None, with_pandas: bool
) -> list[dict[str, Any]]:
    """Run the steps on made-up songs.

    Returns
    -------
    list of dict
        For each step: ``songs``, ``step``, ``seconds`` and, where a process did it,
        ``peak_mib``.
    """
    path = folder / "lyre.duckdb"
    _in_a_process_of_its_own(make, path, songs)
    results = [{"step": "dbt run, training sets"} | run_dbt(folder, songs, _NEEDED)]
    if with_pandas:
        step = {"step": "pandas, training sets"}
        results.append(step | run_pandas(path, "--training-set"))
    # a file as new as it was for the first run
    path.unlink()
    _in_a_process_of_its_own(make, path, songs)
    results.append({"step": "dbt run"} | run_dbt(folder, songs))
    results += [{"step": "query"} | time_query(path, sql) for sql in _QUERIES]
    if with_pandas:
        results.append({"step": "pandas"} | run_pandas(path))
    if memory_limit:
        limited = run_dbt(folder, songs, memory_limit=memory_limit)
        results.append({"step": f"dbt run, memory_limit {memory_limit}"} | limited)
    return [{"songs": songs} | result for result in results]


def run_dbt(
    folder: Path,
    songs: int,
    selection: Sequence[str] = (),
    *,
    memory_limit: str | None = None,
) -> dict[str, float]:
    """Run both recipes in a process of its own; v1's counts shrink with the songs.

    Parses afresh, as after any change of a file.

    Raises
    ------
    subprocess.CalledProcessError
        dbt failed.
    """
    environment = {
        "LYRE_DATA_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    if memory_limit:
        environment["LYRE_MEMORY_LIMIT"] = memory_limit
    dbt_vars = {
        "min_positives_per_split": 0,
        "tag_target_min_count": max(2, 2000 * songs // 1_000_000),
        "tag_pool_min_count": max(2, 10 * songs // 1_000_000),
    }
    words = ["dbt", "--quiet", "--no-partial-parse", "run", *selection]
    words += ["--vars", json.dumps(dbt_vars)]
    program = str(Path(sys.executable).with_name(words[0]))
    return _run([program, *words[1:]], environment)


def run_pandas(path: Path, *options: str) -> dict[str, float]:
    """Take the same steps in pandas; what comes of them must equal dbt's.

    Imports and reading the raw tables count, the comparison does not.
    """
    command = [sys.executable, "-m", "benchmarks.pandas_recipes", str(path)]
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        measured = _run([*command, folder, *options], {})
        _in_a_process_of_its_own(_compare, path, Path(folder))
    return measured


def _compare(path: Path, folder: Path) -> None:
    from benchmarks.pandas_recipes import compare

    compare(path, folder)


def time_query(path: Path, sql: str) -> dict[str, Any]:
    """Run one SELECT on the built warehouse."""
    with duckdb.connect(str(path), read_only=True) as connection:
        start = time.perf_counter()
        connection.execute(sql).fetchall()
        return {"seconds": round(time.perf_counter() - start, 3), "sql": sql}


def _in_a_process_of_its_own(function: Callable[..., None], *arguments: Any) -> None:
    """Keep this process small: on Linux its size counts in its children's peaks.

    Raises
    ------
    RuntimeError
        The function failed there.
    """
    process = multiprocessing.get_context("spawn").Process(
        target=function, args=arguments
    )
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{function.__name__} failed")


def _run(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Run a command; the peak is that of this child, which `wait4` tells."""
    start = time.perf_counter()
    # Nothing but figures goes to the standard output.
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=sys.stderr
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mib": round(_mib(usage)),
    }


def _mib(usage: resource.struct_rusage) -> float:
    """Return the peak resident size; Linux counts it in KiB, macOS in bytes."""
    return usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def _line(measured: dict[str, Any]) -> str:
    of_process = " " * 23
    if "peak_mib" in measured:
        of_process = (
            f"{measured['cpu_seconds']:>7.1f} s CPU {measured['peak_mib']:>5,} MiB"
        )
    what = measured.get("sql", measured["step"])
    return (
        f"{measured['songs']:>9,} songs {measured['seconds']:>8.2f} s"
        f" {of_process}  {what}"
    )


if __name__ == "__main__":
    run(app, "python -m benchmarks.warehouse")
