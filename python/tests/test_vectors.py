"""Vectors: made, written, read and checked; and the published ones are played by the coders of the package."""

import json
import re

import numpy
import pytest

import silicabac
from conftest import ROOT
from silicabac import vectors


def test_suites_are_written_and_read_again(tmp_path):
    smoke = vectors.suite("smoke")
    text = vectors.write("mine", smoke)
    assert json.loads(text)["suite"] == "mine"
    assert vectors.read(text) == vectors.read(text.encode()) == ("mine", smoke)
    (tmp_path / "mine.json").write_text(text)
    assert vectors.read_file(tmp_path / "mine.json") == ("mine", smoke)
    assert vectors.write_hex(smoke).startswith("// ")


@pytest.mark.parametrize("name", ["smoke", "invalid", "random"])
def test_published_vectors_are_played(name):
    suite, published = vectors.read_file(ROOT / "golden" / f"{name}.json")
    assert suite == name and published == vectors.suite(name)
    for vector in published:
        vector.check()
        decoder = silicabac.Decoder(vector.bytes)
        if vector.decode_only and vector.events["kind"][0] == silicabac.EventKind.RAW:
            continue
        answers = decoder.code(vector.events)
        assert (answers == vector.events[: answers.size]).all()
        # Some bytes end no engine run where raw bytes are asked for.
        if answers.size == vector.events.size:
            assert decoder.position == vector.position
            assert str(decoder.error) == str(vector.error)
        if not vector.decode_only:
            assert answers.size == vector.events.size
            encoder = silicabac.Encoder()
            encoder.code(vector.events)
            assert vector.bytes.startswith(encoder.bytes()[:-1])


def test_vectors_of_events_are_filled_in_by_the_oracle():
    made = vectors.make("mine", "words", "L5=62.1 C5=01 B=10 # a remark\nT=1", ["Terminate"])
    assert (made.id, made.comment, made.flags, made.class_name) == ("mine", "words", ["Terminate"], "mine")
    assert vectors.Vector.encoded("mine", "words", made.events, ["Terminate"]) == made
    asked = made.events
    asked["value"][1:] = 0
    decoded = vectors.Vector.decoded("other", "", made.bytes, asked)
    assert (decoded.events == made.events).all() and decoded.decode_only
    assert decoded.error is None


def test_what_is_no_vector():
    for requests in ("C5=0 T=1", "X", "B=1", "L5=63.0 T=1", ""):
        with pytest.raises(silicabac.FormatError):
            vectors.make("mine", "", requests)
    with pytest.raises(ValueError):
        vectors.make("mine", "", "T=1", ["Nothing"])
    for text in ("", "{}", b"\xff", "[1]", '{"format": 1}'):
        with pytest.raises(silicabac.FormatError):
            vectors.read(text)
    with pytest.raises(ValueError):
        vectors.suite("nothing")
    with pytest.raises(silicabac.StateError):
        vectors.Vector.encoded("mine", "", numpy.array([(1, 0, 0)], dtype=silicabac.EVENT))
    with pytest.raises(ValueError):
        vectors.write("not a name", vectors.suite("smoke"))


def test_a_wrong_vector_is_noticed():
    text = json.loads(vectors.write("mine", [vectors.make("mine", "", "L5=62.1 C5=0 B=1011 T=1")]))
    text["vectors"][0]["bytes"] = ["00" + text["vectors"][0]["bytes"][0][2:]]
    with pytest.raises(silicabac.FormatError, match="crc32: it is") as noticed:
        vectors.read(json.dumps(text))
    text["vectors"][0]["crc32"] = re.search("it is ([0-9a-f]{8})", str(noticed.value)).group(1)
    _, (wrong,) = vectors.read(json.dumps(text))
    with pytest.raises(silicabac.MismatchError):
        wrong.check()


def test_all_flags_have_words():
    assert all(len(flag) == 3 and all(flag) for flag in vectors.flags())
