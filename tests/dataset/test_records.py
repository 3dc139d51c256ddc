from itertools import permutations

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import DatasetError
from dataset.records import DTYPES, Record, deserialize, serialize

MEL = np.arange(6, dtype=np.float16).reshape(3, 2) / 4
RECORD = Record("msd", "TRWJAZW128F42760DD", MEL)


@pytest.fixture(scope="session")
def example_class():
    """Give tf.train.Example, built from its definition without TensorFlow."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="lyre_test_example.proto", package="lyre_test", syntax="proto3"
    )

    def message(name, *fields):
        added = file.message_type.add(name=name)
        for number, (field, label, kind, type_name) in enumerate(fields, start=1):
            added.field.add(
                name=field, number=number, label=label, type=kind, type_name=type_name
            )
        return added

    one, many = kinds.LABEL_OPTIONAL, kinds.LABEL_REPEATED
    message("BytesList", ("value", many, kinds.TYPE_BYTES, None))
    message("FloatList", ("value", many, kinds.TYPE_FLOAT, None))
    message("Int64List", ("value", many, kinds.TYPE_INT64, None))
    feature = message(
        "Feature",
        ("bytes_list", one, kinds.TYPE_MESSAGE, ".lyre_test.BytesList"),
        ("float_list", one, kinds.TYPE_MESSAGE, ".lyre_test.FloatList"),
        ("int64_list", one, kinds.TYPE_MESSAGE, ".lyre_test.Int64List"),
    )
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    features = message(
        "Features",
        ("feature", many, kinds.TYPE_MESSAGE, ".lyre_test.Features.FeatureEntry"),
    )
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=one, type=kinds.TYPE_STRING)
    entry.field.add(
        name="value",
        number=2,
        label=one,
        type=kinds.TYPE_MESSAGE,
        type_name=".lyre_test.Feature",
    )
    message("Example", ("features", one, kinds.TYPE_MESSAGE, ".lyre_test.Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName("lyre_test.Example")
    return message_factory.GetMessageClass(found)


def filled(example_class, record):
    example = example_class()
    feature = example.features.feature
    feature["track_id"].bytes_list.value.append(record.track_id.encode())
    feature["source"].bytes_list.value.append(record.source.encode())
    feature["dtype"].bytes_list.value.append(record.audio.dtype.name.encode())
    feature["shape"].int64_list.value.extend(record.audio.shape)
    feature["audio"].bytes_list.value.append(record.audio.tobytes())
    return example


def assert_same(left, right):
    assert (left.source, left.track_id) == (right.source, right.track_id)
    assert left.audio.dtype == right.audio.dtype
    np.testing.assert_array_equal(left.audio, right.audio)


@given(
    source=st.text(max_size=5),
    track_id=st.text(max_size=30),
    dtype=st.sampled_from(DTYPES),
    shape=st.lists(st.integers(0, 20), min_size=1, max_size=3),
)
def test_round_trip(source, track_id, dtype, shape):
    audio = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    record = Record(source, track_id, audio)
    assert_same(deserialize(serialize(record)), record)


@pytest.mark.parametrize("frames", [0, 1, 63, 127, 128, 938, 20_000])
def test_bytes_are_protobufs_own(example_class, frames):
    record = Record("msd", "Tré", np.ones((frames, 96), np.float16))
    expected = filled(example_class, record).SerializeToString(deterministic=True)
    assert serialize(record) == expected


def test_features_are_found_in_any_order(example_class):
    parts = []
    for key, value in filled(example_class, RECORD).features.feature.items():
        part = example_class()
        part.features.feature[key].CopyFrom(value)
        parts.append(part.SerializeToString())
    assert len(parts) == 5
    for order in permutations(parts):
        # Concatenated messages merge.
        assert_same(deserialize(b"".join(order)), RECORD)


def test_of_a_feature_that_stands_twice_the_last_counts(example_class):
    other = Record("fma", "TR0", -MEL)
    payload = serialize(other) + serialize(RECORD)
    assert example_class.FromString(payload) == filled(example_class, RECORD)
    assert_same(deserialize(payload), RECORD)


def test_big_endian_and_strided_arrays_are_written_the_same():
    plain = np.arange(24, dtype="<i2").reshape(4, 6)
    expected = serialize(Record("msd", "T", plain))
    assert serialize(Record("msd", "T", plain.astype(">i2"))) == expected
    assert serialize(Record("msd", "T", np.asfortranarray(plain))) == expected


def test_other_dtypes_are_refused():
    with pytest.raises(DatasetError, match=r"track T: dtype float64 .*float16"):
        serialize(Record("msd", "T", np.zeros(3)))


@pytest.mark.parametrize("length", range(len(serialize(RECORD))))
def test_cut_bytes_never_give_a_record(length):
    with pytest.raises(DatasetError):
        deserialize(serialize(RECORD)[:length])


@given(st.binary(max_size=200))
def test_other_bytes_give_a_sentence(data):
    with pytest.raises(DatasetError):
        deserialize(data)


def test_a_shape_that_does_not_fit_is_told(example_class):
    example = filled(example_class, RECORD)
    example.features.feature["shape"].int64_list.value[0] = 4
    with pytest.raises(DatasetError, match=r"12 bytes .* shape \(4, 2\) of float16"):
        deserialize(example.SerializeToString())


@pytest.mark.parametrize("shape", [[], [0, 2**63 - 1], [-1, 0]])
def test_a_shape_that_no_array_has_is_told(example_class, shape):
    audio = b"" if shape else bytes(2)
    example = filled(example_class, RECORD)
    example.features.feature["audio"].bytes_list.value[0] = audio
    example.features.feature["shape"].int64_list.value[:] = shape
    with pytest.raises(DatasetError, match="shape is"):
        deserialize(example.SerializeToString())


@pytest.mark.slow
def test_tensorflow_reads_and_writes_the_same():
    tf = pytest.importorskip("tensorflow")
    expected = filled(tf.train.Example, RECORD)
    assert serialize(RECORD) == expected.SerializeToString(deterministic=True)
    parsed = tf.io.parse_single_example(
        serialize(RECORD),
        {
            "audio": tf.io.FixedLenFeature([], tf.string),
            "shape": tf.io.FixedLenFeature([2], tf.int64),
            "track_id": tf.io.FixedLenFeature([], tf.string),
        },
    )
    audio = tf.reshape(tf.io.decode_raw(parsed["audio"], tf.float16), parsed["shape"])
    np.testing.assert_array_equal(audio, MEL)
    assert parsed["track_id"].numpy() == b"TRWJAZW128F42760DD"
