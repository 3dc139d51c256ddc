"""NumPy files of any bytes: an array, or a ValueError."""

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyre.arrays import load_array, load_arrays


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


_GOOD = _npy(np.arange(6, dtype=np.int32))


@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
@given(st.integers(0, len(_GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_changed_bytes_give_an_array_or_a_value_error(place: int, other: bytes) -> None:
    content = _GOOD[:place] + other + _GOOD[place + len(other) :]
    with suppress(ValueError):
        assert isinstance(load_array(io.BytesIO(content)), np.ndarray)


@pytest.mark.parametrize(
    "head",
    [
        b"{'descr': '<i4', 'fortran_order': False, 'shape': (6,)",
        b"{'descr': '<i4', 'fortran_order': False, 'shape': (-6,), }",
        b"{'descr': '<i4', 'fortran_order': False, 'shape': (1e9,), }",
        b"{'descr': '<NaN', 'fortran_order': False, 'shape': (6,), }",
        b"[[[[",
    ],
)
def test_a_damaged_head_is_told(head: bytes) -> None:
    content = _GOOD[:8] + len(head).to_bytes(2, "little") + head + _GOOD[128:]
    with pytest.raises(ValueError, match=r"\w"):
        load_array(io.BytesIO(content))


def test_objects_and_archives_are_no_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object))
    np.savez(tmp_path / "a.npz", a=np.zeros(2))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_array(tmp_path / "a.npy")
    with pytest.raises(ValueError, match="an archive of arrays"):
        load_array(tmp_path / "a.npz")


def test_an_archive_is_read_or_told(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.zeros(2), b=np.array("text"))
    assert set(load_arrays(path)) == {"a", "b"}
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("c", b"no array")
    with pytest.raises(ValueError, match="c is no array"):
        load_arrays(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="File is not a zip file"):
        load_arrays(path)


def test_an_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(2))
    with pytest.raises(ValueError, match="an array, not"):
        load_arrays(tmp_path / "a.npy")
