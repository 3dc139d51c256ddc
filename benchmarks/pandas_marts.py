"""Marts in plain pandas: tracks and why they are out, splits, tags, how tags relate.

Thresholds are the defaults of dbt_project.yml.
"""

import hashlib

import numpy as np
import pandas as pd

_SPLIT_ENDS = {"train": 0.8, "validation": 0.9, "test": 1.0}

# dbt's names of columns of raw.msd_songs and raw.audio_files, where they differ.
_NAMES = {
    "track_7digitalid": "sevendigital_id",
    "release_7digitalid": "release_sevendigital_id",
    "artist_7digitalid": "artist_sevendigital_id",
    "duration": "duration_seconds",
    "tempo": "tempo_bpm",
    "loudness": "loudness_db",
    "status": "audio_status",
    "error": "audio_error",
}
_TRACK_COLUMNS = [
    "source", "track_id", "song_id", "artist_id", "artist_mbid", "artist_key",
    "sevendigital_id", "release_sevendigital_id", "artist_sevendigital_id", "path",
    "content_sha256", "sound_sha256", "title", "artist_name", "release",
    "artist_location", "normalised_title", "normalised_artist", "codec",
    "bit_rate_mode", "audio_status", "audio_error", "year", "decade",
    "duration_seconds", "tempo_bpm", "loudness_db", "key", "key_confidence", "mode",
    "mode_confidence", "time_signature", "time_signature_confidence", "song_hotttnesss",
    "artist_hotttnesss", "artist_familiarity", "artist_latitude", "artist_longitude",
    "n_raw_tags", "size_bytes", "sample_rate", "channels", "bit_rate", "header_seconds",
    "decoded_seconds", "peak", "rms", "loudest_frame_db", "clipped_share", "dc_offset",
    "channel_correlation", "bandwidth_hz",
]  # fmt: skip


def splits(songs: pd.DataFrame) -> pd.DataFrame:
    """Place each song by the md5 of its artist, so that artists stay together."""
    key = songs["artist_id"].fillna(songs["normalised_artist"])
    key = key.fillna(songs["track_id"])
    by_key = {one: _split_of(one) for one in key.unique()}
    return pd.DataFrame(
        {"track_id": songs["track_id"], "artist_key": key, "split": key.map(by_key)}
    )


def _split_of(artist_key: str) -> str:
    digest = hashlib.md5(f"lyre{artist_key}".encode()).hexdigest()
    place = int(digest[:8], 16) / 2**32
    return next(name for name, end in _SPLIT_ENDS.items() if place < end)


def raw_tags_of(tids: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Count the pairs of every track that has one."""
    counts = pairs["tid_rowid"].value_counts()
    counted = tids.assign(n_raw_tags=tids["tid_rowid"].map(counts)).dropna()
    n_raw = counted.groupby("tid")["n_raw_tags"].sum().astype("int64")
    return n_raw.to_frame()


def tracks(
    songs: pd.DataFrame, placed: pd.DataFrame, n_raw: "pd.Series[int]"
) -> pd.DataFrame:
    """Return what is known of each song and of the clip that was matched with it."""
    key = placed.set_index("track_id")["artist_key"]
    decade = (songs["year"].astype("Int64") // 10 * 10).astype("string") + "s"
    named = songs.rename(columns=_NAMES).assign(
        source="msd",
        artist_key=songs["track_id"].map(key),
        decade=decade,
        n_raw_tags=songs["track_id"].map(n_raw).fillna(0).astype("int64"),
    )
    return named[_TRACK_COLUMNS]


def unlabelled(
    track_ids: "pd.Series[str]",
    n_raw: "pd.Series[int]",
    n_clean: "pd.Series[int]",
    n_labels: "pd.Series[int]",
) -> pd.DataFrame:
    """Return the tracks without a label, and which kind of tag is missing."""
    counts = pd.DataFrame({"track_id": track_ids})
    for name, number in (("raw", n_raw), ("clean", n_clean), ("labels", n_labels)):
        counts[name] = track_ids.map(number).fillna(0).astype("int64")
    found = counts[counts["labels"] == 0]
    evidence = (found["raw"].astype(str) + " raw tags, ") + (
        found["clean"].astype(str) + " clean tags, 0 labels"
    )
    rule = np.select(
        [found["raw"] == 0, found["clean"] == 0],
        ["untagged", "no_clean_tag"],
        default="no_vocabulary_tag",
    )
    return found[["track_id"]].assign(rule=rule, evidence=evidence)


def excluded_tracks(faults: list[pd.DataFrame], rules: pd.DataFrame) -> pd.DataFrame:
    """Return one row per track and rule, with the rule's place in the order."""
    order = rules.set_index("rule")["rule_order"]
    united = pd.concat(faults, ignore_index=True)
    return united.assign(rule_order=united["rule"].map(order))


def funnel(excluded: pd.DataFrame, rules: pd.DataFrame, n_songs: int) -> pd.DataFrame:
    """Count each track at the first rule that takes it."""
    first = excluded.groupby("track_id")["rule_order"].min().value_counts()
    start = pd.DataFrame({"rule_order": [0], "rule": ["all_songs"]})
    steps = pd.concat([start, rules[["rule_order", "rule"]].sort_values("rule_order")])
    n_excluded = steps["rule_order"].map(first).fillna(0).astype("int64")
    return steps.assign(n_excluded=n_excluded, n_left=n_songs - n_excluded.cumsum())


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
