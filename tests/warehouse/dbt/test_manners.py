"""The manners of the dbt project, read from its manifest.

They are the rules of dbt's project evaluator that the house keeps.
"""

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def seeds(manifest: dict[str, Any]) -> list[Any]:
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "seed"]


def test_staging_reads_one_source_and_nothing_else(models: dict[str, Any]) -> None:
    for node in models.values():
        if node["schema"] == "staging":
            parents = node["depends_on"]["nodes"]
            assert len(parents) == 1, node["name"]
            assert parents[0].startswith("source."), node["name"]


def test_only_staging_reads_sources_each_once(models: dict[str, Any]) -> None:
    readers = Counter(
        parent
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if parent.startswith("source.")
    )
    assert set(readers.values()) == {1}
    for node in models.values():
        if node["schema"] != "staging":
            assert not node["sources"], node["name"]


def test_staging_models_are_named_after_their_source(models: dict[str, Any]) -> None:
    for node in models.values():
        if node["schema"] == "staging":
            source = Path(node["original_file_path"]).parent.name
            assert node["name"].startswith(f"stg_{source}__")


# With or without the catalog, in quotes or not.
_SCHEMAS = "raw|staging|cleaning|marts|seeds"
_TABLE_BY_NAME = re.compile(
    rf"""(?:\b(?:from|join)|,)\s+["'`]?(?:lyre["'`]?\.["'`]?)?(?:{_SCHEMAS})["'`]?\.""",
    re.IGNORECASE,
)
# On the start of a run no table has been made yet, and the seeds of this one are read.
_BEFORE_MODELS = {"check_lists", "_check_exceptions", "_check_threshold"}


def test_no_table_is_named_without_ref_or_source(
    manifest: dict[str, Any], models: dict[str, Any]
) -> None:
    code = {key: node["raw_code"] for key, node in models.items()}
    macros = {
        key: macro["macro_sql"]
        for key, macro in manifest["macros"].items()
        if macro["package_name"] == "lyre" and macro["name"] not in _BEFORE_MODELS
    }
    assert macros
    for name, sql in (code | macros).items():
        assert not _TABLE_BY_NAME.search(_without_comments(sql)), name


def _without_comments(sql: str) -> str:
    return re.sub(r"\{#.*?#\}|--[^\n]*", "", sql, flags=re.DOTALL)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from marts.tracks",
        'left join "lyre"."raw"."msd_songs" as songs',
        "FROM lyre.staging.stg_msd__songs",
        "select 1 from one,\n seeds.cleaning_rules",
        "from `marts`.`tracks`",
    ],
)
def test_a_table_by_name_is_seen(sql: str) -> None:
    assert _TABLE_BY_NAME.search(sql)


def test_no_model_joins_more_than_seven(models: dict[str, Any]) -> None:
    for node in models.values():
        assert len(node["depends_on"]["nodes"]) <= 7, node["name"]


def test_every_judges_view_is_read_once(models: dict[str, Any]) -> None:
    """Its verdicts are then a table, which later models read."""
    readers = Counter(
        parent for node in models.values() for parent in node["depends_on"]["nodes"]
    )
    judges = {
        key: node
        for key, node in models.items()
        if node["name"].startswith("clean_")
        and node["config"]["materialized"] == "view"
    }
    assert judges
    assert {readers[key] for key in judges} == {1}


def test_no_chain_of_more_than_four_views(models: dict[str, Any]) -> None:
    def views(key: str) -> int:
        node = models.get(key)
        if node is None or node["config"]["materialized"] != "view":
            return 0
        return 1 + max(map(views, node["depends_on"]["nodes"]), default=0)

    for key, node in models.items():
        assert views(key) <= 4, node["name"]


def test_every_model_has_a_tested_primary_key(
    manifest: dict[str, Any], models: dict[str, Any]
) -> None:
    tests: dict[str, set[tuple[str, str | None]]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("attached_node"):
            test = (node["test_metadata"]["name"], node["column_name"])
            tests.setdefault(node["attached_node"], set()).add(test)
    keyless = {
        node["alias"]
        for key, node in models.items()
        if ("primary_key", None) not in tests.get(key, set())
        and not any(
            {("unique", column), ("not_null", column)} <= tests.get(key, set())
            for column in node["columns"]
        )
    }
    # Its source may hold a pair twice, and says nothing of why.
    assert keyless == {"stg_lastfm__track_tags"}


def test_everything_is_described(
    manifest: dict[str, Any], models: dict[str, Any], seeds: list[Any]
) -> None:
    for node in [*models.values(), *seeds, *manifest["sources"].values()]:
        assert node["description"], node["name"]
        for column in node["columns"].values():
            assert column["description"], (node["name"], column["name"])


def test_public_models_have_contracts(models: dict[str, Any]) -> None:
    for node in models.values():
        if node["schema"] in ("cleaning", "marts") and node["access"] == "public":
            assert node["contract"]["enforced"], node["name"]
        if node["schema"] == "marts":
            assert node["access"] == "public", node["name"]


def test_exposures_stand_on_tables(
    manifest: dict[str, Any], models: dict[str, Any]
) -> None:
    assert manifest["exposures"]
    for exposure in manifest["exposures"].values():
        for parent in exposure["depends_on"]["nodes"]:
            assert models[parent]["config"]["materialized"] == "table"


def test_exposures_name_every_mart_that_a_command_reads(
    manifest: dict[str, Any], models: dict[str, Any]
) -> None:
    """track_labels may be a view; hooks write builds, which is no model."""
    named = {
        models[parent]["name"]
        for exposure in manifest["exposures"].values()
        for parent in exposure["depends_on"]["nodes"]
    }
    files = [
        *(ROOT / "export").glob("*.py"),
        ROOT / "ingest" / "selection.py",
        ROOT / "warehouse" / "heatmap.py",
    ]
    read = {
        name
        for file in files
        for name in re.findall(
            r"\bmarts\.([a-z_]+?)(?:_v?\{|\b)", file.read_text(encoding="utf-8")
        )
    }
    assert len(read) > 7
    assert read - {"track_labels", "builds"} <= named


@pytest.mark.field_report("R47")
def test_seeds_give_every_column_a_type(seeds: list[Any]) -> None:
    for node in seeds:
        header = Path(node["root_path"], node["original_file_path"])
        columns = header.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert set(columns) == set(node["config"]["column_types"]), node["name"]


@pytest.fixture(scope="module")
def unit_tests(manifest: dict[str, Any]) -> dict[tuple[str, int], list[Any]]:
    """Return the unit tests of each judge and version."""
    found: dict[tuple[str, int], list[Any]] = {}
    for test in manifest["unit_tests"].values():
        if test["version"] is not None:
            found.setdefault((test["model"], test["version"]), []).append(test)
    return found


def test_every_rule_takes_a_track_in_a_unit_test(unit_tests: dict[Any, Any]) -> None:
    with (ROOT / "warehouse/seeds/cleaning_rules.csv").open(encoding="utf-8") as file:
        rules = list(csv.DictReader(file))
    assert rules
    for rule in rules:
        tests = unit_tests[rule["judged_by"], int(rule["version"])]
        taken = {row.get("rule") for test in tests for row in test["expect"]["rows"]}
        assert rule["rule"] in taken, rule


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "judge", ["audio", "duplicates", "labels", "matches", "silence", "tags"]
)
@pytest.mark.field_report("R52")
def test_judges_are_tested_on_nulls_and_on_nothing(
    unit_tests: dict[Any, Any], judge: str, version: int
) -> None:
    tests = unit_tests[f"clean_{judge}", version]
    assert any(
        value is None
        for test in tests
        for given in test["given"]
        for row in given["rows"] or []
        for value in row.values()
    )
    assert any(
        not test["expect"]["rows"]
        and not any(
            given["rows"]
            for given in test["given"]
            if given["input"] != "ref('cleaning_rules')"
        )
        for test in tests
    )


def _tests_of(manifest: dict[str, Any], name: str) -> dict[str, list[Any]]:
    """Return the arguments of each model's tests of a name."""
    found: dict[str, list[Any]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test" or not node.get("attached_node"):
            continue
        if node["test_metadata"]["name"] == name:
            kwargs = node["test_metadata"]["kwargs"]
            found.setdefault(node["attached_node"], []).append(kwargs)
    return found


# Tags of tracks that the MSD does not list, and what all else belongs to.
_OF_ITS_OWN = {
    "tracks",
    "track_tags",
    "track_labels",
    "label_changes",
    "training_labels",
}


def test_marts_about_tracks_belong_to_tracks(
    manifest: dict[str, Any], models: dict[str, Any]
) -> None:
    tests = _tests_of(manifest, "belongs_to")
    for key, node in models.items():
        about_tracks = {"source", "track_id"} <= set(node["columns"])
        if (
            node["schema"] == "marts"
            and about_tracks
            and node["name"] not in _OF_ITS_OWN
        ):
            assert "ref('tracks')" in {test["to"] for test in tests[key]}, key


def test_shares_lie_between_0_and_1_and_counts_are_no_less_than_0(
    manifest: dict[str, Any], models: dict[str, Any]
) -> None:
    tests = _tests_of(manifest, "within_range")
    checked = 0
    for key, node in models.items():
        ranges = {test["column_name"]: test for test in tests.get(key, [])}
        for column in node["columns"].values() if node["schema"] == "marts" else ():
            if re.match(r"share_|p_|jaccard", column["name"]):
                test = ranges[column["name"]]
                assert (test["minimum"], test["maximum"]) == (0, 1), key
                checked += 1
            elif column["name"].startswith("n_"):
                assert ranges[column["name"]]["minimum"] >= 0, (key, column["name"])
                checked += 1
    assert checked > 20


def test_the_first_page_of_the_docs_links_to_models_that_exist(
    manifest: dict[str, Any],
) -> None:
    page = manifest["docs"]["doc.lyre.__overview__"]["block_contents"]
    linked = re.findall(r"\]\(#!/model/([^)]+)\)", page)
    assert linked
    assert [one for one in linked if one not in manifest["nodes"]] == []
