import numpy as np

from train.tagger.measures.confusion import Confused, confusion, most_confused


def test_shares_by_hand() -> None:
    truth = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1]], bool)
    chosen = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0], [1, 0, 1]], bool)
    shares, numbers = confusion(truth, chosen)
    # Tag 0 is in tracks 0 to 2: recall 2/3. Of tracks 1 and 2, which lack tag 1, one
    # got it; of 0 to 2, which lack tag 2, two got it.
    np.testing.assert_allclose(shares[0], [2 / 3, 1 / 2, 2 / 3])
    np.testing.assert_array_equal(numbers[0], [0, 1, 2])
    # No track has tag 1 and lacks tag 0.
    assert np.isnan(shares[1, 0])
    assert shares[2, 0] == 1.0
    assert most_confused(shares, numbers, ["a", "b", "c"], 2) == [
        Confused("a", "c", 2, 2 / 3),
        Confused("a", "b", 1, 1 / 2),
    ]


def test_perfect_decisions_confuse_nothing() -> None:
    truth = np.eye(3, dtype=bool)
    shares, numbers = confusion(truth, truth)
    np.testing.assert_array_equal(shares, np.eye(3))
    assert most_confused(shares, numbers, ["a", "b", "c"]) == []
