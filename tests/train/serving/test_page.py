"""The page as a person uses it, in headless Chromium."""

import base64
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from train.serving.server import Server
from train.tagger import Tagger

pytestmark = pytest.mark.browser

_CLIP = "TRWJAZW128F42760DD_test.mp3"
_HOSTILE_NAME = "<img src=x onerror=document.title='hacked'>.mp3"
_WAIT_SECONDS = 60


@pytest.fixture
def opened(browser: Any, server: Server) -> Any:
    """Return a browser that has just opened the page."""
    _emulate(browser, "light", 1280, False)
    browser.get(server.url)
    _until(browser, "return model !== null")
    browser.get_log("browser")
    return browser


def _emulate(browser: Any, theme: str, width: int, mobile: bool) -> None:
    feature = {"name": "prefers-color-scheme", "value": theme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def _until(browser: Any, script: str) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, _WAIT_SECONDS, 0.1).until(
        lambda driver: driver.execute_script(script)
    )


def _choose(browser: Any, file: Path) -> None:
    browser.find_element("id", "file").send_keys(str(file))


def _texts(browser: Any, selector: str) -> list[str]:
    found = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)",
        selector,
    )
    return [str(text) for text in found]


def _is_unharmed(browser: Any) -> bool:
    images = browser.execute_script("return document.images.length")
    return browser.title == "Lyre: tag a song" and images == 0


@pytest.mark.parametrize(("width", "mobile"), [(1280, False), (390, True)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_song_is_tagged_and_followed_as_it_plays(
    opened: Any, tagger: Tagger, real: Path, width: int, mobile: bool, theme: str
) -> None:
    _emulate(opened, theme, width, mobile)
    _choose(opened, real / "music" / _CLIP)
    _until(opened, "return song && song.mean")
    expected = tagger.predict(real / "music" / _CLIP, hop=0.5)
    top = expected.top(3)
    assert _texts(opened, "#whole li span:first-child") == [tag for tag, _ in top]
    shown = [float(text) for text in _texts(opened, "#whole li span:last-child")]
    assert shown == pytest.approx([score for _, score in top], abs=0.006)
    assert _texts(opened, "#names div") == [tag for tag, _ in top]
    opened.execute_script("player.play()")
    _until(opened, "return player.currentTime > 3")
    opened.execute_script("player.pause(); goTo(12)")
    _until(opened, "return !player.seeking")
    # The window whose middle is nearest to 12 s.
    middles = expected.starts + 0.5
    nearest = expected.windows[np.abs(middles - 12).argmin()]
    now = [float(text) for text in _texts(opened, "#now li span:last-child")]
    assert now == pytest.approx(sorted(nearest.tolist(), reverse=True), abs=0.006)
    assert _texts(opened, "#time") == ["0:12"]
    wide = opened.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    paper, ink = (
        opened.execute_script(f"return getComputedStyle(document.body).{name}")
        for name in ("backgroundColor", "color")
    )
    light = "rgb(255, 255, 255)"
    assert (paper == light) == (theme == "light")
    assert paper != ink
    assert opened.get_log("browser") == []
    assert _is_unharmed(opened)


def test_the_taggram_is_drawn_and_its_strongest_place_is_filled(
    opened: Any, real: Path
) -> None:
    _choose(opened, real / "music" / _CLIP)
    _until(opened, "return song && song.mean")
    strongest, faintest = opened.execute_script(
        """
        const cells = song.rows.flatMap((tag, row) =>
          song.windows.map((scores, i) => [scores[tag], row, i]));
        cells.sort((one, other) => other[0] - one[0]);
        const pen = heat.getContext("2d");
        return [cells[0], cells[cells.length - 1]].map(([score, row, i]) => {
          const middle = (song.edges[i] + song.edges[i + 1]) / 2 / song.seconds;
          return [...pen.getImageData(middle * heat.width,
            (row + 0.4) * heat.height / song.rows.length, 1, 1).data];
        });
        """
    )
    assert strongest[:3] != faintest[:3]
    assert sum(strongest[:3]) < sum(faintest[:3])
    last = opened.execute_script("return song.edges[song.edges.length - 1]")
    assert last == pytest.approx(opened.execute_script("return song.seconds"))


def test_the_keyboard_does_it_all(opened: Any, real: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(key: str) -> str:
        ActionChains(opened).send_keys(key).perform()
        return str(opened.execute_script("return document.activeElement.id"))

    assert press(Keys.TAB) == "file"
    shadow = opened.execute_script("return getComputedStyle(at('choose')).outlineStyle")
    assert shadow == "solid"
    _choose(opened, real / "music" / _CLIP)
    _until(opened, "return song && song.mean && player.readyState > 1")
    opened.execute_script("seek.focus()")
    for key, expected in (
        (Keys.ARROW_RIGHT, 5),
        (Keys.ARROW_RIGHT, 10),
        (Keys.ARROW_LEFT, 5),
        (Keys.HOME, 0),
    ):
        press(key)
        assert opened.execute_script("return player.currentTime") == pytest.approx(
            expected, abs=0.1
        )
        assert _seek_value(opened) == str(expected)
    press(" ")
    _until(opened, "return !player.paused && player.currentTime > 0.5")
    press(" ")
    assert opened.execute_script("return player.paused")
    press(Keys.END)
    assert _seek_value(opened) == str(
        round(opened.execute_script("return song.seconds"))
    )


def _seek_value(browser: Any) -> str:
    return str(browser.find_element("id", "seek").get_attribute("aria-valuenow"))


def test_a_dropped_song_whose_name_is_html_does_no_harm(
    opened: Any, real: Path
) -> None:
    # A name with a slash is none that a file can have; a drop takes any.
    content = base64.b64encode((real / "music" / _CLIP).read_bytes()).decode("ascii")
    opened.execute_script(
        """
        const bytes = Uint8Array.from(atob(arguments[0]), c => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], arguments[1]));
        const event = kind => new DragEvent(kind, {dataTransfer: data, bubbles: true,
          cancelable: true});
        document.body.dispatchEvent(event("dragover"));
        document.body.dispatchEvent(event("drop"));
        """,
        content,
        _HOSTILE_NAME,
    )
    _until(opened, "return song && song.mean")
    assert _texts(opened, "#name") == [_HOSTILE_NAME]
    assert _is_unharmed(opened)
    assert opened.get_log("browser") == []


def test_a_bad_file_is_a_sentence_and_the_next_song_is_tagged(
    opened: Any, real: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "<b>page.mp3"
    bad.write_text("<html><body>404</body></html>")
    _choose(opened, bad)
    _until(opened, "return at('status').className === 'bad'")
    assert _texts(opened, "#status") == [f"{bad.name}: not audio but HTML."]
    assert opened.execute_script("return at('result').hidden && at('progress').hidden")
    assert _is_unharmed(opened)
    song = tmp_path / "song.mp3"
    shutil.copy(real / "music" / _CLIP, song)
    _choose(opened, song)
    _until(opened, "return song && song.mean")
    assert _texts(opened, "#status") == [""]


def test_very_many_windows_are_drawn_now_and_then(opened: Any) -> None:
    # An hour at a hop of 0.02 s.
    count = opened.execute_script(
        """
        const number = 180000, scores = model.tags.map(() => 0.5), draw = show;
        const windows = new Array(16).fill(scores);
        let count = 0;
        show = () => { count += 1; song.edges = [0, 1]; };
        take({ count: number, seconds: number, window_seconds: 1, notes: [] });
        for (let i = 0; i < number; i += 16)
          take({ starts: windows.map((_, j) => i + j), windows });
        show = draw;
        take({ scores });
        return count;
        """
    )
    assert 10 < count < 1000
    assert _texts(opened, "#scale") == ["strongest: 0.50"]


def test_too_large_a_file_is_not_even_sent(opened: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(100_000_001)
    _choose(opened, large)
    _until(opened, "return at('status').className === 'bad'")
    assert _texts(opened, "#status") == ["large.wav: larger than 100 MB."]


def test_a_script_of_another_is_not_run(opened: Any) -> None:
    opened.execute_script(
        """
        const made = document.createElement("script");
        made.textContent = "document.title = 'hacked'";
        document.body.append(made);
        """
    )
    assert opened.title == "Lyre: tag a song"
    (entry,) = opened.get_log("browser")
    assert "Content Security Policy" in entry["message"]
