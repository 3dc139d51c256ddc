"""What people write themselves: settings, configurations, lists of ids, queries."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import numpy as np

from fuzz.readers.reader import Reader
from lyre import settings
from train import config
from train.config import Config, to_toml
from train.data.selection import read_ids
from warehouse.query import ask

_ROOT = Path(__file__).resolve().parents[2]
_OF_2019 = {
    "model": {"n_dense_units": 500, "n_filters": 16},
    "model-training": {
        "optimizer": {
            "name": "Adam",
            "learning_rate": 0.001,
            "max_learning_rate": 0,
        },
        "batch_size": 64,
        "interleave_cycle_length": 4,
        "early_stop_patience": 5,
        "early_stop_min_delta": 0.2,
        "reduceLRoP_patience": 1,
        "reduceLRoP_factor": 0.5,
        "reduceLRoP_min_lr": 0.00001,
        "shuffle": True,
        "shuffle_buffer_size": 1000,
        "split": [80, 10, 10],
        "window_length": 15,
        "window_random": True,
    },
    "tags": {"top": 50, "with": ["rock"], "without": None, "merge": [["a", "b"]]},
    "tfrecords": {"n_mels": 96, "n_tags": 155, "sample_rate": 16000},
}
_QUERIES = (
    "select track_id, tags[1] as tag from tracks where year >= 1990 order by 1 limit 5",
    "with t as (select unnest(tags) as tag from tracks) select tag, count(*) n from t "
    "group by all qualify row_number() over (order by n desc) <= 3",
    "select * from tracks join tracks as other using (track_id) -- all",
)


def _settings_file(folder: Path) -> Sequence[Path]:
    path = folder / settings.FILE_NAME
    text = (_ROOT / settings.FILE_NAME).read_text(encoding="utf-8")
    text += '\n[sources.datasets.own]\nformat = "plain"\npaths = ["own.csv"]\n'
    path.write_text(text, encoding="utf-8")
    return [path]


def _configuration(folder: Path) -> Sequence[Path]:
    path = folder / "config.toml"
    path.write_text(to_toml(Config()), encoding="utf-8")
    return [path]


def _configuration_of_2019(folder: Path) -> Sequence[Path]:
    path = folder / "config.json"
    path.write_text(json.dumps(_OF_2019), encoding="utf-8")
    return [path]


def _ids(folder: Path) -> Sequence[Path]:
    ids = [f"TR{number:016}" for number in range(40)]
    (folder / "ids.txt").write_text("# comment\n" + "\n".join(ids))
    np.save(folder / "ids.npy", np.array(ids))
    return [folder / "ids.txt", folder / "ids.npy"]


def _queries(folder: Path) -> Sequence[Path]:
    made = []
    for number, query in enumerate(_QUERIES):
        made.append(folder / f"{number}.sql")
        made[-1].write_text(query)
    return made


@cache
def _warehouse() -> Path:
    path = Path(mkdtemp()) / "lyre.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table tracks as select 'TR' || range as track_id, "
            "['rock', 'pop'] as tags, 1980 + range as year from range(20)"
        )
    return path


def _ask(path: Path) -> object:
    text = path.read_bytes().decode(errors="replace")
    with ask(_warehouse(), text, seconds=3.0) as answer:
        return [row for row, _ in zip(answer.rows, range(1000), strict=False)]


READERS: Sequence[Reader] = (
    Reader("lyre-toml", _settings_file, settings.load),
    Reader("train-config", _configuration, config.load),
    Reader("config-of-2019", _configuration_of_2019, config.load),
    Reader("ids", _ids, read_ids),
    Reader("query", _queries, _ask),
)
