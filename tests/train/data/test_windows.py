from dataset.manifest import Features
from train.config import Input
from train.data.windows import window_of


def test_auto_is_what_the_architecture_says(mel_features: Features) -> None:
    for own in ("window", "track", "none"):
        found = window_of(mel_features, Input(window_seconds=1), own)
        assert found.standardise == own
        # 16,000 / 512 = 31.25 frames a second.
        assert found.shape == [31, 16]


def test_what_is_configured_wins(mel_features: Features) -> None:
    chosen = Input(window_seconds=1, standardise="track")
    assert window_of(mel_features, chosen, "none").standardise == "track"
