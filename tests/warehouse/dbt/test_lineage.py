"""Where columns come from, followed through the project's own models."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from warehouse.errors import WarehouseError
from warehouse.heatmap import write_heatmap
from warehouse.lineage import conditions, trace


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


def read_by(project: Any, sql: str) -> dict[str, tuple[str, ...]]:
    found = conditions(project.warehouse, sql, project.target)
    return {condition.use: condition.origins for condition in found}


def test_conditions_lead_to_raw_tables(project: Any) -> None:
    sql = """
        with pairs as (select tag_rowid as number, weight from
            staging.stg_lastfm__track_tags)
        select any_value(tags.tag) as tag
        from staging.stg_lastfm__tags as tags
        inner join pairs on tags.tag_rowid = pairs.number
        where pairs.weight > 50
            and exists (select 1 from raw.msd_songs as songs where songs.year = 1990)
        group by tags.source
        having max(tags.tag_nfkc) > 'a'
    """
    assert read_by(project, sql) == {
        "filter": (
            "raw.lastfm_tags.tag_nfkc",
            "raw.lastfm_tid_tag.val",
            "raw.msd_songs.year",
        ),
        "join": ("raw.lastfm_tags.tag_rowid", "raw.lastfm_tid_tag.tag_rowid"),
    }
    assert read_by(project, "select 1 as one from raw.msd_songs") == {
        "filter": (),
        "join": (),
    }


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("track_id in (select track_id from raw.msd_mismatches)", "track_id"),
        ("track_id not in (select track_id from listed)", "track_id"),
        ("track_7digitalid > (select max(line_number) from listed)", "line_number"),
        ("exists (select line_number from listed)", None),
    ],
)
def test_what_a_condition_compares_with_counts(
    project: Any, condition: str, read: str | None
) -> None:
    sql = f"""
        with listed as (select track_id, line_number from raw.msd_mismatches)
        select title from raw.msd_songs where {condition}
    """
    found = {name for name in read_by(project, sql)["filter"] if "mismatches" in name}
    assert found == ({f"raw.msd_mismatches.{read}"} if read else set())


def test_the_rows_of_a_recursion_are_no_table(project: Any) -> None:
    found = read_by(project, "from marts.duplicate_groups_v2")
    for name in (*found["filter"], *found["join"]):
        assert name.startswith(("raw.", "seeds."))


def test_conditions_of_models_count(project: Any) -> None:
    found = read_by(project, "select source from marts.track_tags_v2")
    assert {"raw.lastfm_tid_tag.val", "raw.dataset_tags.weight"} <= set(found["filter"])
    assert {"raw.lastfm_tids.tid_rowid", "raw.lastfm_tid_tag.tid_rowid"} <= set(
        found["join"]
    )
    # Which clip a track has says nothing of its tags, and nothing of silence is read.
    assert not any("silences" in name for name in (*found["filter"], *found["join"]))


def test_raw_tables_lead_to_themselves(project: Any) -> None:
    assert origins(project, "select title from raw.msd_songs") == {
        "title": ("raw.msd_songs.title",)
    }


def test_without_dbt_the_remedy_is_told(project: Any, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="run dbt build"):
        trace(project.warehouse, "select 1 as one", tmp_path)
    with pytest.raises(WarehouseError, match="is refused"):
        trace(project.warehouse, "drop table marts.tracks", project.target)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select track_id from nowhere", "Table with name nowhere does not exist"),
        ("select nope from marts.tracks", 'column "nope" not found'),
        ("from marts.tags_of('TR')", "marts.tags_of is a function"),
        ("select marts.share_given('rock', 'pop') as s", "marts.share_given is a"),
    ],
)
def test_what_cannot_be_followed_is_told(project: Any, sql: str, told: str) -> None:
    for follow in (trace, conditions):
        with pytest.raises(WarehouseError, match=told):
            follow(project.warehouse, sql, project.target)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("duckdb", "select title from staging.stg_msd__songs where year > 1990"),
        ("spark", "select `title` from staging.stg_msd__songs where `year` > 1990"),
    ],
)
def test_the_command_gives_a_row_an_origin(
    project: Any, dialect: str, sql: str
) -> None:
    words = ["query", "--lineage", "--format", "csv", "--dialect", dialect]
    words += ["--warehouse", str(project.warehouse), sql]
    done = subprocess.run(
        [sys.executable, "-m", "warehouse", *words],
        env={"DBT_TARGET_PATH": str(project.target)},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "column,use,origin",
        "title,value,raw.msd_songs.title",
        ",filter,raw.msd_songs.year",
    ], done.stderr


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
    with pytest.raises(WarehouseError, match=r"expected \.html or \.png"):
        write_heatmap(project.warehouse, tmp_path / "map.svg")


def test_the_heat_map_is_a_picture(project: Any, tmp_path: Path) -> None:
    out = tmp_path / "map.png"
    assert write_heatmap(project.warehouse, out) == ["rock", "jazz"]
    pixels = (imread(out)[..., :3] * 255).round().astype(int).reshape(-1, 3)
    colours = Counter(map(tuple, pixels.tolist()))
    # Two squares of a tag with itself; half of the jazz tracks are rock, which is the
    # middle of matplotlib's blues.
    grey, half = colours[204, 204, 204], colours[106, 173, 213]
    assert 5_000 < half < grey < 2.1 * half
