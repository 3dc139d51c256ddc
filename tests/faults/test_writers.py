"""Commands that write a result: killed or on a full disk, it is whole or not there."""

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

_KILLS = 4
_ROWS = ("-m", "warehouse", "query", "from marts.tracks order by source, track_id")
_TRAIN = ("-m", "train")


@dataclass(frozen=True)
class Writer:
    """A command that writes below the folder ``out``, and may be given again."""

    name: str
    command: tuple[str, ...]


_WRITERS = [
    Writer("csv", ("-m", "export", "csv", "--replace", "--out", "out/set.csv")),
    Writer("sqlite", ("-m", "export", "sqlite", "--replace", "--out", "out/tags.db")),
    *(
        Writer(f"query-{kind}", (*_ROWS, "--format", kind, "--out", f"out/rows.{kind}"))
        for kind in ("csv", "json", "parquet")
    ),
    Writer("parquet", ("-m", "ingest", "parquet", "--out", "out")),
    Writer("heatmap", ("-m", "warehouse", "heatmap", "--out", "out/tags.html")),
    Writer("compare", (*_TRAIN, "compare", "run", "--out", "out/runs.png")),
    Writer("evaluate", (*_TRAIN, "evaluate", "run", "--out", "out")),
    Writer(
        "embeddings",
        (*_TRAIN, "predict", "run", "data/sources/audio/1", "--embeddings", "out/e.pq"),
    ),
    *(
        Writer(
            f"package-{form}",
            (*_TRAIN, "package", "run", "--to", form, "--replace", "--out", "out"),
        )
        for form in ("keras", "savedmodel", "tflite", "onnx")
    ),
    Writer(
        "sample",
        ("-m", "sample", "--tracks", "60", "--out", "out/sample", "--force"),
    ),
]


@pytest.fixture(params=_WRITERS, ids=lambda writer: writer.name)
def writer(request: pytest.FixtureRequest) -> Writer:
    found = request.param
    assert isinstance(found, Writer)
    return found


@pytest.fixture(scope="session")
def trained(
    chain: Any, stages: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Return an installation after all stages."""
    done = chain.after(stages["fit"]).copy(tmp_path_factory.mktemp("trained") / "all")
    (done.folder / "out").mkdir()
    return done


def _written(installation: Any) -> dict[str, bytes]:
    out = installation.folder / "out"
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


def _undisturbed(installation: Any, writer: Writer) -> dict[str, bytes | None]:
    """Run a command twice; what differs (a date, a duration) is None."""
    found = []
    for _ in range(2):
        installation.run(writer.command)
        found.append(_written(installation))
        shutil.rmtree(installation.folder / "out")
        (installation.folder / "out").mkdir()
    first, second = found
    assert first.keys() == second.keys()
    return {
        name: content if content == second[name] else None
        for name, content in first.items()
    }


def _check(found: dict[str, bytes], expected: dict[str, bytes | None]) -> None:
    """What has its name is what it should be; the rest is hidden, or unfinished."""
    for name, content in found.items():
        if not any(part.startswith(".") for part in Path(name).parts):
            assert content == expected[name] or (content and expected[name] is None)


def test_a_killed_command_leaves_no_half_file(
    writer: Writer, trained: Any, tmp_path: Path
) -> None:
    copy = trained.copy(tmp_path / "copy")
    expected = _undisturbed(copy, writer)
    assert expected
    seconds = copy.run(writer.command)
    instants = random.Random(writer.name)
    kills = 0
    while kills < _KILLS:
        kills += copy.kill(writer.command, instants.uniform(seconds / 3, seconds))
        _check(_written(copy), expected)
        copy.run(writer.command)
        _check(_written(copy), expected)
        assert _written(copy).keys() == expected.keys()


def test_a_full_disk_leaves_no_half_file(
    writer: Writer, trained: Any, disk: Any
) -> None:
    copy = trained.copy(disk.folder / "copy")
    expected = _undisturbed(copy, writer)
    disk.fill()
    process = copy.start(writer.command)
    said = "".join(process.communicate())
    assert process.returncode in (1, 2), said[-2000:]
    assert "Traceback" not in said, said[-4000:]
    assert "space" in said.lower() or "disk is full" in said, said[-2000:]
    _check(_written(copy), expected)
    disk.free()
    copy.run(writer.command)
    assert _written(copy).keys() == expected.keys()
