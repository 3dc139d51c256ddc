"""Raw tables of the real data's size and shape, made by SQL alone.

A million songs come with 8.6 million pairs of track and tag, 522,366 distinct tags and
nearly a million clips, as published for the Million Song Dataset and Last.fm; smaller
warehouses keep the proportions. The clips exist as rows only.
"""

from pathlib import Path

import duckdb

from ingest.tables import create_raw_tables
from warehouse.database import open_to_write

SEEDS = Path(__file__).resolve().parents[1] / "warehouse" / "seeds" / "tags"

# Per million songs: https://labrosa.ee.columbia.edu/millionsong/lastfm and the
# published list of duplicates.
_TAGS = 522_366
_TAGGED = 505_216
_PAIRS = 8_598_630
_MISMATCHES = 19_000
_GROUPS = 53_471


def make(path: Path, songs: int) -> None:
    """Write a warehouse with raw tables for a number of songs.

    Parameters
    ----------
    path : Path
        The DuckDB file, which must not exist yet.
    songs : int
        Number of songs.
    """
    share = songs / 1_000_000
    with open_to_write(path) as connection:
        create_raw_tables(connection)
        _add_macros(connection)
        _fill_songs(connection, songs)
        _fill_tags(connection, int(_TAGS * share), SEEDS)
        _fill_pairs(
            connection,
            tracks=int(_TAGGED * share),
            tags=int(_TAGS * share),
            pairs=int(_PAIRS * share),
        )
        _fill_lists(connection, songs, int(_MISMATCHES * share), int(_GROUPS * share))
        _fill_clips(connection)
        connection.execute("checkpoint")


def _add_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what depends on a number alone, so that every run makes the same rows."""
    connection.execute("""
        create temp macro chance(n, salt) as
            (hash(n * 31 + salt * 1000003) % 1000003) / 1000003;
        create temp macro track_name(n) as
            'TR' || upper(left(md5('track' || n::varchar), 16));
    """)


def _fill_songs(connection: duckdb.DuckDBPyConnection, songs: int) -> None:
    """Artists have from one to many songs; some 7digital ids and titles repeat."""
    connection.execute(f"""
        insert into raw.msd_songs by name
        select
            track_name(n) as track_id,
            'SO' || upper(left(md5('song' || n::varchar), 16)) as song_id,
            'Song ' || (chance(n, 2) * {songs} / 1.5)::bigint as title,
            'Release ' || n // 10 as release,
            'AR' || upper(left(md5('artist' || artist::varchar), 16)) as artist_id,
            'Artist ' || artist as artist_name,
            (n - (chance(n, 3) < 0.02)::bigint)::integer as track_7digitalid,
            case when chance(n, 4) < 0.5
                then (1950 + chance(n, 5) * 60)::integer end as year,
            60 + chance(n, 6) * 300 as duration,
            60 + chance(n, 7) * 140 as tempo,
            -40 * chance(n, 8) as loudness,
            'summary.h5' as source_file
        from (
            select
                range + 1 as n,
                (pow(chance(range + 1, 1), 2) * {songs} / 22)::bigint as artist
            from range({songs})
        )
    """)


def _fill_tags(connection: duckdb.DuckDBPyConnection, tags: int, seeds: Path) -> None:
    """Put the listed spellings among the frequent tags; the rest nobody knows."""
    connection.execute(f"""
        insert into raw.lastfm_tags
        with listed as (
            select clean_tag as tag from read_csv(
                '{seeds}/tag_vocabulary.csv', header = true, all_varchar = true)
            union
            select spelling from read_csv(
                '{seeds}/tag_synonyms.csv', header = true, all_varchar = true)
            union
            select tag from read_csv(
                '{seeds}/tags_v1_*.csv', header = true, all_varchar = true,
                union_by_name = true)
        ),
        spelled as (
            select tag from listed
            union select upper(tag) from listed
            union select replace(tag, ' ', '-') from listed
        ),
        all_tags as (
            select tag, hash(tag) as place from spelled
            union all
            select 'personal tag ' || range, (1 + range) * 1e16::ubigint
            from range({tags})
        )
        select place_number, tag, lower(nfc_normalize(tag))
        from (
            select tag, row_number() over (order by place, tag) as place_number
            from all_tags
        )
        where place_number <= {tags}
    """)


def _fill_pairs(
    connection: duckdb.DuckDBPyConnection, *, tracks: int, tags: int, pairs: int
) -> None:
    """Few tags are on very many tracks, and many on one, as with Last.fm."""
    connection.execute(f"""
        insert into raw.lastfm_tids
        select range + 1, track_name(range * 2 - range // 100 + 1)
        from range({tracks});

        insert into raw.lastfm_tid_tag
        select tid_rowid, tag_rowid, floor(100 * pow(chance(any_value(n), 12), 2))
        from (
            select
                range as n,
                1 + floor(pow(chance(range, 10), 1.5) * {tracks})::bigint as tid_rowid,
                least(
                    1 + floor(5 * (pow({tags} / 5.0, chance(range, 11)) - 1)), {tags}
                )::bigint as tag_rowid
            from range({int(pairs * 1.12)})
        )
        group by tid_rowid, tag_rowid
        order by tid_rowid
        limit {pairs};
    """)


def _fill_lists(
    connection: duckdb.DuckDBPyConnection, songs: int, mismatches: int, groups: int
) -> None:
    connection.execute(f"""
        insert into raw.msd_mismatches
        select
            range + 1, 'SO0', track_name((chance(range, 20) * {songs})::bigint + 1),
            'Someone', 'Something', 'Artist', 'Song',
            'ERROR: <SO0 ' || track_name((chance(range, 20) * {songs})::bigint + 1)
            || '> Someone  -  Something  !=  Artist  -  Song'
        from range({mismatches});

        insert into raw.msd_duplicates
        select
            range // 2 + 1, 'group', range % 2 + 1,
            track_name((chance(range, 21) * {songs})::bigint + 1)
        from range({groups * 5 // 2});
    """)


def _fill_clips(connection: duckdb.DuckDBPyConnection) -> None:
    """All songs but few have a clip; some clips are faulty, equal or full of gaps."""
    connection.execute("""
        insert into raw.audio_files by name
        select
            (n // 1000000) % 10 || '/' || (n // 100000) % 10 || '/' || n || '.clip.mp3'
                as path,
            case when chance(n, 30) < 0.002 then 0
                else 150000 + (chance(n, 31) * 400000)::bigint end as size_bytes,
            md5('content' || n::varchar) as content_sha256,
            md5('sound' || (n - (chance(n, 32) < 0.005)::bigint)::varchar)
                as sound_sha256,
            case when chance(n, 30) < 0.002 then 'empty'
                when chance(n, 33) < 0.003 then 'partial' else 'ok' end as status,
            44100 as sample_rate, 2 as channels, 64000 as bit_rate,
            case when chance(n, 30) >= 0.002 then 30.0 end as header_seconds,
            case when chance(n, 30) >= 0.002
                then 30.0 - 20 * (chance(n, 33) < 0.003)::integer end
                as decoded_seconds,
            case when chance(n, 34) < 0.001 then -200 else -12 end as loudest_frame_db
        from (select distinct track_7digitalid as n from raw.msd_songs)
        where chance(n, 35) < 0.985;

        insert into raw.audio_silences
        select path, 60, 1, 0, 0.2 from raw.audio_files where status = 'ok'
        union all
        select path, 60, 2, 10, 10 + 2 * (hash(path) % 100) / 100
        from raw.audio_files where status = 'ok' and hash(path) % 10 < 3;
    """)
