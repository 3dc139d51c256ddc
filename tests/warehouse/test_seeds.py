"""Lists that a person writes: dbt stops at rows that contradict, and names both."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.parquet import write_raw
from warehouse.database import open_to_read

# Seed, rows at its end, what dbt says.
CASES = {
    "a category that is kept and not": (
        "tags/tag_categories",
        ["genre,false,"],
        'tag_categories "genre" (false) contradicts tag_categories "genre" (true)',
    ),
    "a clean tag of two categories": (
        "tags/tag_vocabulary",
        ["rock,mood,"],
        'tag_vocabulary "rock" (genre) contradicts tag_vocabulary "rock" (mood)',
    ),
    "a category that there is not": (
        "tags/tag_vocabulary",
        ["zzz,nothing,"],
        'tag_vocabulary: "nothing" is no category of tag_categories',
    ),
    "a spelling of two tags": (
        "tags/tag_synonyms",
        ["dnb,techno,"],
        'tag_synonyms "dnb" (drum and bass) contradicts tag_synonyms "dnb" (techno)',
    ),
    "a synonym of no tag": (
        "tags/tag_synonyms",
        ["zzz,zzz zzz,"],
        'tag_synonyms: "zzz zzz" is no clean_tag of tag_vocabulary',
    ),
    "a pair twice": (
        "tags/tags_never_merged",
        ["zza,zzb,first", "zza,zzb,second"],
        'tags_never_merged "zza, zzb" stands in 2 rows',
    ),
    "a rejected tag twice": (
        "tags/tags_v1_rejected",
        ["zza,", "zza,"],
        'tags_v1_rejected "zza" stands in 2 rows',
    ),
    "a vocal tag of none of the four": (
        "tags/tags_v1_vocal",
        ["choir,zza,"],
        'tags_v1_vocal: vocal_tag is "choir"; expected: rap, instrumental, male',
    ),
    "a list of two namings": (
        "tags/tags_v1_added",
        ["1,rock,zza,target,", "1,rock,zzb,rank,"],
        'tags_v1_added, naming of list "1" belongs to "rank" and to "target"',
    ),
    "an exception for two reasons": (
        "track_exceptions",
        ["msd,TRA,silent,a jingle", "msd,TRA,silent,a mistake"],
        'track_exceptions "msd, TRA, silent" (a jingle) contradicts'
        ' track_exceptions "msd, TRA, silent" (a mistake)',
    ),
    "an exception from no rule": (
        "track_exceptions",
        ["msd,TRA,too_long,"],
        'track_exceptions: "too_long" is no rule of cleaning_rules',
    ),
    "an exception that cannot be made": (
        "track_exceptions",
        ["msd,TRB,no_audio_file,it is lost"],
        "track_exceptions: no exception can be made from no_audio_file (TRB)",
    ),
    "a place of two tags": (
        "vocabulary_presets",
        ["papers50,0,techno,"],
        'vocabulary_presets "papers50, 0" (rock) contradicts'
        ' vocabulary_presets "papers50, 0" (techno)',
    ),
}


@pytest.fixture(scope="module")
def output(
    copy_dbt_project: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Return what dbt says of seeds in which all of these rows stand."""
    project = copy_dbt_project(tmp_path_factory.mktemp("seeds"))
    for seed, rows, _ in CASES.values():
        with (project.seeds / f"{seed}.csv").open("a", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in rows)
    loaded = project.dbt("seed")
    assert loaded.returncode == 0, loaded.stdout
    # Of the tests, those that read nothing but seeds.
    words = (
        "test",
        "--select",
        "resource_type:seed",
        "--indirect-selection",
        "cautious",
    )
    done = project.dbt(*words)
    assert done.returncode == 1
    return str(done.stdout)


@pytest.mark.parametrize(
    "name", ["an exception from no rule", "an exception that cannot be made"]
)
def test_a_run_stops_at_an_exception_that_cannot_be_made(
    copy_dbt_project: Callable[[Path], Any], tmp_path: Path, name: str
) -> None:
    _, rows, told = CASES[name]
    project = copy_dbt_project(tmp_path)
    with (project.seeds / "track_exceptions.csv").open("a", encoding="utf-8") as file:
        file.write(f"{rows[0]}\n")
    done = project.dbt("run", "--select", "stg_msd__songs")
    assert done.returncode != 0
    assert told in " ".join(done.stdout.split())


_SPARK = pytest.param("spark", marks=[pytest.mark.java, pytest.mark.slow])


@pytest.mark.parametrize("target", ["lyre", _SPARK])
def test_a_run_stops_at_columns_in_another_order(
    copy_dbt_project: Callable[[Path], Any], tmp_path: Path, target: str
) -> None:
    """As the columns go by their place, spelling and tag would change theirs."""
    names = "clean_tag,spelling,comment"
    told = _refused(copy_dbt_project(tmp_path), target, f"{names}\nrock,rawk,\n")
    assert (
        "tag_synonyms.csv: the first line names clean_tag, spelling, comment;"
        " expected: spelling, clean_tag, comment"
    ) in told


@pytest.mark.java
@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", ""),
        ("spelling,clean_tag\nrawk,rock\n", "spelling, clean_tag"),
        (
            "spelling,clean_tag,comment,by\nrawk,rock,,me\n",
            "spelling, clean_tag, comment, by",
        ),
    ],
)
def test_a_run_on_spark_stops_at_another_number_of_columns(
    copy_dbt_project: Callable[[Path], Any], tmp_path: Path, content: str, named: str
) -> None:
    """DuckDB refuses such a file by itself."""
    told = _refused(copy_dbt_project(tmp_path), "spark", content)
    assert f"tag_synonyms.csv: the first line names {named}; expected: " in told


def _refused(project: Any, target: str, content: str) -> str:
    """Return what dbt says of a seed with this content."""
    (project.seeds / "tags" / "tag_synonyms.csv").write_text(content, encoding="utf-8")
    with open_to_read(project.warehouse) as connection:
        write_raw(connection, project.folder / "data" / "parquet")
    done = project.dbt("run", "--select", "stg_msd__songs", "--target", target)
    assert done.returncode != 0
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("name", CASES)
def test_both_rows_are_named(output: str, name: str) -> None:
    assert CASES[name][2] in output


def test_the_lists_as_they_are_pass(
    copy_dbt_project: Callable[[Path], Any], tmp_path: Path
) -> None:
    project = copy_dbt_project(tmp_path)
    words = ("build", "--select", "resource_type:seed", "--indirect-selection")
    done = project.dbt(*words, "cautious")
    assert done.returncode == 0, done.stdout
