"""Both recipes in plain pandas, as one would write them without SQL.

``python -m benchmarks.pandas_recipes WAREHOUSE`` reads the raw tables of a warehouse on
which dbt has run, takes the steps from raw to both training sets in pandas, with the
splits, the popularity of raw and clean tags, and how tags relate, and compares every
row with dbt's. Not done again: what each distinct raw tag means
(`cleaning.tag_verdicts`), the evidence of verdicts, the funnel, reports and unions of
tags. With ``--training-set`` after it, how tags relate is left out: no training set
needs it. Thresholds are the defaults of dbt_project.yml.
"""

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.pandas_marts import (
    clean_popularity,
    cooccurrence,
    equivalents,
    implications,
    raw_popularity,
    splits,
)

_TABLES = (
    "msd_songs", "lastfm_tids", "lastfm_tags", "lastfm_tid_tag", "msd_mismatches",
    "msd_duplicates", "audio_files", "audio_silences",
)  # fmt: skip
_VOCABULARY_SIZE = 50

# dbt's own names where they are others, and only what has a row in pandas.
_SOURCES = {
    "tag_pool": "cleaning.tag_pool_v1",
    "tags_v1": "(select * from marts.tags_v1 where n_tracks > 0)",
    "tags_v2": "(select * from marts.tags_v2 where n_tracks > 0)",
}

Tables = dict[str, pd.DataFrame]
Marts = dict[str, pd.DataFrame]


def read_tables(path: Path) -> Tables:
    """Read the raw tables and what the raw tags mean."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = {name: connection.execute(f"from raw.{name}").df() for name in _TABLES}
        for version in (1, 2):
            tables[f"verdicts_{version}"] = connection.execute(
                f"select tag, clean_tag from cleaning.tag_verdicts_v{version} "
                "where is_kept"
            ).df()
    tables["songs"] = tables["msd_songs"].drop_duplicates("track_id")
    tables["audio_files"]["number"] = (
        tables["audio_files"]["path"]
        .str.extract(r"([0-9]+)\.clip\.mp3$")[0]
        .astype(int)
    )
    return tables


# ---------- which tracks


def kept_v1(tables: Tables) -> pd.DataFrame:
    """Return the tracks (track_id, path) that recipe v1 keeps, but for its labels."""
    files = tables["audio_files"]
    matched = tables["songs"].merge(
        files, left_on="track_7digitalid", right_on="number", how="inner"
    )
    matched = matched[~matched["track_7digitalid"].duplicated(keep=False)]
    matched = matched[~matched["track_id"].duplicated(keep=False)]
    listed = tables["msd_mismatches"]["line"].str.extract("(T[A-Z0-9]{17})")[0]
    matched = matched[~matched["track_id"].isin(listed)]
    matched = matched[(matched["size_bytes"] > 0) & matched["header_seconds"].notna()]
    tagged = tables["lastfm_tids"]["tid"][
        tables["lastfm_tids"]["tid_rowid"].isin(tables["lastfm_tid_tag"]["tid_rowid"])
    ]
    matched = matched[matched["track_id"].isin(tagged)]
    matched = matched[~matched["track_id"].isin(_duplicates_v1(tables, matched))]
    matched = matched[_is_sounding(tables, matched)]
    return matched.loc[matched["size_bytes"] > 200_000, ["track_id", "path"]]


def _duplicates_v1(tables: Tables, survivors: pd.DataFrame) -> "pd.Series[str]":
    listed = tables["msd_duplicates"]
    listed = listed[listed["track_id"].isin(survivors["track_id"])].copy()
    listed["draw"] = [
        hashlib.md5(f"42{track}".encode()).hexdigest() for track in listed["track_id"]
    ]
    first = listed.groupby("group_number")["draw"].transform("min")
    return listed.loc[listed["draw"] != first, "track_id"]


def _is_sounding(tables: Tables, clips: pd.DataFrame) -> "pd.Series[bool]":
    """Whether sound is long enough and its gaps are short: 15, 3 and 1 s."""
    silences = tables["audio_silences"].merge(
        clips[["path", "decoded_seconds"]].drop_duplicates("path"), on="path"
    )
    at_start = silences["start_seconds"] <= 1e-6
    at_end = silences["end_seconds"] >= silences["decoded_seconds"] - 1e-6
    gaps = silences[~at_start & ~at_end].copy()
    gaps["gap"] = gaps["end_seconds"] - gaps["start_seconds"]
    gap = gaps.groupby("path")["gap"]
    start = silences[at_start].groupby("path")["end_seconds"].max()
    end = silences[at_end].groupby("path")["start_seconds"].min()
    path = clips["path"]
    length = clips["decoded_seconds"].fillna(0)
    effective = path.map(end).fillna(length) - path.map(start).fillna(0)
    total = path.map(gap.sum()).fillna(0)
    longest = path.map(gap.max()).fillna(0)
    return (
        (effective.round(6).clip(lower=0) >= 15)
        & (total.round(6) <= 3)
        & (longest.round(6) <= 1)
    )


def kept_v2(tables: Tables, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the tracks (track_id, path) that recipe v2 keeps, but for its labels."""
    matched = _matches_v2(tables)
    seconds = matched["decoded_seconds"].fillna(0)
    is_usable = (
        (matched["size_bytes"] > 0)
        & (matched["status"] == "ok")
        & (seconds >= 15)
        & ~(matched["header_seconds"] - seconds > 2)
        & ~(matched["loudest_frame_db"] < -60)
    )
    matched = matched[is_usable & _is_sounding(tables, matched)]
    n_tags = pairs.groupby("track_id").size()
    matched["n_tags"] = matched["track_id"].map(n_tags).fillna(0)
    matched = matched.sort_values(
        ["n_tags", "decoded_seconds", "bit_rate", "track_id"],
        ascending=[False, False, False, True],
    ).reset_index(drop=True)
    matched["component"] = _components(tables, matched)
    return matched.drop_duplicates("component")[["track_id", "path"]]


def _matches_v2(tables: Tables) -> pd.DataFrame:
    files = tables["audio_files"].assign(is_ok=tables["audio_files"]["status"] == "ok")
    matched = tables["songs"].merge(
        files, left_on="track_7digitalid", right_on="number", how="inner"
    )
    matched = matched.sort_values(
        ["is_ok", "decoded_seconds", "bit_rate", "path"],
        ascending=[False, False, False, True],
        na_position="last",
    ).drop_duplicates("track_id")
    matched["artist"] = _normalised(matched["artist_name"])
    matched["name"] = _normalised(matched["title"])
    matched = matched[~matched["track_id"].isin(_mismatches_v2(tables))]
    claims = matched.assign(both=matched["artist"] + " - " + matched["name"])
    names = claims.groupby("path")["both"].transform("nunique")
    return matched[names == 1]


def _normalised(names: "pd.Series[str]") -> "pd.Series[str]":
    return names.str.lower().str.replace(r"[\W_]+", " ", regex=True).str.strip()


def _mismatches_v2(tables: Tables) -> "pd.Series[str]":
    """Return listed tracks, unless both names on the line are alike."""
    lines = tables["msd_mismatches"]
    alike = [
        _similarity(a, b) >= 0.75 and _similarity(c, d) >= 0.75
        for a, b, c, d in zip(
            _normalised(lines["song_artist"]),
            _normalised(lines["track_artist"]),
            _normalised(lines["song_title"]),
            _normalised(lines["track_title"]),
            strict=True,
        )
    ]
    return lines.loc[~pd.Series(alike, index=lines.index, dtype=bool), "track_id"]


def _similarity(one: str, other: str) -> float:
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, against in enumerate(other, 1):
            cost = min(row[j] + 1, row[j - 1] + 1, above + (letter != against))
            above, row[j] = row[j], cost
    return 1 - row[-1] / max(len(one), len(other))


def _components(tables: Tables, tracks: pd.DataFrame) -> "pd.Series[int]":
    """Unite tracks that are listed, equal in bytes or sound, or of one name."""
    place = pd.Series(tracks.index, index=tracks["track_id"])
    listed = tables["msd_duplicates"]
    listed = listed[listed["track_id"].isin(place.index)]
    links = [
        _star(listed["track_id"].map(place), listed["group_number"]),
        _star(tracks.index.to_series(), tracks["content_sha256"]),
        _star(tracks.index.to_series(), tracks["sound_sha256"]),
    ]
    named = tracks.sort_values(["artist", "name", "duration", "track_id"])
    before = named.shift()
    is_linked = (
        (named["artist"] == before["artist"])
        & (named["name"] == before["name"])
        & (named["duration"] - before["duration"] <= 2)
    )
    chain = pd.DataFrame({"a": named.index, "b": named.index.to_series().shift()})
    links.append(chain[is_linked.to_numpy()])
    edges = pd.concat(links).astype(int)
    graph = coo_matrix(
        ([1] * len(edges), (edges["a"], edges["b"])), shape=(len(tracks),) * 2
    )
    return pd.Series(connected_components(graph, directed=False)[1], index=tracks.index)


def _star(places: "pd.Series[int]", keys: "pd.Series[str]") -> pd.DataFrame:
    frame = pd.DataFrame({"a": places.to_numpy(), "key": keys.to_numpy()}).dropna()
    frame["b"] = frame.groupby("key")["a"].transform("min")
    return frame.loc[frame["a"] != frame["b"], ["a", "b"]]


# ---------- which tags


def track_tags(tables: Tables, version: int) -> pd.DataFrame:
    """Return the clean tags of every track, and how many pairs made each."""
    pairs = tables["lastfm_tid_tag"]
    if version == 2:
        pairs = pairs[pairs["val"] > 0]
    tags = tables["lastfm_tags"].merge(tables[f"verdicts_{version}"], on="tag")
    pairs = pairs.merge(tags[["tag_rowid", "tag", "clean_tag"]], on="tag_rowid")
    pairs = pairs.merge(tables["lastfm_tids"], on="tid_rowid")
    if version == 2:
        pairs = _without_names(tables, pairs)
    grouped = pairs.groupby(["tid", "clean_tag"], sort=False).size()
    grouped.index.names = ["track_id", "tag"]
    return grouped.rename("n_pairs").reset_index()


def _without_names(tables: Tables, pairs: pd.DataFrame) -> pd.DataFrame:
    """Leave out tags that repeat the artist's name or the title."""
    songs = tables["songs"].set_index("track_id")
    songs = songs[songs.index.isin(pairs["tid"].unique())]
    keys = {tag: _key(tag) for tag in pairs["tag"].unique()}
    key = pairs["tag"].map(keys)
    is_name = False
    for column in ("artist_name", "title"):
        is_name |= key == pairs["tid"].map(songs[column].map(_key))
    return pairs[~is_name]


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", re.sub("[&+]", " and ", text.lower()))


def training_set(
    kept: pd.DataFrame, tags: pd.DataFrame, ranked: pd.DataFrame, placed: pd.DataFrame
) -> pd.DataFrame:
    """Return track, path, split and labels in the order of the vocabulary."""
    of_kept = tags[tags["track_id"].isin(kept["track_id"])]
    vocabulary = ranked["tag"][:_VOCABULARY_SIZE]
    position = pd.Series(range(len(vocabulary)), index=vocabulary)
    labels = of_kept.assign(position=of_kept["tag"].map(position)).dropna()
    labels = labels.sort_values(["track_id", "position"])
    lists = labels.groupby("track_id")["tag"].agg(list).rename("labels").reset_index()
    found = kept.merge(lists, on="track_id").merge(placed, on="track_id")
    return found.sort_values("track_id", ignore_index=True)


def run_recipe(
    tables: Tables, placed: pd.DataFrame, version: int, *, relates_tags: bool
) -> Marts:
    """Take the steps of one recipe, those of how tags relate only if asked."""
    tags = track_tags(tables, version)
    kept = kept_v1(tables) if version == 1 else kept_v2(tables, tags)
    ranked = clean_popularity(kept, tags, counts_pairs=version == 1)
    marts = {
        f"track_tags_v{version}": tags,
        f"tags_v{version}": ranked,
        f"training_set_v{version}": training_set(kept, tags, ranked, placed),
    }
    if relates_tags:
        pairs = cooccurrence(tags)
        marts[f"tag_cooccurrence_v{version}"] = pairs
        marts[f"tag_implications_v{version}"] = implications(pairs)
        marts[f"tag_equivalents_v{version}"] = equivalents(pairs)
    return marts


# ---------- compared with dbt


def differences(path: Path, marts: Marts) -> dict[str, int]:
    """Count, for each mart, the rows that only one of pandas and dbt has."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for name, ours in marts.items():
            connection.register("ours", ours)
            theirs = _SOURCES.get(name, f"marts.{name}")
            select = f"select {', '.join(ours.columns)}"
            both_ways = (("ours", theirs), (theirs, "ours"))
            counts = [
                connection.execute(
                    f"select count(*) from ({select} from {one} "
                    f"except all {select} from {other})"
                ).fetchall()[0][0]
                for one, other in both_ways
            ]
            found[name] = sum(counts)
    return found


def main() -> int:
    """Run both recipes and say how many rows differ from dbt's.

    Prints, as JSON, the seconds that the comparison took, which is no part of the work.
    """
    path = Path(sys.argv[1])
    relates_tags = "--training-set" not in sys.argv[2:]
    tables = read_tables(path)
    songs = tables["songs"]
    placed = splits(songs, _normalised(songs["artist_name"]))
    raw = raw_popularity(tables["lastfm_tags"], tables["lastfm_tid_tag"])
    steps: list[Callable[[], Marts]] = [
        lambda: {"splits": placed, "tag_pool": raw},
        lambda: run_recipe(tables, placed, 1, relates_tags=relates_tags),
        lambda: run_recipe(tables, placed, 2, relates_tags=relates_tags),
    ]
    compared = {"seconds": 0.0, "cpu_seconds": 0.0}
    wrong: dict[str, int] = {}
    for step in steps:
        marts = step()
        before = time.perf_counter(), time.process_time()
        wrong |= {name: n for name, n in differences(path, marts).items() if n}
        compared["seconds"] += time.perf_counter() - before[0]
        compared["cpu_seconds"] += time.process_time() - before[1]
    print(json.dumps(compared))
    if wrong:
        print(f"rows differ from dbt's: {wrong}", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
