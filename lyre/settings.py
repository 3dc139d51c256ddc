"""The one configuration file, ``lyre.toml``: where things lie and what is measured.

Environment variables (``LYRE_DATA_DIR``, ``LYRE_SOURCES__AUDIO``, ...) override the
file; flags of the commands override both. Thresholds of the cleaning rules are not
here: they are dbt vars, documented in ``dbt_project.yml``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as EnvironmentValueError

from lyre.documents import read_toml
from lyre.errors import LyreError, said
from lyre.validation import first_problem, nearest

FILE_NAME = "lyre.toml"
_PREFIX = "LYRE_"
_FILE_VARIABLE = "LYRE_CONFIG"
_POSITIVE = Field(gt=0, allow_inf_nan=False)
_FOLDERS = ("data_dir", "temp_dir", "warehouse_path", "exports_dir", "runs_dir")


class SettingsError(LyreError):
    """``lyre.toml`` or a ``LYRE_`` variable is not as it should be."""


class Dataset(BaseModel):
    """A tag data set other than the MSD."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["jamendo", "magnatagatune", "fma", "plain"] = Field(
        description="How its files are to be read."
    )
    paths: list[Path] = Field(
        min_length=1, description="Its files, or folders that hold them."
    )
    audio: Path | None = Field(
        None,
        description="Its folder of clips; default: they lie in sources.audio, under "
        "the data set's name or right there.",
    )


class Sources(BaseModel):
    """Where the source files lie; relative paths start at ``root``."""

    model_config = ConfigDict(extra="forbid")

    root: Path | None = Field(
        None, description="Folder of the sources; default: <data_dir>/sources."
    )
    msd: list[Path] = Field(
        [Path("msd_summary_file.h5")],
        min_length=1,
        description="MSD files: summary, aggregate or song files in HDF5, folders of "
        "them, or track_metadata.db.",
    )
    lastfm: Path = Field(
        Path("lastfm_tags.db"),
        description="Last.fm tags: the SQLite database, a folder of three CSV files, "
        "or a folder of JSON files.",
    )
    mismatches: Path = Field(
        Path("sid_mismatches.txt"), description="The MSD's list of wrong matches."
    )
    duplicates: Path = Field(
        Path("msd_duplicates.txt"), description="The MSD's list of duplicate groups."
    )
    unique_tracks: Path | None = Field(
        None, description="The MSD's list of all tracks, unique_tracks.txt."
    )
    unique_artists: Path | None = Field(
        None, description="The MSD's list of all artists, unique_artists.txt."
    )
    unique_tags: Path | None = Field(
        None, description="The list of all Last.fm tags, lastfm_unique_tags.txt."
    )
    cliques: list[Path] = Field(
        default_factory=list,
        description="Second-hand songs: shs_dataset_train.txt, shs_dataset_test.txt.",
    )
    audio: Path = Field(Path("audio"), description="Folder tree of audio clips.")
    splits: dict[str, dict[str, Path]] = Field(
        default_factory=dict,
        description="Published splits: name, then train/validation/test to a file.",
    )
    datasets: dict[str, Dataset] = Field(
        default_factory=dict, description="Other tag data sets, by name."
    )


class Audio(BaseModel):
    """What is measured in the clips, and with how much of the machine."""

    model_config = ConfigDict(extra="forbid")

    silence_thresholds_db: list[Annotated[float, _POSITIVE]] = Field(
        [60.0],
        min_length=1,
        description="Decibels below the loudest frame at which a frame is silent.",
    )
    fingerprints: bool = Field(
        False,
        description="Take the acoustic fingerprint, which finds near duplicates.",
    )
    workers: int = Field(0, ge=0, description="Decoding processes; 0: one a core.")
    timeout_seconds: Annotated[float, _POSITIVE] = Field(
        120.0, description="Time after which a clip counts as hanging."
    )
    batch_files: int = Field(
        500, gt=0, description="Clips whose rows are committed together."
    )


class Spark(BaseModel):
    """The cluster that ``--engine spark`` works on."""

    model_config = ConfigDict(extra="forbid")

    master: str = Field(
        "local[*]",
        description="Where Spark is: local[4] for cores of this machine, "
        "spark://host:7077, or yarn.",
    )
    options: dict[str, str] = Field(
        default_factory=dict,
        description="Options of Spark, such as spark.task.maxFailures.",
    )


class Settings(BaseSettings):
    """All settings, validated; `load` reads them."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid"
    )

    data_dir: Path = Field(Path("data"), description="Folder of all that Lyre writes.")
    warehouse_path: Path | None = Field(
        None, description="The DuckDB file; default: <data_dir>/lyre.duckdb."
    )
    memory_limit: str | None = Field(
        None,
        pattern=r"^\s*\d+(\.\d+)?\s*[KMGT]i?B\s*$",
        description="Memory that dbt's DuckDB may take, such as 4GB, before it writes "
        "to disk; default: 80 per cent of the machine's.",
    )
    temp_dir: Path | None = Field(
        None,
        description="Folder for what dbt's DuckDB writes to disk meanwhile; default: "
        "beside the warehouse.",
    )
    exports_dir: Path | None = Field(
        None, description="Folder of exported data sets; default: <data_dir>/exports."
    )
    runs_dir: Path | None = Field(
        None, description="Folder of training runs; default: <data_dir>/runs."
    )
    sources: Sources = Field(default_factory=Sources)
    audio: Audio = Field(default_factory=Audio)
    spark: Spark = Field(default_factory=Spark)

    @property
    def warehouse(self) -> Path:
        """Path of the DuckDB file."""
        return self.warehouse_path or self.data_dir / "lyre.duckdb"

    @property
    def exports(self) -> Path:
        """Folder that holds one folder per exported data set."""
        return self.exports_dir or self.data_dir / "exports"

    @property
    def runs(self) -> Path:
        """Folder that holds one folder per training run."""
        return self.runs_dir or self.data_dir / "runs"

    def source(self, path: Path) -> Path:
        """Resolve a path of ``[sources]`` against its root."""
        return (self.sources.root or self.data_dir / "sources") / path

    @property
    def dataset_audio(self) -> dict[str, Path]:
        """Folders of clips of the data sets that have one of their own, by name."""
        return {
            name: self.source(dataset.audio)
            for name, dataset in self.sources.datasets.items()
            if dataset.audio is not None
        }

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file, whose values the initialiser gets."""
        return env_settings, init_settings


def load(path: Path | None = None) -> Settings:
    """Read the settings.

    Parameters
    ----------
    path : Path, optional
        The file; by default the one that ``LYRE_CONFIG`` names, else ``lyre.toml`` in
        the working folder. Only the last may be absent: then the defaults hold.
        Relative paths inside the file start at the file's folder, those of
        environment variables at the working folder.

    Raises
    ------
    SettingsError
        The file is missing or no TOML, or a key or value is not valid.
    """
    file = _find(path)
    values = {} if file is None else _read(file)
    try:
        _check_variables(os.environ)
        return Settings(**values)
    except ValidationError as error:
        raise _explain(error, file) from error
    except EnvironmentValueError as error:
        raise SettingsError(
            f"an environment variable is not valid JSON: {error}", expected='["a", "b"]'
        ) from error


def _find(path: Path | None) -> Path | None:
    variable = os.environ.get(_FILE_VARIABLE)
    named = path or (Path(variable) if variable else None)
    if named is None:
        default = Path.cwd() / FILE_NAME
        return default if default.exists() else None
    if not named.is_file():
        raise SettingsError("no such configuration file", where=named)
    return named.absolute()


def _read(file: Path) -> dict[str, Any]:
    values = read_toml(file, SettingsError)
    if _holds_nul(values):
        raise SettingsError("a text holds NUL, which no path may", where=file)
    values.setdefault("data_dir", "data")
    # All texts of the sources but names and formats are paths.
    for key in (*_FOLDERS, "sources"):
        if key in values:
            values[key] = _at_home(values[key], f"{file}, {key}")
    for table in (values, values.get("sources")):
        if isinstance(table, dict):
            _resolve(table, file)
    return values


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_nul, value.values()))
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _at_home(value: object, where: str) -> object:
    """Put a user's home in the place of the ``~`` at the start of every path."""
    if isinstance(value, dict):
        return {key: _at_home(each, f"{where}.{key}") for key, each in value.items()}
    if isinstance(value, list):
        return [_at_home(each, where) for each in value]
    if not isinstance(value, str) or not value.startswith("~"):
        return value
    try:
        return str(Path(value).expanduser())
    except RuntimeError as error:  # `~name` of nobody
        raise SettingsError(said(error), where=where) from error


def _resolve(table: dict[str, Any], file: Path) -> None:
    """Let the folders of a table start at the file's folder."""
    for key in (*_FOLDERS, "root"):
        if isinstance(table.get(key), str):
            table[key] = file.parent / table[key]


def _check_variables(environment: Mapping[str, str]) -> None:
    """Refuse variables that name no key; pydantic passes over them in silence."""
    known = {f"{_PREFIX}{name}".upper() for name in Settings.model_fields}
    for variable in environment:
        head = variable.upper().split("__")[0]
        if head.startswith(_PREFIX) and head not in known | {_FILE_VARIABLE}:
            raise SettingsError(
                f"no such setting{nearest(head, known)}", where=variable
            )


def _explain(error: ValidationError, file: Path | None) -> SettingsError:
    place, what = first_problem(error, Settings)
    return SettingsError(what, where=f"{file or 'settings'}, {place}")
