"""The tables of docs/scale.md are those that follow from the measured costs."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks import scale

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
_BENCHMARKS = (_ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
_PRICES = scale.Prices()


def test_the_page_has_the_tables_of_the_formula() -> None:
    assert scale.costs(_PRICES) in _PAGE
    assert scale.times(_PRICES) in _PAGE
    (told,) = re.findall(r"from (\d+) machines on", _PAGE)
    assert int(told) == round(scale.knee(_PRICES))


@pytest.mark.parametrize("stage", [*scale.STAGES, scale.TRAIN, scale.PREDICT])
def test_each_cost_is_a_measured_figure(stage: scale.Stage) -> None:
    assert stage.source in _BENCHMARKS


def test_a_million_clips_of_twenty_milliseconds() -> None:
    # 20.07 ms x 10^6 / 3,600,000 ms an hour
    (scan,) = [each for each in scale.STAGES if each.name == "ingest audio"]
    assert scale.core_hours(scan, 1_000_000) == pytest.approx(5.575, abs=1e-3)


def test_machines_share_the_one_part_and_not_the_other() -> None:
    shared, alone = scale.hours(10_000_000, 1, _PRICES)
    # (20.07 + 32.4) ms x 10^7 on 16 cores; 13.42 + 86 + 60.2 + 36 us x 10^7
    assert shared == pytest.approx(9.109, abs=1e-3)
    assert alone == pytest.approx(0.543, abs=1e-3)
    assert scale.hours(10_000_000, 10, _PRICES) == pytest.approx((shared / 10, alone))


def test_other_prices_are_counted() -> None:
    # 10 x 2 / 10.9 s x 10^6 / 3600 x 0.08 a core-hour
    said = CliRunner().invoke(scale.app, ["--core-hour", "0.08"])
    assert said.exit_code == 0
    assert "| train, 10 epochs, money | 40.8 |" in said.output
