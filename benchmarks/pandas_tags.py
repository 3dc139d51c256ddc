r"""What each raw tag means by the second recipe, and which tracks have it, in pandas.

The expressions are those of ``warehouse/macros/tag_key.sql`` as Python's `re` can say
them: ``\w`` counts no marks as letters, which no tag of the benchmark has.
"""

import re

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]

_PARTS = re.compile(
    r"^\s*([^\W\d_](?:[^\W\d_]|[ /])*?)\s*(?:-{2,}|::?|=|>|\|| - )\s*(\S.*)$"
)


def tag_key(tags: "pd.Series[str]") -> "pd.Series[str]":
    """Return letters and digits alone; missing where none is left."""
    spelled = tags.str.replace("[&+]", " and ", regex=True)
    spelled = spelled.str.replace(r"(^|[\W_])n([\W_]|$)", r"\1and\2", regex=True)
    key = spelled.str.replace(r"[\W_]+", "", regex=True)
    return key.where(key != "")


def tag_verdicts(tables: Tables) -> pd.DataFrame:
    """Return the clean tag of each raw tag, or the rule that leaves it out, and why.

    Reads lastfm_tags, and tag_spellings and tag_structure_labels, which are made of the
    seeds alone.
    """
    tags = tables["lastfm_tags"].drop_duplicates("tag")[["tag", "tag_nfkc"]]
    spellings = tables["tag_spellings"].set_index("tag_key")
    labels = set(tag_key(tables["tag_structure_labels"]["label"]))
    key = tag_key(tags["tag_nfkc"])
    parts = tags["tag_nfkc"].str.extract(_PARTS)
    is_label = tag_key(parts[0]).isin(labels)
    value = tag_key(parts[1]).where(is_label & ~key.isin(spellings.index))
    is_whole = key.isin(spellings.index)
    is_part = value.isin(spellings.index)
    found = spellings.reindex(key.where(is_whole, value)).set_axis(tags.index)
    method = np.select(
        [
            is_whole & (found["clean_tag"] == tags["tag_nfkc"]),
            is_whole & (found["method"] == "canonical"),
            is_whole,
            is_part,
        ],
        ["canonical", "compact_key", found["method"].fillna(""), "structured"],
        default="",
    )
    found = found.assign(method=method, key=key, label=parts[0])
    is_kept = found["is_kept"].eq(True)
    return pd.DataFrame(
        {
            "tag": tags["tag"],
            "clean_tag": found["clean_tag"].where(is_kept),
            "category": found["category"],
            "is_kept": is_kept,
            "rule": _rules(found, is_kept),
            "evidence": _evidence(found, is_kept),
        }
    )


def _rules(found: pd.DataFrame, is_kept: "pd.Series[bool]") -> "np.ndarray":
    key = found["key"].fillna("")
    return np.select(
        [
            is_kept,
            found["clean_tag"].notna(),
            key == "",
            key.str.fullmatch("(1[89]|20)[0-9]{2}"),
            key.str.fullmatch("[0-9]+"),
        ],
        [
            found["method"],
            "rejected_" + found["category"].fillna(""),
            "no_letters",
            "rejected_year",
            "rejected_number",
        ],
        default="not_in_vocabulary",
    )


def _evidence(found: pd.DataFrame, is_kept: "pd.Series[bool]") -> "np.ndarray":
    spelled = "as '" + found["spelling"].fillna("") + "'"
    listed = "in the vocabulary" + (", as " + found["category"]).mask(is_kept, "")
    label = "value of the label '" + found["label"].fillna("") + "', "
    return np.select(
        [
            found["key"].isna(),
            found["clean_tag"].isna(),
            found["method"] == "canonical",
            found["method"] == "structured",
            is_kept,
        ],
        [
            "no letter and no digit",
            "key '" + found["key"].fillna("") + "' is not listed",
            listed.fillna(""),
            label + spelled,
            spelled,
        ],
        default="as '" + found["clean_tag"].fillna("") + "'",
    )


def track_tags(tables: Tables, verdicts: pd.DataFrame, version: int) -> pd.DataFrame:
    """Return the clean tags of every track, and how many pairs made each."""
    pairs = tables["lastfm_tid_tag"]
    if version == 2:
        pairs = pairs[pairs["val"] > 0]
    kept = verdicts.loc[verdicts["is_kept"], ["tag", "clean_tag"]]
    tags = tables["lastfm_tags"].merge(kept, on="tag")
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
    tags = pd.Series(pairs["tag"].unique())
    key = pairs["tag"].map(_name_key(tags).set_axis(tags))
    is_name = False
    for column in ("artist_name", "title"):
        is_name |= key == pairs["tid"].map(_name_key(songs[column]))
    return pairs[~is_name]


def _name_key(names: "pd.Series[str]") -> "pd.Series[str]":
    spelled = names.str.lower().str.replace("[&+]", " and ", regex=True)
    return spelled.str.replace(r"[\W_]+", "", regex=True)
