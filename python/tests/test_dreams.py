"""Dreams: streams of a seed, with features, and broken ones."""

import pytest

import silicabac
from silicabac import dreams


@pytest.mark.parametrize("codec, features", [("avc", ["mbaff", "b"]), ("hevc", ["wpp", "dependent"]), ("avc", []), ("hevc", [])])
def test_a_seed_makes_a_stream_with_features(codec, features):
    stream = dreams.dream(codec, 7, features)
    assert stream == dreams.dream(codec, 7, features) != dreams.dream(codec, 8, features)
    assert set(features) <= set(dreams.features_of(codec, stream)) and set(features) <= set(dreams.features(codec))
    units = list(silicabac.Stream(stream, codec).slices())
    assert units and all(unit.write() == unit.bytes for unit in units)


@pytest.mark.parametrize("codec, kind", [("avc", "cabac-init-idc"), ("hevc", "slice-segment-address")])
def test_one_thing_is_broken(codec, kind):
    assert kind in dreams.broken_kinds(codec)
    stream, broken = dreams.broken_dream(codec, 1, kind)
    assert broken.kind == kind and broken.error and broken.element
    units = list(silicabac.Stream(stream, codec))
    assert units[broken.nal_unit].state == "damaged"


def test_what_is_not_made():
    for call in (
        lambda: dreams.dream("vvc", 1),
        lambda: dreams.dream("avc", -1),
        lambda: dreams.dream("avc", 1 << 64),
        lambda: dreams.dream("avc", 1, ["nothing"]),
        lambda: dreams.broken_dream("avc", 1, "end-of-the-world"),
    ):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(TypeError):
        dreams.dream("avc", 1.5)
    with pytest.raises(TypeError):
        dreams.dream("avc", 1, "mbaff")
