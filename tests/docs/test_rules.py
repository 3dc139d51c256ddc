"""``docs/rules/``: what each judge asks, why, an example, how to overrule it."""

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "rules"
# Whose rules stand on a page of another name.
NAMED_OTHERWISE = {"track_verdicts": "splits"}


def rules() -> list[tuple[str, str]]:
    path = ROOT / "warehouse" / "seeds" / "cleaning_rules.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return sorted({(row["judged_by"], row["rule"]) for row in csv.DictReader(file)})


@pytest.mark.parametrize(("judge", "rule"), rules())
def test_every_rule_stands_on_its_judges_page(judge: str, rule: str) -> None:
    page = PAGES / f"{NAMED_OTHERWISE.get(judge, judge)}.md"
    assert f"`{rule}`" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", [path.name for path in PAGES.glob("*.md") if path.name != "README.md"]
)
def test_every_page_says_what_why_an_example_and_how_to_overrule(page: str) -> None:
    text = (PAGES / page).read_text(encoding="utf-8")
    assert re.match(r"# \w+: .+\n", text)
    for part in ("Why", "Example", "Overrule"):
        assert re.search(rf"^\*\*{part}\b", text, re.MULTILINE), part
    assert f"]({page})" in (PAGES / "README.md").read_text(encoding="utf-8")


def test_every_judge_of_tracks_and_tags_has_a_page() -> None:
    models = ROOT / "warehouse" / "models" / "cleaning"
    judges = {path.stem for path in models.glob("clean_*.yml")}
    assert judges
    assert judges <= {path.stem for path in PAGES.glob("*.md")}


def test_every_var_of_dbt_stands_on_a_page() -> None:
    project = (ROOT / "dbt_project.yml").read_text(encoding="utf-8")
    names = re.findall(r"^  (\w+):", project.split("\nvars:\n")[1], re.MULTILINE)
    assert "min_file_bytes" in names
    pages = [*PAGES.glob("*.md"), ROOT / "docs" / "queries.md", ROOT / "docs/scale.md"]
    told = " ".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in names if not re.search(rf"\b{name}\b", told)] == []
