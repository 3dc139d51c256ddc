"""The plan of the house: who may import whom, and what is done alike everywhere."""

import ast
import re
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]

# Each room and the rooms it may import; `lyre` is what every room shares.
_MAY_IMPORT = {
    "lyre": set[str](),
    "audio": {"lyre"},
    "warehouse": {"lyre"},
    "dataset": {"lyre"},
    "ingest": {"lyre", "audio", "warehouse"},
    "export": {"lyre", "audio", "warehouse", "dataset"},
    "train": {"lyre", "audio", "dataset"},
    "sample": {"lyre"},
}

_NEVER = {
    "audio": {"duckdb", "tensorflow", "keras", "dbt"},
    "dataset": {"duckdb", "dbt", "soundfile"},
    "warehouse": {"tensorflow", "keras", "soundfile"},
    "train": {"duckdb", "dbt"},
    "export": {"tensorflow", "keras"},
    "ingest": {"tensorflow", "keras"},
}


def _imported(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute in this project"
            names.add((node.module or "").partition(".")[0])
    return names


def _modules(room: str) -> list[Path]:
    modules = sorted((_ROOT / room).rglob("*.py"))
    assert modules, f"the room {room} is empty"
    return modules


def test_every_room_is_in_the_plan() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {package.rstrip("*") for package in packages} == set(_MAY_IMPORT)


@pytest.mark.parametrize("room", _MAY_IMPORT)
def test_rooms_import_only_what_they_stand_on(room: str) -> None:
    allowed = _MAY_IMPORT[room] | {room}
    for module in _modules(room):
        others = _imported(module) & set(_MAY_IMPORT)
        assert others <= allowed, f"{module} imports {sorted(others - allowed)}"


@pytest.mark.parametrize("room", _NEVER)
def test_rooms_keep_clear_of_foreign_engines(room: str) -> None:
    for module in _modules(room):
        foreign = _imported(module) & _NEVER[room]
        assert not foreign, f"{module} imports {sorted(foreign)}"


def _name(module: Path) -> str:
    parts = module.relative_to(_ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def _modules_imported(file: Path, known: set[str]) -> set[str]:
    """Return the modules that a file names, late and for annotations alone, too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= inner if inner <= known else inner | {str(node.module)}
    return names & known


def test_no_modules_import_one_another_in_a_circle() -> None:
    files = {_name(file): file for room in _MAY_IMPORT for file in _modules(room)}
    graph = {
        name: _modules_imported(file, set(files)) - {name}
        for name, file in files.items()
    }
    assert any(graph.values())
    # It raises an error that names the circle.
    TopologicalSorter(graph).prepare()


def test_only_an_export_is_written_as_several_machines_write_it() -> None:
    # Nobody sweeps what `manifest.write_whole` left half anywhere else.
    files = [
        file
        for room in _MAY_IMPORT.keys() - {"export", "dataset"}
        for file in _modules(room)
        if "manifest.write_whole" in (text := file.read_text(encoding="utf-8"))
        or re.search(r"dataset\.manifest import .*write_whole", text)
    ]
    assert not files


def _float_options(file: Path) -> Iterator[ast.Call]:
    """Yield the options of a command line that take a number with a fraction."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Annotated":
            kind, *said = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            if "float" in ast.unparse(kind).split(" | "):
                yield from (each for each in said if isinstance(each, ast.Call))


def test_options_take_finite_numbers_alone() -> None:
    # Of the least and the greatest value of an option, both let "nan" pass.
    found = [
        (option, f"{file.relative_to(_ROOT)}:{option.lineno}")
        for room in _MAY_IMPORT
        for file in _modules(room)
        for option in _float_options(file)
        if ast.unparse(option.func) == "typer.Option"
    ]
    unlimited = [
        place
        for option, place in found
        if not any(
            each.arg == "callback" and ast.unparse(each.value).endswith("finite")
            for each in option.keywords
        )
    ]
    assert found
    assert unlimited == []


# What messages count most; a rate, such as clips/s, has no number.
_PLURALS = re.compile(
    " (?:[a-z]+ )?(?:artists|batches|bytes|clips|columns|epochs|faults|fields|files|"
    "ids|records|rows|samples|shards|songs|steps|tags|tracks|windows)\\b(?!/)"
)


def _is_count(value: ast.expr) -> bool:
    """Tell whether a value is written as a whole number, or is a length."""
    if not isinstance(value, ast.FormattedValue):
        return False
    is_length = ast.unparse(value.value).startswith("len(")
    has_commas = value.format_spec is not None and (
        ast.unparse(value.format_spec) in ("f','", "','")
    )
    return is_length or has_commas


def test_one_of_something_is_never_told_in_the_plural() -> None:
    found = [
        f"{file.relative_to(_ROOT)}:{number.lineno}: {text.value!r}"
        for room in _MAY_IMPORT
        for file in _modules(room)
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.JoinedStr)
        for number, text in pairwise(node.values)
        if _is_count(number)
        and isinstance(text, ast.Constant)
        and _PLURALS.match(str(text.value))
    ]
    assert found == [], "write them with lyre.counting.counted"
