"""A second mapping of tags, made as ``docs/rules/clean_tags.md`` says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules" / "clean_tags.md"

# Every tag means the first letter of itself.
CLEAN_TAGS = """
    select
        source,
        tag,
        left(tag, 1) as clean_tag,
        'letter' as category,
        true as is_kept,
        'first_letter' as rule,
        'its first letter' as evidence

    from {{ ref('stg_lastfm__tags') }}
"""


def _listed() -> list[str]:
    section = PAGE.read_text(encoding="utf-8").split("### A second mapping\n")[1]
    (paragraph,) = (
        part for part in section.split("\n\n") if part.startswith("`tag_verdicts`")
    )
    return re.findall(r"`(\w+)`", paragraph)


def _copy(models: Path, name: str, others: str) -> None:
    (file,) = models.rglob(f"{name}_v2.sql")
    sql = re.sub(rf"ref\('({others})', v=2\)", r"ref('\1', v=3)", file.read_text())
    sql = re.sub(r"\{\{ (\w+)\(2\b", r"{{ \1(3", sql)
    file.with_name(f"{name}_v3.sql").write_text(sql)


def _add_versions(models: Path, names: list[str]) -> None:
    for file in models.rglob("*.yml"):
        lines, model = [], ""
        for line in file.read_text(encoding="utf-8").splitlines():
            lines.append(line)
            if found := re.fullmatch(r"  - name: (\w+)", line):
                model = found[1]
            if line == "      - v: 2" and model in names:
                lines.append("      - v: 3")
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_second_mapping_is_built_beside_the_first(
    copy_dbt_project: Callable[[Path], Any], tmp_path: Path
) -> None:
    project = copy_dbt_project(tmp_path)
    models, names = tmp_path / "warehouse" / "models", ["clean_tags", *_listed()]
    (models / "cleaning" / "clean_tags_v3.sql").write_text(CLEAN_TAGS)
    for name in names[1:]:
        _copy(models, name, "|".join(names))
    _add_versions(models, names)
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(
            "insert into raw.lastfm_tids (tid_rowid, tid) values (1, 'TRA');"
            "insert into raw.lastfm_tags (tag_rowid, tag, tag_nfkc)"
            " values (1, 'rock', 'rock'), (2, 'rumba', 'rumba');"
            "insert into raw.lastfm_tid_tag (tid_rowid, tag_rowid, val)"
            " values (1, 1, 9), (1, 2, 7);"
        )
    done = project.dbt("run")
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        rows = "select tag, weight, n_pairs from marts.track_tags_v{} order by tag"
        assert connection.execute(rows.format(3)).fetchall() == [("r", 9, 2)]
        assert connection.execute(rows.format(2)).fetchall() == [
            ("rock", 9, 1),
            ("rumba", 7, 1),
        ]
        assert connection.execute("from marts.training_set_v3").fetchall() == []
