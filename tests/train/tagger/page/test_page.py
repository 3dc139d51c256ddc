"""The report, as HTML and as a browser shows it."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset.labels import LabelledTrack
from dataset.manifest import FunnelRow
from train import metrics
from train.tagger.evaluation import Evaluation
from train.tagger.measures import slices
from train.tagger.measures.calibration import calibrate
from train.tagger.measures.decisions import choose, judge
from train.tagger.measures.intervals import bootstrap
from train.tagger.page import Contents, build, charts

_HOSTILE = "<script>document.title='x'</script>\"'&"
_TAGS = ["rock", _HOSTILE, "日本語ロック", "polka"]
_SECTIONS = [
    "Tags",
    "Precision and recall",
    "Calibration",
    "Tags taken for others",
    "Slices",
    "Training",
    "Cleaning",
    "How it was made",
]


def _contents() -> Contents:
    rng = np.random.default_rng(0)
    labels = rng.random((120, 4)) < (0.5, 0.3, 0.2, 0.0)
    scores = np.clip(rng.random((120, 4)) * 0.6 + 0.3 * labels, 0, 1).astype("f4")
    rows = [
        LabelledTrack(
            *("msd", f"TR{number}", "test", "shards/a", 0, 10, []),
            *(f"artist {number % 25}", None, None, None),
            [None, "1990s", _HOSTILE][number % 3],
        )
        for number in range(len(labels))
    ]
    thresholds = choose(labels, scores)
    found = Evaluation(
        model=Path("best.keras"),
        export=Path("export"),
        label_set=_HOSTILE,
        split="test",
        windows=16,
        notes=(f"note {_HOSTILE}",),
        metrics=metrics.compute(labels, scores, _TAGS),
        decisions=judge(labels, scores, thresholds, _TAGS),
        calibration=calibrate(labels, scores, _TAGS),
        intervals=bootstrap(
            labels, scores, [row.artist_key for row in rows], replicates=20
        ),
        slices={"decade": slices.slice_by("decade", rows, labels, scores, _TAGS)},
        folder=None,
    )
    history = [
        {"epoch": number, "loss": 1 / number, "val_loss": None, "val_pr_auc": 0.1}
        for number in (1, 2)
    ]
    funnel = [FunnelRow(rule_order=1, rule=_HOSTILE, n_excluded=40, n_left=160)]
    return Contents(
        _HOSTILE, found, labels, scores, history, funnel, {"model": _HOSTILE}
    )


@pytest.fixture(scope="module")
def contents() -> Contents:
    return _contents()


class _Reader(HTMLParser):
    """Collects the tree: open elements must close in order."""

    _VOID = frozenset({"meta", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.addresses: list[str | None] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses += [
            value for name, value in attrs if name in ("href", "src", "srcset")
        ]
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def test_everything_is_escaped_and_nothing_comes_from_outside(
    contents: Contents,
) -> None:
    page = build(contents)
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    assert reader.headings == _SECTIONS
    assert not reader.names & {"script", "img", "iframe", "object", "form", "a"}
    assert reader.addresses == ["data:,"]
    assert "url(" not in page
    assert "@import" not in page
    assert "<script" not in page
    assert "document.title" in page


def test_headline_is_that_of_the_metrics(contents: Contents) -> None:
    page = build(contents)
    result = contents.found.metrics
    shown = re.findall(r'<dd class="big">([^<]+)</dd>', page)
    assert [float(value) for value in shown[:2]] == pytest.approx(
        [result.roc_auc, result.pr_auc], abs=5e-4
    )
    assert f"Left out of macro: {_TAGS[3]}" in page


def test_sections_without_content_are_left_out(contents: Contents) -> None:
    bare = Contents(
        "model.keras", contents.found, contents.labels, contents.scores, [], [], {}
    )
    reader = _Reader()
    reader.feed(build(bare))
    assert reader.headings == [
        name for name in _SECTIONS if name not in ("Training", "Cleaning")
    ]


def test_a_point_lies_where_its_axes_say() -> None:
    axes = charts.Axes((0, 10), (0, 1), "x", "y")
    assert axes.place(0, 0) == (40, 206)
    assert axes.place(10, 1) == (330, 10)
    drawing = charts.chart("title", axes, [charts.Line("a", [(0, 0), (5, 0.5)])])
    assert "M40.0,206.0L185.0,108.0" in drawing


@pytest.mark.browser
@pytest.mark.parametrize(("width", "mobile"), [(1280, False), (390, True)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_browser_shows_it(
    contents: Contents,
    browser: Any,
    tmp_path: Path,
    width: int,
    mobile: bool,
    theme: str,
) -> None:
    file = tmp_path / "report.html"
    file.write_text(build(contents), encoding="utf-8")
    feature = {"name": "prefers-color-scheme", "value": theme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(file.as_uri())
    assert browser.get_log("browser") == []
    assert browser.title == f"{_HOSTILE}: evaluation"
    assert (
        browser.execute_script("return performance.getEntriesByType('resource').length")
        == 0
    )
    # Nothing sticks out to the right, and text stands off from its ground.
    assert (
        browser.execute_script("return document.documentElement.scrollWidth") <= width
    )
    ink, paper = (
        browser.execute_script(f"return getComputedStyle(document.body).{name}")
        for name in ("color", "backgroundColor")
    )
    brightness = [sum(map(int, re.findall(r"\d+", each)[:3])) for each in (ink, paper)]
    assert (brightness[0] < brightness[1]) == (theme == "light")
    assert abs(brightness[0] - brightness[1]) > 500
    rows = browser.execute_script(
        "return [...document.querySelectorAll('tbody th')].map(row => row.textContent)"
    )
    assert set(_TAGS) <= set(rows)
