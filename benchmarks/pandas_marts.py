"""Further marts in plain pandas: splits, popularity of tags, and how tags relate.

Thresholds are the defaults of dbt_project.yml.
"""

import hashlib

import pandas as pd

_SPLIT_ENDS = {"train": 0.8, "validation": 0.9, "test": 1.0}


def splits(songs: pd.DataFrame, artist_names: "pd.Series[str]") -> pd.DataFrame:
    """Place each song by the md5 of its artist, so that artists stay together."""
    key = songs["artist_id"].fillna(artist_names).fillna(songs["track_id"])
    by_key = {one: _split_of(one) for one in key.unique()}
    return pd.DataFrame(
        {"track_id": songs["track_id"], "artist_key": key, "split": key.map(by_key)}
    )


def _split_of(artist_key: str) -> str:
    digest = hashlib.md5(f"lyre{artist_key}".encode()).hexdigest()
    place = int(digest[:8], 16) / 2**32
    return next(name for name, end in _SPLIT_ENDS.items() if place < end)


def raw_popularity(tags: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Count the pairs of every raw tag and rank the tags."""
    counts = pairs.groupby("tag_rowid").size().rename("n_pairs")
    counted = tags.merge(counts, left_on="tag_rowid", right_index=True, how="left")
    summed = counted.groupby("tag")["n_pairs"].sum().astype("int64").reset_index()
    ranked = summed.sort_values(["n_pairs", "tag"], ascending=[False, True])
    return ranked.assign(tag_rank=range(1, len(ranked) + 1))


def clean_popularity(
    kept: pd.DataFrame, tags: pd.DataFrame, *, counts_pairs: bool
) -> pd.DataFrame:
    """Count the kept tracks of every clean tag that has one, and rank the tags."""
    of_kept = tags[tags["track_id"].isin(kept["track_id"])]
    counted = (
        of_kept.groupby("tag")["n_pairs"]
        .agg(n_tracks="size", popularity="sum")
        .reset_index()
    )
    if not counts_pairs:
        counted["popularity"] = counted["n_tracks"]
    ranked = counted.sort_values(["popularity", "tag"], ascending=[False, True])
    return ranked.assign(rank=range(1, len(ranked) + 1))


def cooccurrence(tags: pd.DataFrame) -> pd.DataFrame:
    """Count the tracks of each pair of tags, in both orders, and compare the two."""
    codes, names = pd.factorize(tags["tag"])
    slim = pd.DataFrame({"track": pd.factorize(tags["track_id"])[0], "tag": codes})
    n_of = slim.groupby("tag").size()
    n_tracks = slim["track"].nunique()
    joined = slim.merge(slim, on="track")
    joined = joined[joined["tag_x"] != joined["tag_y"]]
    counts = joined.groupby(["tag_x", "tag_y"]).size().rename("n_both").reset_index()
    n_a, n_b = counts["tag_x"].map(n_of), counts["tag_y"].map(n_of)
    n_both = counts["n_both"]
    return pd.DataFrame(
        {
            "tag_a": names[counts["tag_x"]],
            "tag_b": names[counts["tag_y"]],
            "n_a": n_a,
            "n_b": n_b,
            "n_both": n_both,
            "jaccard": n_both / (n_a + n_b - n_both),
            "lift": n_both * n_tracks / (n_a * n_b),
            "p_a_given_b": n_both / n_b,
            "p_b_given_a": n_both / n_a,
        }
    )


def implications(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the tags of which most tracks have another tag, too."""
    found = pairs[(pairs["p_b_given_a"] > 0.7) & (pairs["n_a"] >= 10)]
    return found[["tag_a", "tag_b", "n_both"]].set_axis(
        ["special_tag", "general_tag", "n_both"], axis=1
    )


def equivalents(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of tags that imply each other, once each."""
    shares = pairs[["p_a_given_b", "p_b_given_a"]].min(axis=1)
    found = pairs[
        (pairs["tag_a"] < pairs["tag_b"])
        & (shares > 0.8)
        & (pairs[["n_a", "n_b"]].min(axis=1) >= 10)
    ]
    return found[["tag_a", "tag_b", "n_both"]]
