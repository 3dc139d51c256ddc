"""Both recipes in plain pandas, as one would write them without SQL.

``python -m benchmarks.pandas_recipes WAREHOUSE FOLDER`` reads the raw tables of a
warehouse on which dbt has run, takes the steps from raw to both training sets in pandas
and writes what it makes as Parquet files, as dbt writes its tables: tracks, what each
raw tag means (v2), tags of tracks, verdicts with their evidence, splits, the popularity
of raw and clean tags, the funnel, and how tags relate. Not made again: what raw tags
mean in v1 (read from ``cleaning.tag_verdicts_v1``), the list of spellings (from the
seeds alone), reports and unions of tags. With ``--training-set`` after it, the funnel
and how tags relate are left out: no training set needs them. Thresholds are the
defaults of dbt_project.yml. `compare` holds the files to dbt's tables afterwards, in
another process, so that neither its time nor its memory counts as that of pandas.
"""

import sys
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.pandas_duplicates import duplicates_v1, duplicates_v2
from benchmarks.pandas_marts import (
    clean_popularity,
    cooccurrence,
    equivalents,
    excluded_tracks,
    funnel,
    implications,
    raw_popularity,
    raw_tags_of,
    splits,
    tracks,
    unlabelled,
)
from benchmarks.pandas_tags import tag_verdicts, track_tags
from benchmarks.pandas_verdicts import (
    audio_v1,
    audio_v2,
    matches_v1,
    matches_v2,
    normalised,
    silence,
)

_TABLES = (
    "msd_songs", "lastfm_tids", "lastfm_tags", "lastfm_tid_tag", "msd_mismatches",
    "msd_duplicates", "audio_files", "audio_silences",
)  # fmt: skip
_GIVEN = {
    "verdicts_1": "cleaning.tag_verdicts_v1",
    "tag_spellings": "cleaning.tag_spellings",
    "tag_structure_labels": "seeds.tag_structure_labels",
    "cleaning_rules": "seeds.cleaning_rules",
}
_VOCABULARY_SIZE = 50

# dbt's own names where they are others, and only what has a row in pandas.
_SOURCES = {
    "tag_pool": "cleaning.tag_pool_v1",
    "tag_verdicts_v2": "cleaning.tag_verdicts_v2",
    "tags_v1": "(select * from marts.tags_v1 where n_tracks > 0)",
    "tags_v2": "(select * from marts.tags_v2 where n_tracks > 0)",
}

Tables = dict[str, pd.DataFrame]
Marts = dict[str, pd.DataFrame]


def read_tables(path: Path) -> Tables:
    """Read the raw tables and what is not made again."""
    sources = {name: f"raw.{name}" for name in _TABLES} | _GIVEN
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = {
            name: connection.execute(f"from {source}").df()
            for name, source in sources.items()
        }
    songs = tables["msd_songs"].drop_duplicates("track_id")
    tables["songs"] = songs.assign(
        normalised_artist=normalised(songs["artist_name"]),
        normalised_title=normalised(songs["title"]),
    )
    number = tables["audio_files"]["path"].str.extract(r"([0-9]+)\.clip\.mp3$")[0]
    tables["audio_files"]["number"] = number.astype(int)
    tables["n_raw_tags"] = raw_tags_of(tables["lastfm_tids"], tables["lastfm_tid_tag"])
    return tables


# ---------- which tracks


def judge(
    tables: Tables, n_tags: "pd.Series[int]", n_raw: "pd.Series[int]", version: int
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return all songs with their clips, and the faults that each judge found."""
    listed = tables["msd_duplicates"]
    if version == 1:
        songs, unmatched = matches_v1(tables)
        broken, too_small = audio_v1(songs)
        gone = pd.concat([unmatched["track_id"], broken["track_id"]])
        is_tagged = songs["track_id"].isin(n_raw.index)
        survivors = songs[is_tagged & ~songs["track_id"].isin(gone)]
        doubles = duplicates_v1(listed, survivors)
        quiet = silence(tables, songs, None)
        return songs, [unmatched, broken, too_small, quiet, doubles]
    songs, unmatched = matches_v2(tables)
    bad, quiet = audio_v2(songs), silence(tables, songs, -60)
    gone = pd.concat([one["track_id"] for one in (unmatched, bad, quiet)])
    survivors = songs[~songs["track_id"].isin(gone)]
    return songs, [unmatched, bad, quiet, duplicates_v2(listed, survivors, n_tags)]


# ---------- the marts of a recipe


def training_set(
    kept: pd.DataFrame, labels: "pd.Series[object]", placed: pd.DataFrame
) -> pd.DataFrame:
    """Return track, path, split and labels in the order of the vocabulary."""
    lists = labels.rename("labels").reset_index()
    found = kept.merge(lists, on="track_id").merge(placed, on="track_id")
    return found.sort_values("track_id", ignore_index=True)


def labels_of(tags: pd.DataFrame, ranked: pd.DataFrame) -> "pd.Series[object]":
    """Return the labels of every track that has one, in the vocabulary's order."""
    vocabulary = ranked["tag"][:_VOCABULARY_SIZE]
    position = pd.Series(range(len(vocabulary)), index=vocabulary)
    labels = tags.assign(position=tags["tag"].map(position)).dropna()
    labels = labels.sort_values(["track_id", "position"])
    return labels.groupby("track_id")["tag"].agg(list)


def run_recipe(
    tables: Tables, shared: Marts, version: int, *, everything: bool
) -> Marts:
    """Take the steps of one recipe; tags' relations and the funnel only if asked."""
    verdicts = tables["verdicts_1"] if version == 1 else tag_verdicts(tables)
    tags = track_tags(tables, verdicts, version)
    n_tags = tags["track_id"].value_counts()
    n_raw = tables["n_raw_tags"]["n_raw_tags"]
    songs, faults = judge(tables, n_tags, n_raw, version)
    out = pd.concat(faults)["track_id"]
    kept = songs.loc[~songs["track_id"].isin(out), ["track_id", "path"]]
    ranked = clean_popularity(kept, tags, counts_pairs=version == 1)
    labels = labels_of(tags, ranked)
    faults.append(unlabelled(songs["track_id"], n_raw, n_tags, labels.map(len)))
    rules = tables["cleaning_rules"]
    rules = rules[rules["version"] == version]
    excluded = excluded_tracks(faults, rules)
    marts = {
        f"track_tags_v{version}": tags,
        f"tags_v{version}": ranked,
        f"excluded_tracks_v{version}": excluded,
        f"training_set_v{version}": training_set(kept, labels, shared["splits"]),
    }
    if version == 2:
        marts |= {"tag_verdicts_v2": verdicts}
        marts |= {"tracks": tracks(songs, shared["splits"], n_raw)}
    if everything:
        marts[f"cleaning_funnel_v{version}"] = funnel(excluded, rules, len(songs))
        pairs = cooccurrence(tags)
        marts[f"tag_cooccurrence_v{version}"] = pairs
        marts[f"tag_implications_v{version}"] = implications(pairs)
        marts[f"tag_equivalents_v{version}"] = equivalents(pairs)
    return marts


# ---------- compared with dbt


def compare(path: Path, folder: Path) -> None:
    """Compare the Parquet files of a folder with dbt's tables, row by row.

    Raises
    ------
    ValueError
        Some rows are in one of the two alone.
    """
    wrong = {name: rows for name, rows in differences(path, folder).items() if rows}
    if wrong:
        raise ValueError(f"rows differ from dbt's: {wrong}")


def differences(path: Path, folder: Path) -> dict[str, int]:
    """Count, for each mart, the rows that only one of pandas and dbt has."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false")
        for file in sorted(folder.glob("*.parquet")):
            ours = connection.read_parquet(str(file))
            connection.register("ours", ours)
            theirs = _SOURCES.get(file.stem, f"marts.{file.stem}")
            select = f"select {', '.join(ours.columns)}"
            both_ways = (("ours", theirs), (theirs, "ours"))
            counts = [
                connection.execute(
                    f"select count(*) from ({select} from {one} "
                    f"except all {select} from {other})"
                ).fetchall()[0][0]
                for one, other in both_ways
            ]
            found[file.stem] = sum(counts)
    return found


def _write(marts: Marts, folder: Path) -> None:
    for name, mart in marts.items():
        mart.to_parquet(folder / f"{name}.parquet", index=False)


def main() -> None:
    """Run both recipes and write what they make."""
    path, folder = map(Path, sys.argv[1:3])
    everything = "--training-set" not in sys.argv[3:]
    tables = read_tables(path)
    shared = {
        "splits": splits(tables["songs"]),
        "tag_pool": raw_popularity(tables["lastfm_tags"], tables["lastfm_tid_tag"]),
    }
    _write(shared, folder)
    for version in (1, 2):
        _write(run_recipe(tables, shared, version, everything=everything), folder)


if __name__ == "__main__":
    main()
