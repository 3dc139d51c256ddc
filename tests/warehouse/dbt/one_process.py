"""Run a dbt command with many sets of vars, one after another, parsing once.

``python -m tests.warehouse.dbt.one_process WORD...`` reads a set a line from standard
input, and writes a line of JSON for each: whether dbt came to its end, and its errors.
"""

import json
import sys

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventLevel, EventMsg


def main() -> None:
    told: list[str] = []

    def note(event: EventMsg) -> None:
        if event.info.level == EventLevel.ERROR:
            told.append(event.info.msg)

    # dbt writes on standard output, too.
    stdout, sys.stdout = sys.stdout, sys.stderr
    runner = dbtRunner(dbtRunner().invoke(["parse"]).result, callbacks=[note])
    for line in sys.stdin:
        told.clear()
        done = runner.invoke([*sys.argv[1:], "--vars", line.strip()])
        print(json.dumps([done.success, "\n".join(told)]), file=stdout, flush=True)


if __name__ == "__main__":
    main()
