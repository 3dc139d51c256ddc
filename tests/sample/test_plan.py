import numpy as np
import pytest

from sample.plan import draw, largeness
from sample.styles import STYLES
from sample.vocabulary import BIT, DECADES, NAMES, TRUE_TAGS


def _share(plan, name: str) -> float:
    bit = np.uint64(1 << BIT[name])
    return float(((plan.true_tags & bit) > 0).mean())


def test_same_seed_same_songs() -> None:
    one, two, other = draw(100, 3), draw(100, 3), draw(100, 4)
    assert (one.track_id == two.track_id).all()
    assert (one.true_tags == two.true_tags).all()
    assert one.artist_name == two.artist_name
    assert (one.track_id != other.track_id).any()


def test_ids_are_distinct() -> None:
    plan = draw(20_000, 0)
    for ids in (plan.track_id, plan.song_id, plan.sevendigital, plan.artist_id):
        assert len(set(ids.tolist())) == len(ids)
    assert len(set(plan.artist_name)) == len(plan.artist_name)
    assert plan.sevendigital.min() >= 1_000


def test_tags_follow_the_style() -> None:
    plan = draw(500, 0)
    for song in range(plan.size):
        style = STYLES[plan.style[song]]
        tags = set(plan.tag_names(song))
        assert set(style.always) <= tags
        assert len(tags & set(DECADES)) == 1
        assert f"{plan.true_year[song] // 10 % 10}0s" in tags
        genres = {tag.name for tag in TRUE_TAGS if tag.category == "genre"}
        assert tags & genres <= set(style.always) | set(style.sometimes)


def test_every_tag_has_several_artists_in_a_demonstration() -> None:
    plan = draw(500, 0)
    for name in NAMES:
        having = (plan.true_tags & np.uint64(1 << BIT[name])) > 0
        assert len(np.unique(plan.artist[having])) >= 8, name


def test_an_artist_has_about_five_songs() -> None:
    plan = draw(500, 0)
    songs = np.bincount(plan.artist)
    assert len(songs) == 100
    assert songs.min() >= 1
    # A skewed few have many, but none decides a split alone.
    assert 10 < songs.max() < 50


@pytest.mark.parametrize(("size", "expected"), [(200, 0.0), (5_000, 0.0), (10**6, 1.0)])
def test_largeness(size: int, expected: float) -> None:
    assert largeness(size) == pytest.approx(expected)


def test_share_of_tagged_songs() -> None:
    assert draw(2_000, 0).tagged.mean() == pytest.approx(0.94, abs=0.02)
    assert draw(1_000_000, 0).tagged.mean() == pytest.approx(0.505, abs=0.005)


def test_genres_have_a_long_tail() -> None:
    plan = draw(5_000, 0)
    genres = sorted(
        (_share(plan, tag.name) for tag in TRUE_TAGS if tag.category == "genre"),
        reverse=True,
    )
    assert genres[0] > 0.12
    assert genres[0] > 3 * genres[-1] > 0.06
