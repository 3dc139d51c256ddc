"""Name the public functions that no test runs, from the JSON report of coverage.

`make coverage` calls it. What is named in a test and never run counts as untested.
"""

import json
import sys
from pathlib import Path
from typing import Any

# Only the processes of a pool run these, which coverage does not follow; the tests of
# the scan and of the sample would fail without them.
_IN_POOLS = {
    ("audio/quiet.py", "mute_decoders"),
    ("ingest/listing.py", "measure_clip"),
    ("ingest/listing.py", "prepare_worker"),
    ("sample/plan.py", "Plan.piece"),
}


def untested(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return file and name of each public function of which no line was run.

    Functions inside functions are left out: TensorFlow runs some as a graph.
    """
    found = []
    for file, each in report["files"].items():
        classes = each["classes"]
        for name, function in each["functions"].items():
            outer, _, own = name.rpartition(".")
            is_public = own and not any(part[0] == "_" for part in name.split("."))
            if not is_public or (outer and outer not in classes):
                continue
            summary = function["summary"]
            if summary["num_statements"] and not summary["covered_lines"]:
                found.append((file, name))
    return sorted(set(found) - _IN_POOLS)


if __name__ == "__main__":
    gaps = untested(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    for path, function_name in gaps:
        print(f"{path}: no test runs {function_name}")
    sys.exit(bool(gaps))
