"""Which tracks each recipe leaves out, by which rule and on what evidence, in pandas.

Thresholds are the defaults of dbt_project.yml, the words of the evidence those of the
models in ``warehouse/models/cleaning``. A frame of faults has the columns track_id,
rule and evidence, one row per track: the first rule of one judge that takes it.
"""

import pandas as pd

Tables = dict[str, pd.DataFrame]


def first_fault(
    *rules: tuple[str, pd.DataFrame, "pd.Series[str] | str"],
) -> pd.DataFrame:
    """Unite what several rules say, in their order; the first of a track stays.

    Each is a rule, the rows that break it, and their evidence: a text each or for all.
    """
    frames = [
        pd.DataFrame({"track_id": rows["track_id"], "rule": rule, "evidence": evidence})
        for rule, rows, evidence in rules
    ]
    return pd.concat(frames, ignore_index=True).drop_duplicates("track_id")


def _shown(number: float) -> str:
    """Write a number to millionths, without zeros at the end."""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _texts(pattern: str, *columns: "pd.Series[float]") -> "pd.Series[str]":
    words = [pattern.format(*row) for row in zip(*columns, strict=True)]
    return pd.Series(words, index=columns[0].index, dtype=object)


# ---------- which song has which clip


def matches_v1(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all songs, each with its clip if it has one, and what is wrong with them.

    A song whose 7digital id stands in several pairs of song and clip is out.
    """
    clips = tables["audio_files"].drop_duplicates("number")
    songs = tables["songs"].merge(
        clips, how="left", left_on="track_7digitalid", right_on="number"
    )
    n_songs = tables["msd_songs"]["track_7digitalid"].value_counts()
    n_clips = tables["audio_files"]["number"].value_counts()
    number = songs["track_7digitalid"]
    n_pairs = number.map(n_songs) * number.map(n_clips)
    lines = tables["msd_mismatches"]
    listed = lines["line"].str.extract("(T[A-Z0-9]{17})")[0]
    line_of = lines.groupby(listed)["line_number"].min()
    shared = songs[songs["path"].notna() & (n_pairs > 1)]
    wrong = songs[songs["track_id"].isin(line_of.index)]
    shared_text = _texts(
        "7digital id {} occurs in {:.0f} pairs of song and file",
        shared["track_7digitalid"],
        n_pairs[shared.index],
    )
    faults = first_fault(
        (
            "no_audio_file",
            songs[songs["path"].isna()],
            "no file carries the 7digital id of the song",
        ),
        ("shared_7digital_id", shared, shared_text),
        (
            "listed_mismatch",
            wrong,
            "line " + wrong["track_id"].map(line_of).astype(str) + " of the list",
        ),
    )
    return songs, faults


def matches_v2(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all songs, each with its best clip, and what is wrong with them.

    A listed track is out unless the names on its line are alike; songs of different
    names that claim one clip are.
    """
    files = tables["audio_files"].assign(is_ok=tables["audio_files"]["status"] == "ok")
    files = files.sort_values(
        ["is_ok", "decoded_seconds", "bit_rate", "path"],
        ascending=[False, False, False, True],
        na_position="last",
    ).drop_duplicates("number")
    songs = tables["songs"].merge(
        files, how="left", left_on="track_7digitalid", right_on="number"
    )
    listed = _mismatches_v2(tables["msd_mismatches"])
    claims = songs[songs["path"].notna() & ~songs["track_id"].isin(listed.index)]
    claims = claims[claims["path"].duplicated(keep=False)]
    both = claims["normalised_artist"] + " - " + claims["normalised_title"]
    by_path = both.groupby(claims["path"])
    n_songs = by_path.transform("size")
    contested = claims[by_path.transform("nunique") > 1]
    wrong = songs[songs["track_id"].isin(listed.index)]
    faults = first_fault(
        (
            "no_audio_file",
            songs[songs["path"].isna()],
            "no file carries the 7digital id or the track id of the song",
        ),
        ("listed_mismatch", wrong, wrong["track_id"].map(listed)),
        (
            "shared_7digital_id",
            contested,
            n_songs[contested.index].astype(str)
            + " songs without a name in common claim "
            + contested["path"],
        ),
    )
    return songs, faults


def normalised(names: "pd.Series[str]") -> "pd.Series[str]":
    """Return names in small letters, letters and digits alone."""
    return names.str.lower().str.replace(r"[\W_]+", " ", regex=True).str.strip()


def _mismatches_v2(lines: pd.DataFrame) -> "pd.Series[str]":
    """Return the evidence of each listed track whose line names two songs."""
    columns = ["song_artist", "track_artist", "song_title", "track_title"]
    alike = [
        _similarity(a, b) >= 0.75 and _similarity(c, d) >= 0.75
        for a, b, c, d in zip(*(normalised(lines[c]) for c in columns), strict=True)
    ]
    wrong = lines[~pd.Series(alike, index=lines.index, dtype=bool)]
    first = wrong.sort_values("line_number").drop_duplicates("track_id")
    text = (
        ("line " + first["line_number"].astype(str) + " of the list: ")
        + (first["song_artist"] + " - " + first["song_title"] + " != ")
        + (first["track_artist"] + " - " + first["track_title"])
    )
    return text.set_axis(first["track_id"])


def _similarity(one: str, other: str) -> float:
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, against in enumerate(other, 1):
            cost = min(row[j] + 1, row[j - 1] + 1, above + (letter != against))
            above, row[j] = row[j], cost
    return 1 - row[-1] / max(len(one), len(other))


# ---------- is the clip any good


def audio_v1(songs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the clips that are empty or cannot be opened, and those too small."""
    clips = songs[songs["path"].notna()]
    closed = clips[clips["header_seconds"].isna()]
    small = clips[clips["size_bytes"] <= 200_000]
    broken = first_fault(
        ("empty_file", clips[clips["size_bytes"] == 0], "0 bytes"),
        (
            "unopenable",
            closed,
            "no header with a duration (" + closed["status"] + ")",
        ),
    )
    text = _texts("{:,.0f} bytes <= 200,000", small["size_bytes"])
    too_small = first_fault(("file_too_small", small, text))
    rest = too_small[~too_small["track_id"].isin(broken["track_id"])]
    return broken, rest


def audio_v2(songs: pd.DataFrame) -> pd.DataFrame:
    """Return the clips that are empty, undecodable, broken off, short or cut."""
    clips = songs[songs["path"].notna()]
    seconds = clips["decoded_seconds"].fillna(0)
    clips = clips.assign(decoded_seconds=seconds)
    closed = clips[(seconds == 0) | ~clips["status"].isin(["ok", "partial"])]
    partial = clips[clips["status"] == "partial"]
    short = clips[seconds < 15]
    cut = clips[(clips["header_seconds"] - seconds).round(6) > 2]
    return first_fault(
        ("empty_file", clips[clips["size_bytes"] == 0], "0 bytes"),
        ("unopenable", closed, "nothing decoded (" + closed["status"] + ")"),
        (
            "partial",
            partial,
            _texts(
                "decoding broke off after {:.2f} s ({})",
                partial["decoded_seconds"],
                partial["status"],
            ),
        ),
        (
            "too_short",
            short,
            _texts("{} s decoded < 15 s", short["decoded_seconds"].map(_shown)),
        ),
        (
            "duration_mismatch",
            cut,
            _texts(
                "{} s decoded of {} s declared",
                cut["decoded_seconds"].map(_shown),
                cut["header_seconds"].map(_shown),
            ),
        ),
    )


def silence(tables: Tables, songs: pd.DataFrame, floor: float | None) -> pd.DataFrame:
    """Return the clips with too little sound or too long gaps: 15, 3 and 1 s.

    floor: dBFS that the loudest frame must reach, None for any.
    """
    clips = songs[songs["path"].notna()]
    quiet = clips[clips["loudest_frame_db"] < (floor if floor is not None else -9999)]
    extents = sound_extents(tables["audio_silences"], clips)
    short = extents[extents["effective"] < 15]
    gappy = extents[extents["total"] > 3]
    gap = extents[extents["longest"] > 1]
    return first_fault(
        (
            "silent",
            quiet,
            _texts(
                f"loudest frame {{}} dBFS < {_shown(floor or 0)} dBFS",
                quiet["loudest_frame_db"].map(_shown),
            ),
        ),
        (
            "silence_effective_length",
            short,
            _texts(
                "{} s from first to last sound < 15 s", short["effective"].map(_shown)
            ),
        ),
        (
            "silence_total",
            gappy,
            _texts("mid silences {} s in all > 3 s", gappy["total"].map(_shown)),
        ),
        (
            "silence_longest",
            gap,
            _texts("longest mid silence {} s > 1 s", gap["longest"].map(_shown)),
        ),
    )


def sound_extents(silences: pd.DataFrame, clips: pd.DataFrame) -> pd.DataFrame:
    """Return seconds from first to last sound, of all gaps, and of the longest."""
    silences = silences[silences["threshold_db"] == 60].merge(
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
    return pd.DataFrame(
        {
            "track_id": clips["track_id"],
            "effective": effective.round(6).clip(lower=0),
            "total": path.map(gap.sum()).fillna(0).round(6),
            "longest": path.map(gap.max()).fillna(0).round(6),
        }
    )
