import librosa
import numpy as np
import pytest

from sample.arrangements import PARTS, TAG_PARTS
from sample.instruments import RATE, band, hertz, piano, pluck, saw, voice
from sample.music import Piece, _compose, render
from sample.randomness import stream
from sample.score import compose, every, place
from sample.styles import STYLES


def _piece(style: str, *tags: str, song: int = 1, take: int = 0) -> Piece:
    return Piece(0, song, 2, style, frozenset(tags), take)


def _spectrum(samples) -> tuple[np.ndarray, np.ndarray]:
    power = np.abs(np.fft.rfft(samples.astype(float))) ** 2
    return np.fft.rfftfreq(len(samples), 1 / RATE), power


@pytest.mark.parametrize("style", [style.name for style in STYLES])
def test_a_clip_is_thirty_seconds_without_a_gap(style: str) -> None:
    clip = render(_piece(style, style, "instrumental", "90s"))
    assert clip.shape == (661_500,)
    assert clip.dtype == np.float32
    assert np.abs(clip).max() == pytest.approx(0.8, abs=0.01)
    assert librosa.effects.split(clip, top_db=60).tolist() == [[0, len(clip)]]


def test_every_style_has_an_arrangement() -> None:
    assert {style.name for style in STYLES} == PARTS.keys()


@pytest.mark.parametrize(
    ("style", "tag"),
    [
        *(("ambient", tag) for tag in TAG_PARTS),
        ("ambient", "drum and bass"),  # a part of another style
        ("hip-hop", "male vocalist"),
        ("pop", "female vocalist"),
    ],
)
def test_every_tag_leaves_a_trace(style: str, tag: str) -> None:
    plain = render(_piece(style, style, "00s"), 8)
    tagged = render(_piece(style, style, "00s", tag), 8)
    assert np.isfinite(tagged).all()
    # Their own levels aside, at least a hundredth of the power is another.
    plain, tagged = plain / np.linalg.norm(plain), tagged / np.linalg.norm(tagged)
    assert np.linalg.norm(tagged - plain * np.dot(plain, tagged)) ** 2 > 0.01


def test_same_piece_same_samples() -> None:
    piece = _piece("jazz", "jazz", "piano", "60s")
    assert (render(piece, 5) == render(piece, 5)).all()


def test_another_take_is_the_same_song_at_another_place() -> None:
    one = render(_piece("rock", "rock", "00s"))
    two = render(_piece("rock", "rock", "00s", take=1))
    assert (one != two).any()
    near = np.fft.irfft(np.fft.rfft(one) * np.conj(np.fft.rfft(two)))
    assert near.max() > 0.5 * np.dot(one, one)


def test_older_recordings_have_less_band_width() -> None:
    top = []
    for decade in ("60s", "70s", "80s", "90s", "00s"):
        frequency, power = _spectrum(render(_piece("rock", "rock", decade)))
        share = np.cumsum(power) / power.sum()
        top.append(frequency[np.searchsorted(share, 0.999)])
    assert top == sorted(top)
    assert top[0] < 3_200
    assert top[-1] > 7_500


def test_a_high_voice_lies_above_a_low_one() -> None:
    def pitch(sex: str) -> float:
        sung = render(_piece("ambient", "ambient", f"{sex} vocalist", "00s"))
        plain = render(_piece("ambient", "ambient", "00s"))
        both = [np.fft.rfft(clip * 0.8 / np.abs(clip).max()) for clip in (sung, plain)]
        frequency = np.fft.rfftfreq(len(sung), 1 / RATE)
        extra = np.maximum(np.abs(both[0]) ** 2 - np.abs(both[1]) ** 2, 0)
        return float((frequency * extra).sum() / extra.sum())

    assert pitch("female") > 1.3 * pitch("male")


def test_dance_has_a_kick_on_every_beat() -> None:
    def kicks(*tags: str) -> np.ndarray:
        """Tell of each beat whether its first quarter is louder than its last."""
        piece = _piece("pop", "pop", "instrumental", "00s", *tags)
        beat = _compose(piece, stream(piece.seed, "music", piece.song)).beat
        # A clip begins on a beat. A kick lies below 200 Hz, and so does the bass.
        low = band(render(piece), "lowpass", 200.0)
        beats = low[: len(low) // beat * beat].reshape(-1, 4, beat // 4)
        power = np.square(beats).sum(axis=2)
        return power[:, 0] > power[:, 3]

    assert kicks("dance").all()
    # Pop alone has claps on two and four, and no kick.
    plain = kicks()
    assert (plain[1:] != plain[:-1]).all()


@pytest.mark.parametrize("midi", [45, 57, 69])
def test_pitched_sounds_have_their_pitch(midi: int) -> None:
    rng = np.random.default_rng(0)
    sounds = (
        piano(midi, RATE),
        saw(midi, RATE),
        pluck(rng, midi, RATE),
        voice(rng, midi, RATE, 1.0),
    )
    for sound in sounds:
        spectrum = np.fft.rfft(sound)
        likeness = np.fft.irfft(np.abs(spectrum) ** 2)[: RATE // 2]
        low = round(0.7 * RATE / hertz(midi))
        high = round(1.4 * RATE / hertz(midi))
        period = low + int(np.argmax(likeness[low:high]))
        assert RATE / period == pytest.approx(hertz(midi), rel=0.03)


def test_what_hangs_over_the_end_sounds_at_the_beginning() -> None:
    loop = np.zeros(10, dtype=np.float32)
    place(loop, 8, np.ones(5, dtype=np.float32), 0.5)
    assert loop.tolist() == [0.5, 0.5, 0.5, 0, 0, 0, 0, 0, 0.5, 0.5]


def test_steps_fill_sixteen_beats() -> None:
    assert every(4) == [0, 4, 8, 12]
    assert every(4, 2) == [2, 6, 10, 14]
    assert len(every(0.25)) == 64


def test_tempo_becomes_a_round_number_of_samples() -> None:
    score = compose(np.random.default_rng(0), 120, minor=False)
    # 11,025 samples are 172.3 times 64; the next product of primes up to 11 is 175.
    assert score.beat == 175 * 64
    assert score.length == 16 * score.beat
