"""Which of the clips found are decoded: those that need it, or fewer."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from ingest.errors import IngestError

CLIPS_TO_DECODE = "marts.clips_to_decode"

# What a clip was before it vanished, its error says (`ingest.scan`); of those that an
# older version let vanish it does not.
KNOWN = """(
    select * replace (
        case
            when status = 'vanished' and starts_with(error, 'was ')
                then regexp_extract(error, '^was ([a-z]+)', 1)
            else status
        end as status
    )
    from raw.audio_files
)"""
"""The clips known; one that has vanished with the status that it had before."""

IS_NEW = """(
    known.path is null
    or known.size_bytes <> found.size_bytes
    or known.modified_at <> found.modified_at
    or known.status = 'vanished'
)"""
"""Whether a clip is new, or another than the one known."""

# A clip that is measured, or has failed, is decoded again only where thresholds are
# asked for that it was not measured with, or a fingerprint that was not taken; a failed
# one also by --retry. Trying it each time would cost the time limit for each clip that
# hangs.
_CHOSEN = f"""
    select found.path
    from found
    left join {KNOWN} as known on known.path = found.path
    where (
        {IS_NEW}
        or known.status = 'listed'
        or known.silence_thresholds_db is distinct from $thresholds::double[]
        or (
            $fingerprints
            and known.status in ('ok', 'partial')
            and found.path not in (select path from raw.audio_fingerprints)
        )
        or ($retry and known.status in ('crashed', 'timeout', 'unreadable'))
    )
    and ('0x' || left(md5(found.path), 8))::bigint < $share * 2 ** 32
"""  # noqa: S608
_AND_PENDING = "and found.path in (select path from marts.clips_to_decode)"


@dataclass(frozen=True)
class Selection:
    """Limits the clips that a scan decodes; all files are listed in any case.

    Attributes
    ----------
    list_only : bool
        Decode none.
    pending : bool
        Decode those that ``marts.clips_to_decode`` names: their track survived the
        rules that need no decoding.
    share : float
        Decode this share, 0 to 1: a clip is in by the hash of its path, so a larger
        share holds the smaller ones.
    retry : bool
        Decode also what crashed the decoder, ran out of time or was unreadable.

    Raises
    ------
    IngestError
        None is to be decoded, and of those only some.
    """

    list_only: bool = False
    pending: bool = False
    share: float = 1.0
    retry: bool = False

    def __post_init__(self) -> None:
        if self.list_only and (self.pending or self.retry or self.share < 1):
            raise IngestError(
                "--list-only decodes no clip, and so does not go with --pending, "
                "--sample or --retry"
            )


def parse_share(text: str) -> float:
    """Read a share, such as ``1%`` or ``0.01``.

    Raises
    ------
    IngestError
        It is no number, or not above 0 and at most 1.
    """
    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise IngestError(
            f"no share of the clips: {text!r}", where="--sample", expected="such as 1%"
        )
    return share


def check(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Make sure that what a selection needs is there.

    Raises
    ------
    IngestError
        The table of the clips to decode is missing.
    """
    schema, name = CLIPS_TO_DECODE.split(".")
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchall()
    if selection.pending and not found:
        raise IngestError(
            "no table says yet which clips are to be decoded",
            where=CLIPS_TO_DECODE,
            remedy="run `dbt run` first, after `python -m ingest audio --list-only`",
        )


def choose(
    connection: duckdb.DuckDBPyConnection,
    selection: Selection,
    thresholds_db: Sequence[float],
    fingerprints: bool,
) -> set[str]:
    """Return the paths of the clips to decode.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds the list of the last scan, or of this one, in ``raw.audio_files``, and
        the present clips registered as ``found``; reading is enough.
    selection : Selection
        Limits them.
    thresholds_db : sequence of float
        The silence thresholds asked for, in order.
    fingerprints : bool
        Whether acoustic fingerprints are asked for.
    """
    if selection.list_only:
        return set()
    query = _CHOSEN + (_AND_PENDING if selection.pending else "")
    parameters = {
        "thresholds": list(thresholds_db),
        "fingerprints": fingerprints,
        "retry": selection.retry,
        "share": selection.share,
    }
    return {path for (path,) in connection.execute(query, parameters).fetchall()}
