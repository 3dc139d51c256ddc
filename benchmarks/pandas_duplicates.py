"""Which of several versions of a recording stays, by each recipe, in pandas."""

import hashlib

import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.pandas_verdicts import first_fault


def duplicates_v1(listed: pd.DataFrame, survivors: pd.DataFrame) -> pd.DataFrame:
    """Return the listed members that lost the draw in one of their groups."""
    listed = listed[listed["track_id"].isin(survivors["track_id"])].copy()
    listed["draw"] = [
        hashlib.md5(f"42{track}".encode()).hexdigest() for track in listed["track_id"]
    ]
    first = listed.sort_values(["draw", "track_id"]).drop_duplicates("group_number")
    kept = listed["group_number"].map(first.set_index("group_number")["track_id"])
    losers = listed.assign(kept=kept)[listed["track_id"] != kept]
    losers = losers.sort_values(["track_id", "group_number"])
    text = ("group " + losers["group_number"].astype(str)) + (
        " (" + losers["group_label"] + "): " + losers["kept"] + " is kept"
    )
    joined = text.groupby(losers["track_id"]).agg("; ".join).rename("evidence")
    rows = joined.reset_index()
    return first_fault(("duplicate", rows, rows["evidence"]))


def duplicates_v2(
    listed: pd.DataFrame, survivors: pd.DataFrame, n_tags: "pd.Series[int]"
) -> pd.DataFrame:
    """Return all but the best member of each component of equal recordings."""
    tracks = survivors.assign(
        n_tags=survivors["track_id"].map(n_tags).fillna(0).astype(int)
    )
    tracks = tracks.sort_values(
        ["n_tags", "decoded_seconds", "bit_rate", "track_id"],
        ascending=[False, False, False, True],
    ).reset_index(drop=True)
    links = _links(listed, tracks)
    component = _components(len(tracks), links)
    by_component = links.groupby(component[links["a"].to_numpy()])["reason"]
    reasons = by_component.agg(lambda each: ", ".join(sorted(set(each))))
    tracks["component"] = component
    best = tracks.drop_duplicates("component").set_index("component")
    losers = tracks[tracks["component"].duplicated()]
    of_best = best.loc[losers["component"]].set_axis(losers.index)
    text = (
        (of_best["track_id"] + " is kept (" + of_best["n_tags"].astype(str))
        + (" tags against " + losers["n_tags"].astype(str))
        + ("; same by " + losers["component"].map(reasons) + ")")
    )
    return first_fault(("duplicate", losers, text))


def _components(n_tracks: int, links: pd.DataFrame) -> "pd.Series[int]":
    graph = coo_matrix(
        ([1] * len(links), (links["a"], links["b"])), shape=(n_tracks, n_tracks)
    )
    return connected_components(graph, directed=False)[1]


def _links(listed: pd.DataFrame, tracks: pd.DataFrame) -> pd.DataFrame:
    """Link places of tracks that are listed, equal in bytes or sound, or of one name.

    A star links all of one key, a chain those of one name by their lengths.
    """
    place = pd.Series(tracks.index, index=tracks["track_id"])
    listed = listed[listed["track_id"].isin(place.index)]
    named = tracks.sort_values(
        ["normalised_artist", "normalised_title", "duration", "track_id"]
    )
    before = named[["normalised_artist", "normalised_title", "duration"]].shift()
    is_linked = (
        (named["normalised_artist"] == before["normalised_artist"])
        & (named["normalised_title"] == before["normalised_title"])
        & ((named["duration"] - before["duration"]).round(6) <= 2)
    )
    chain = pd.DataFrame({"a": named.index, "b": named.index.to_series().shift()})
    at = tracks.index.to_series()
    links = [
        _star(listed["track_id"].map(place), listed["group_number"], "listed"),
        _star(at, tracks["content_sha256"], "content"),
        _star(at, tracks["sound_sha256"], "sound"),
        chain[is_linked.to_numpy()].assign(reason="name"),
    ]
    return pd.concat(links).astype({"a": int, "b": int})


def _star(
    places: "pd.Series[int]", keys: "pd.Series[str]", reason: str
) -> pd.DataFrame:
    frame = pd.DataFrame({"a": places.to_numpy(), "key": keys.to_numpy()}).dropna()
    frame = frame[frame["key"].duplicated(keep=False)]
    frame["b"] = frame.groupby("key")["a"].transform("min")
    return frame.loc[frame["a"] != frame["b"], ["a", "b"]].assign(reason=reason)
