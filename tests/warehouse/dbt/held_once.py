"""Run a dbt command on a warehouse that another process holds just then.

``python -m tests.warehouse.dbt.held_once WORD...``: the other process takes the file
after `warehouse.dbt_plugin` has looked at it, and lets it go when dbt waits to try
again.
"""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from dbt.adapters.duckdb import environments
from dbt.cli.main import dbtRunner

from warehouse import dbt_plugin

_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(); input()"


def main() -> None:
    look = dbt_plugin._check_contents
    holders: list[subprocess.Popen[str]] = []

    def look_then_lose(path: Path) -> None:
        look(path)
        if not holders:
            holders.append(_hold(path))

    def let_go(_: float) -> None:
        holders[0].communicate("\n")

    dbt_plugin._check_contents = look_then_lose
    environments.time = SimpleNamespace(sleep=let_go)
    done = dbtRunner().invoke(sys.argv[1:])
    waited = bool(holders) and holders[0].poll() is not None
    for holder in holders:
        holder.kill()
    print("waited" if waited else "never waited")
    sys.exit(not done.success)


def _hold(path: Path) -> "subprocess.Popen[str]":
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    holder.stdout.readline()
    return holder


if __name__ == "__main__":
    main()
