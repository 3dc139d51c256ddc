"""Results as Parquet, for DuckDB, pandas and whatever comes after.

pyarrow is part of the ``train`` extra and imported only here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lyre.whole import whole
from train.data.tracks import Tracks
from train.errors import TrainError

# Tracks whose rows are written together.
_GROUP_TRACKS = 2048


def write_predictions(
    path: Path,
    tracks: Tracks,
    scores: npt.NDArray[np.float32],
    thresholds: npt.NDArray[np.float64] | None,
) -> None:
    """Write one row a track and tag, whole or not at all.

    The columns are ``source``, ``track_id``, ``artist_key``, ``tag``, ``label``,
    ``score`` (float32) and ``predicted``: whether the score reaches the tag's
    threshold, null where it has none.
    """
    pa = _pyarrow()
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("source", "track_id", "artist_key")),
            ("tag", pa.string()),
            ("label", pa.bool_()),
            ("score", pa.float32()),
            ("predicted", pa.bool_()),
        ]
    )
    n_tags = len(tracks.tags)
    with parquet(path, schema) as write:
        for start in range(0, len(tracks.rows), _GROUP_TRACKS):
            rows = tracks.rows[start : start + _GROUP_TRACKS]
            part = scores[start : start + len(rows)]
            chosen, unknown = _chosen(part, thresholds)
            columns = [
                *(
                    np.repeat(np.array([getattr(row, name) for row in rows]), n_tags)
                    for name in ("source", "track_id", "artist_key")
                ),
                np.tile(np.array(tracks.tags), len(rows)),
                tracks.labels[start : start + len(rows)].ravel().astype(np.bool_),
                part.ravel(),
                pa.array(chosen.ravel(), mask=unknown.ravel()),
            ]
            arrays = [
                pa.array(column, type=field.type)
                for column, field in zip(columns, schema, strict=True)
            ]
            write(pa.table(arrays, schema=schema))


@contextmanager
def parquet(path: Path, schema: Any) -> Iterator[Any]:
    """Open a Parquet file that appears whole or not at all.

    Yields
    ------
    callable
        Appends a ``pyarrow.Table`` of the schema.
    """
    _pyarrow()
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        whole(path) as beside,
        pq.ParquetWriter(beside, schema, compression="zstd") as writer,
    ):
        yield writer.write_table


def embeddings_schema(size: int) -> Any:
    r"""Return the columns of ``predict --embeddings``: one row a file.

    ``path`` (``\xNN`` where it is not UTF-8), ``seconds``, ``embedding`` (mean over the
    windows), ``starts`` (seconds) and ``windows`` (an embedding each), all in float32.
    """
    pa = _pyarrow()
    vector = pa.list_(pa.float32(), size)
    return pa.schema(
        [
            ("path", pa.string()),
            ("seconds", pa.float64()),
            ("embedding", vector),
            ("starts", pa.list_(pa.float32())),
            ("windows", pa.list_(vector)),
        ]
    )


def table(columns: Sequence[Sequence[Any]], schema: Any) -> Any:
    """Return a ``pyarrow.Table`` of the schema."""
    pa = _pyarrow()
    arrays = [
        pa.array(column, type=field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.table(arrays, schema=schema)


def _chosen(
    scores: npt.NDArray[np.float32], thresholds: npt.NDArray[np.float64] | None
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    if thresholds is None:
        thresholds = np.full(scores.shape[1], np.nan)
    unknown = np.broadcast_to(np.isnan(thresholds), scores.shape)
    return scores >= thresholds, unknown


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise TrainError(
            "Parquet needs pyarrow, which is not installed",
            remedy="install Lyre with its `train` extra: pip install '.[train]'",
        ) from error
    return pyarrow
