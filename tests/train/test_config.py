from pathlib import Path

import pytest
from pydantic import BaseModel

from train import config
from train.config import Config
from train.errors import TrainError
from train.models.pons_waveform import PonsWaveform


def test_printed_configuration_reads_back_equal(tmp_path: Path) -> None:
    changed = config.load(
        None,
        [
            "model.filters=4",
            "optimizer.name=sgd",
            "optimizer.momentum=0.9",
            'loss.positive_weights={"drum & \\"bass\\"" = 2.5}',
            "validation.enabled=false",
        ],
    )
    for original in (Config(), changed):
        file = tmp_path / "run.toml"
        file.write_text(config.to_toml(original))
        assert config.load(file) == original
        file.write_text(config.to_toml(original, documented=False))
        assert config.load(file) == original


def test_every_key_is_documented() -> None:
    def check(model: type[BaseModel]) -> None:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"

    check(Config)
    for name in Config.model_fields:
        check(type(getattr(Config(), name)))
    printed = config.to_toml(Config())
    assert printed.count("# ") == sum(line[0:1] == "#" for line in printed.split("\n"))


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[training]\nepochs = 7\nbatch_size = 8\n")
    found = config.load(file, ["training.epochs=3", "validation.monitor=pr_auc"])
    assert found.training.epochs == 3
    assert found.training.batch_size == 8
    assert found.validation.monitor == "pr_auc"


def test_sizes_of_the_file_are_forgotten_where_another_model_is_named(
    tmp_path: Path,
) -> None:
    file = tmp_path / "run.toml"
    file.write_text(config.to_toml(Config()))
    found = config.load(file, ["model.filters=4", "model.name=pons-waveform"])
    assert found.model == PonsWaveform(filters=4)
    assert found == Config(model=PonsWaveform(filters=4))
    same = config.load(file, [f"model.name={Config().model.name}"])
    assert same == Config()


def test_model_follows_the_export_where_none_is_named() -> None:
    found = config.load(None, ["model.filters=8"], model_name="pons-waveform")
    assert found.model == PonsWaveform(filters=8)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epoch=3", "training.epoch: no such key; the nearest valid one is"),
        ("model.filtres=3", "model.filtres: .*'filters'"),
        ("modell.filters=3", "modell: .*'model'"),
        ("model.name=pons", "model.name: .*'pons-logmel'.*, not 'pons'"),
        ("training.epochs=0", "training.epochs: .*greater than 0, not 0"),
        ("training.batch_size=1_000_000_000_000", "batch_size: .*at most 4294967295"),
        ("model.filters=1_000_000_000_000", "model.filters: .*at most 4294967295"),
        ("optimizer.learning_rate=inf", "optimizer.learning_rate: .*finite"),
        ("input.window_seconds=inf", "input.window_seconds: .*finite"),
        ("input.window_seconds=1e300", "input.window_seconds: .*to 86400"),
        ("augment.time_mask_seconds=1e308", "time_mask_seconds: .*to 86400"),
        ("schedule.warmup_epochs=1e308", "warmup_epochs: .*to 4294967295"),
        ("schedule.every_epochs=1e308", "every_epochs: .*to 4294967295"),
        ("schedule.cycle_epochs=1e308", "cycle_epochs: .*to 4294967295"),
        ('loss.positive_weights={"jazz" = 0}', "weights.jazz: .*greater than 0"),
        ('loss.positive_weights={"jazz" = inf}', "weights.jazz: .*finite"),
        ("training.epochs=many", "training.epochs: .*not 'many'"),
        ("input.window_position=left", "input.window_position: .*'random' or 'centre'"),
        ("epochs=3", "sets nothing"),
        ("training.epochs", "sets nothing"),
        ("training=3", "sets nothing"),
    ],
)
def test_bad_override_is_told_in_one_sentence(override: str, message: str) -> None:
    with pytest.raises(TrainError, match=message) as caught:
        config.load(None, [override])
    assert "\n" not in str(caught.value)


def test_bad_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="no such configuration"):
        config.load(tmp_path / "absent.toml")
    file = tmp_path / "run.toml"
    file.write_text("[training\n")
    with pytest.raises(TrainError, match=r"run\.toml: not valid TOML"):
        config.load(file)
    file.write_text("[training]\nseeds = 1\n")
    with pytest.raises(TrainError, match=r"run\.toml, training\.seeds: .*'seed'"):
        config.load(file)
