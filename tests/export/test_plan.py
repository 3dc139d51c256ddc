from collections import Counter

import duckdb
import pytest

from dataset.manifest import Features
from export import plan
from export.errors import ExportError
from export.recipe import Extent, Recipe
from export.selection import select

FEATURES = Features(
    format="waveform", sample_rate=16_000, scale="samples", dtype="int16", shape=[None]
)


def planned(
    warehouse, folder, *, shard_bytes=10**9, seed=0, replace=False, shared=False
):
    with select(warehouse, Recipe("v2")) as selection:
        made = plan.make(
            selection.contents(),
            selection.extents(),
            FEATURES,
            shard_bytes=shard_bytes,
            seed=seed,
        )
        plan.claim(made, folder, replace=replace, shared=shared)
        plan.write(made, selection.rows(), folder, {})
    return made, {
        name: [track.track_id for track in plan.read(folder, name)]
        for _, name in made.shards()
    }


@pytest.fixture
def many(make_warehouse, rows):
    def make(n_train):
        train = [
            (*rows[0][:1], f"TR{number:016d}", *rows[0][2:])
            for number in range(100, 100 + n_train)
        ]
        return make_warehouse(train + rows[32:])

    return make


def test_every_row_is_in_one_shard_of_its_split(warehouse, rows, tmp_path):
    _, shards = planned(warehouse, tmp_path / "out")
    expected = {row[1]: row[9] for row in rows}
    found = {
        track: name.split("/")[1].split("-")[0]
        for name, tracks in shards.items()
        for track in tracks
    }
    assert found == expected
    assert sum(map(len, shards.values())) == len(rows)


@pytest.mark.parametrize(
    ("tracks", "seconds", "shard_bytes", "expected"),
    [
        (5, 50, 10**9, 1),
        (32, 960, 10**9, 2),  # two times sixteen tracks
        (300, 9_000, 10**9, 8),  # spread over no more than eight
        # 500,000 clips of 30 s, 960 kB each, in 64 MB: 7,500, so 8,192.
        (500_000, 15_000_000, 64_000_000, 8_192),
        (112, 3_360, 1_000, 128),  # no more than needed for a track each
        (1, 30, 1_000, 1),
    ],
)
def test_number_of_shards_is_a_power_of_two(tracks, seconds, shard_bytes, expected):
    extent = Extent(tracks, seconds)
    assert plan._n_shards(extent, FEATURES, shard_bytes) == expected


def test_a_new_track_changes_one_shard(many, tmp_path):
    _, before = planned(many(400), tmp_path / "before")
    _, after = planned(many(401), tmp_path / "after")
    assert len([name for name in before if name.startswith("shards/train")]) == 8
    assert sum(before[name] != after[name] for name in before) == 1


def test_more_shards_cut_each_in_two(many, tmp_path):
    warehouse = many(400)
    _, eight = planned(warehouse, tmp_path / "eight")
    # 400 s of 32 kB: sixteen shards of 800 kB.
    _, sixteen = planned(warehouse, tmp_path / "sixteen", shard_bytes=800_000)
    for number in range(8):
        halves = [
            sixteen[f"shards/train-{part:05d}-of-00016.tfrecord"]
            for part in (2 * number, 2 * number + 1)
        ]
        whole = eight[f"shards/train-{number:05d}-of-00008.tfrecord"]
        assert set(halves[0]) | set(halves[1]) == set(whole)


def test_the_seed_orders_and_moves_nothing(warehouse, tmp_path):
    _, first = planned(warehouse, tmp_path / "first")
    _, second = planned(warehouse, tmp_path / "second", seed=1)
    assert first != second
    assert {name: set(tracks) for name, tracks in first.items()} == {
        name: set(tracks) for name, tracks in second.items()
    }


@pytest.mark.field_report("R27")
def test_tags_come_mixed(make_warehouse, rows, tmp_path):
    """400 tracks, sorted by tag: both tags in every run of 32 of a shard."""
    train = [
        (*rows[0][:1], f"TR{number:016d}", *rows[0][2:10], [["rock"], ["jazz"]][half])
        for half in (0, 1)
        for number in range(1000 + half * 200, 1200 + half * 200)
    ]
    warehouse = make_warehouse([*train, *rows[32:]])
    out = tmp_path / "out"
    planned(warehouse, out)
    labels = [
        track.labels[0]
        for number in range(8)
        for track in plan.read(out, f"shards/train-{number:05d}-of-00008.tfrecord")
    ]
    for start in range(0, 400, 32):
        counted = Counter(labels[start : start + 32])
        assert min(counted[0], counted[1]) >= 6


def test_the_same_plan_may_go_on(warehouse, tmp_path):
    assert planned(warehouse, tmp_path / "out") == planned(warehouse, tmp_path / "out")


def test_another_plan_is_refused_and_says_what_differs(warehouse, tmp_path):
    planned(warehouse, tmp_path / "out")
    (tmp_path / "out/index").mkdir()
    (tmp_path / "out/index/test-00000-of-00001.json").write_text("{}")
    with pytest.raises(ExportError, match=r"its layout seed is 0, not 7; .*--replace"):
        planned(warehouse, tmp_path / "out", seed=7)


def test_a_plan_that_nothing_was_written_of_gives_way(warehouse, tmp_path):
    planned(warehouse, tmp_path / "out")
    made, _ = planned(warehouse, tmp_path / "out", seed=7)
    assert made.layout.seed == 7


def test_a_file_is_no_folder(warehouse, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(ExportError, match="this is a file"):
        planned(warehouse, tmp_path / "out")


def test_a_shared_folder_is_never_cleared(warehouse, tmp_path):
    planned(warehouse, tmp_path / "out")
    with pytest.raises(ExportError, match="its layout seed is 0, not 7"):
        planned(warehouse, tmp_path / "out", seed=7, shared=True)
    assert (tmp_path / "out/plan/plan.json").exists()


def test_a_folder_that_another_run_begins_is_joined(warehouse, tmp_path):
    (tmp_path / "out/plan").mkdir(parents=True)
    half = tmp_path / "out/plan/plan.json.1f.part"
    half.write_text("{")
    planned(warehouse, tmp_path / "out", shared=True)
    assert (tmp_path / "out/plan/plan.json").exists()
    assert half.read_text() == "{"


def test_replace_starts_over(warehouse, tmp_path):
    planned(warehouse, tmp_path / "out")
    (tmp_path / "out" / "manifest.json").write_text("{}")
    planned(warehouse, tmp_path / "out", seed=7, replace=True)
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_of_something_else_is_left_alone(warehouse, tmp_path, replace):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("precious")
    with pytest.raises(ExportError, match="no export of this version"):
        planned(warehouse, tmp_path / "out", replace=replace)
    assert (tmp_path / "out" / "thesis.txt").exists()


def test_a_label_outside_the_vocabulary_is_told(make_warehouse, rows, tmp_path):
    rows[3] = (*rows[3][:-1], ["rock", "polka"])
    warehouse = make_warehouse(rows)
    with pytest.raises(ExportError, match=r"TR0000000000000003: label 'polka'"):
        planned(warehouse, tmp_path / "out")


@pytest.mark.parametrize("line", [b"\xff\n", b"[]\n", b'{"no": 1}\n', b"[" * 100_000])
def test_a_damaged_plan_is_told(warehouse, tmp_path, line):
    out = tmp_path / "out"
    _, shards = planned(warehouse, out)
    name = next(iter(shards))
    plan.file_of(out, name).write_bytes(line)
    with pytest.raises(ExportError, match="the plan of a shard cannot be read"):
        plan.read(out, name)


def test_a_build_with_other_vars_and_the_same_rows_is_the_same_plan(
    warehouse, tmp_path
):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table marts.builds as select 'marts.training_set_v2' as model,"
            " now() as built_at, []::varchar[] as parents, '{\"weight\": 0}' as vars"
        )
    planned(warehouse, tmp_path / "export")
    written = tmp_path / "export" / "index" / "train-00000-of-00001.json"
    written.parent.mkdir()
    written.write_text("{}")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.builds set vars = '{\"weight\": 50}'")
    made, _ = planned(warehouse, tmp_path / "export")
    assert made.contents.dbt_vars == {"weight": 50}
