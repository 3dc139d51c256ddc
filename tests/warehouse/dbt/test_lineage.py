"""Where columns come from, followed through the project's own models."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from warehouse.errors import WarehouseError
from warehouse.heatmap import write_heatmap
from warehouse.lineage import trace


def origins(project: Any, sql: str) -> dict[str, tuple[str, ...]]:
    sources = trace(project.warehouse, sql, project.target)
    return {source.column: source.origins for source in sources}


def test_columns_lead_to_raw_tables(project: Any) -> None:
    sql = "select decade, t.decade || title as both, 1 as one from marts.tracks as t"
    year, title = "raw.msd_songs.year", "raw.msd_songs.title"
    other_title = "raw.dataset_tracks.title"
    assert origins(project, sql) == {
        "decade": (year,),
        "both": (other_title, title, year),
        "one": (),
    }


def test_stars_versions_and_joins_are_followed(project: Any) -> None:
    found = origins(project, "from marts.training_set")
    columns = project.rows("select column_name from (describe marts.training_set)")
    assert list(found) == [name for (name,) in columns]
    assert found["path"] == ("raw.audio_files.path",)
    assert found["year"] == ("raw.msd_songs.year",)
    assert "seeds.tag_vocabulary.clean_tag" in found["labels"]
    v1 = origins(project, "select tag from marts.track_tags_v1")
    assert "raw.lastfm_tags.tag" in v1["tag"]
    assert not any(name.startswith("marts.") for name in (*found["labels"], *v1["tag"]))


def test_raw_tables_lead_to_themselves(project: Any) -> None:
    assert origins(project, "select title from raw.msd_songs") == {
        "title": ("raw.msd_songs.title",)
    }


def test_without_dbt_the_remedy_is_told(project: Any, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="run dbt build"):
        trace(project.warehouse, "select 1 as one", tmp_path)
    with pytest.raises(WarehouseError, match="is refused"):
        trace(project.warehouse, "drop table marts.tracks", project.target)


def test_the_command_gives_a_row_an_origin(project: Any) -> None:
    words = ["query", "--lineage", "--format", "csv"]
    words += ["--warehouse", str(project.warehouse), "select decade from marts.tracks"]
    done = subprocess.run(
        [sys.executable, "-m", "warehouse", *words],
        env={"DBT_TARGET_PATH": str(project.target)},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "column,origin\ndecade,raw.msd_songs.year\n", done.stderr


def test_the_heat_map_is_one_file(project: Any, tmp_path: Path) -> None:
    out = tmp_path / "map.html"
    assert write_heatmap(project.warehouse, out) == ["rock", "jazz"]
    page = out.read_text(encoding="utf-8")
    # half of the two jazz tracks are rock
    assert "jazz and rock: 1 of 2 (50.0%)" in page
    assert page.count("<rect") == 4
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    with pytest.raises(WarehouseError, match="cannot be written"):
        write_heatmap(project.warehouse, tmp_path / "nowhere" / "map.html")
