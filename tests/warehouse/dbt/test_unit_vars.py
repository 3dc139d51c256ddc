"""The examples of the rules hold whatever vars a user sets.

Otherwise `dbt build --vars`, which runs them before the models, would build no model.
"""

import json

import pytest
import yaml

from tests.warehouse.dbt.conftest import ROOT, Project

# Every var that a model may read, far from its default: to the one side, to the other.
_OTHER: dict[str, tuple[object, object]] = {
    "tag_target_min_count": (0, 10**6),
    "tag_pool_min_count": (0, 10**6),
    "tags_are_clean_v1": (True, True),
    "tag_min_weight_v1": (-99, 99),
    "tag_min_weight": (-99, 99),
    "dataset_tag_min_weight": (-99, 99),
    "dataset_tags_as_given": (False, False),
    "tag_never_names": ([], ["title"]),
    "same_name_similarity": (0, 1),
    "other_name_similarity": (None, 1),
    "min_file_bytes": (0, 10**9),
    "min_decoded_seconds": (0, 1000),
    "max_missing_seconds": (0, 1000),
    "max_clipped_share": (0, 1),
    "min_bandwidth_hz": (0, 10**6),
    "min_channel_correlation": (-1, 1),
    "silence_threshold_db": (30, 80),
    "silence_min_effective_seconds": (0, 1000),
    "silence_max_total_seconds": (0, 1000),
    "silence_max_longest_seconds": (0, 1000),
    "silence_floor_db": (-200, 0),
    "exclude_untagged_v1": (False, False),
    "exclude_duplicates_v1": (False, False),
    "duplicate_seed_v1": ("another", "7"),
    "drop_lone_duplicates_v1": (True, True),
    "duplicate_reasons": ([], ["sound"]),
    "duplicate_max_seconds_apart": (0, 1000),
    "fingerprint_max_bit_error_rate": (0, 1),
    "fingerprint_min_overlap_seconds": (0, 1000),
    "duplicates_share_tags": (True, True),
    "repair_labels_v1": ("add", "remove_special"),
    "repair_min_share_v1": (0, 1),
    "repair_labels": ("add", "remove_general"),
    "repair_min_share": (0, 1),
    "repair_min_tracks": (0, 10**6),
    "split_by": ("mine", ["cals", "jamendo"]),
    "split_seed": ("another", "7"),
    "split_shares": (
        {"train": 1, "validation": 98, "test": 1},
        {"train": 98, "validation": 1, "test": 1},
    ),
    "min_positives_per_split": (0, 10**6),
    "vocabulary_size": (0, 1000),
    "vocabulary_preset": ("papers50", "urop2019_50"),
    "vocabulary_with": (["zither"], ["rock", "jazz", "pop"]),
    "vocabulary_without": (["rock", "jazz", "pop"], ["zither"]),
    "vocabulary_without_categories": (["genre"], ["place", "opinion"]),
    "vocabulary_merge": ([["rock", "pop", "jazz"]], [["rock", "metal"]]),
    "implication_min_share": (0, 1),
    "equivalence_min_share": (0, 1),
    "union_min_share": (0, 1),
    "relation_min_tracks": (0, 10**6),
    "union_max_tags": (0, 10**6),
}


def test_every_var_has_other_values() -> None:
    settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    defaults = settings["vars"]
    assert set(_OTHER) == set(defaults) - {"raw_parquet"}
    assert [name for name in _OTHER if defaults[name] in _OTHER[name]] == []


@pytest.mark.slow
@pytest.mark.parametrize("side", [0, 1])
def test_unit_tests_hold_with_other_vars(project: Project, side: int) -> None:
    other = {name: values[side] for name, values in _OTHER.items()}
    done = project.dbt("test", "--select", "test_type:unit", dbt_vars=json.dumps(other))
    assert done.returncode == 0, done.stdout
    assert "Nothing to do" not in done.stdout
