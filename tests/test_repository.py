"""Files for people and their programs: citation, hooks, issue forms, make targets."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

_ROOT = Path(__file__).resolve().parents[1]
_FORMS = sorted((_ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_citation_has_what_its_format_asks_for() -> None:
    """Citation File Format 1.2.0: the required keys, and an entity as the author."""
    citation = _read(_ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert {"title", "message", "authors"} <= citation.keys()
    assert citation["authors"] == [{"name": "The Lyre developers"}]
    assert all(isinstance(word, str) for word in citation["keywords"])


def test_all_files_say_the_same_version() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    versions = {
        project["project"]["version"],
        str(_read(_ROOT / "CITATION.cff")["version"]),
        _read(_ROOT / "dbt_project.yml")["version"],
    }
    assert len(versions) == 1
    assert versions.pop() in (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_hooks_run_programs_of_the_environment_alone() -> None:
    (repository,) = _read(_ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert (_ROOT / hook["entry"].split()[0]).exists(), hook["entry"]


@pytest.mark.parametrize("path", _FORMS, ids=[path.stem for path in _FORMS])
def test_an_issue_form_is_one(path: Path) -> None:
    """GitHub's form schema: name, description, and fields with ids and labels."""
    form = _read(path)
    assert {"name", "description", "body"} <= form.keys()
    ids = [field["id"] for field in form["body"]]
    assert len(ids) == len(set(ids))
    for field in form["body"]:
        assert field["type"] in {"textarea", "input", "dropdown", "checkboxes"}
        assert field["attributes"]["label"]
        assert field["type"] != "dropdown" or field["attributes"]["options"]


@pytest.mark.parametrize("page", ["README.md", "docs/contributing.md", "Makefile"])
def test_make_targets_that_are_named_exist(page: str) -> None:
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    text = (_ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[`\"])make ([a-z-]+)", text, re.MULTILINE))
    assert named
    assert named <= targets


def test_public_functions_that_no_test_runs_are_named(tmp_path: Path) -> None:
    def ran(covered: int, statements: int = 2) -> dict[str, Any]:
        return {"summary": {"covered_lines": covered, "num_statements": statements}}

    functions = {
        "": ran(5),
        "tested": ran(1),
        "forgotten": ran(0),
        "_private": ran(0),
        "Thing.method": ran(0),
        "Thing._own": ran(0),
        "tested.inner": ran(0),
        "only_a_docstring": ran(0, statements=0),
    }
    report = tmp_path / "report.json"
    files = {"a/b.py": {"functions": functions, "classes": {"": {}, "Thing": {}}}}
    report.write_text(json.dumps({"files": files}))
    done = subprocess.run(
        [sys.executable, _ROOT / "tests" / "untested.py", report],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "a/b.py: no test runs Thing.method",
        "a/b.py: no test runs forgotten",
    ]


def test_settings_of_a_shell_do_not_reach_the_tests() -> None:
    shell = os.environ | {"LYRE_NO_SUCH_KEY": "1", "LYRE_DATA_DIR": "elsewhere"}
    one = "tests/lyre/test_settings.py::test_without_a_file_the_defaults_hold"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", one],
        cwd=_ROOT,
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
