"""Coders: what is written is read again, by single calls and in bulk, and the registers are the standard's."""

import numpy
import pytest

import silicabac
from silicabac import EVENT, EventKind


def test_a_million_bins_in_one_call(random_bins):
    contexts, bins = random_bins
    encoder = silicabac.Encoder()
    encoder.initialise(silicabac.SliceInit("avc", "B", 30, 2))
    assert (encoder.contexts(contexts, bins) == bins).all()
    assert encoder.terminate(1) == 1
    decoder = silicabac.Decoder(encoder.bytes())
    decoder.initialise(silicabac.SliceInit("avc", "B", 30, 2))
    read = decoder.contexts(contexts)
    assert read.dtype == numpy.uint8 and (read == bins).all()
    assert decoder.terminate() == 1
    assert decoder.error is None
    assert (decoder.save() == encoder.save()).all()


def test_bulk_is_what_single_calls_are():
    random = numpy.random.default_rng(2)
    contexts = random.integers(0, 1024, 500).astype(numpy.uint16)
    bins = random.integers(0, 2, 500).astype(bool)
    single, bulk = silicabac.Encoder(), silicabac.Encoder()
    for ctx_idx, bin in zip(contexts, bins):
        assert single.context(ctx_idx, int(bin)) == bin
    for bin in bins:
        assert single.bypass(int(bin)) == bin
    bulk.contexts(contexts, bins)
    bulk.bypasses(bins.size, bins)
    assert single.registers() == bulk.registers()
    single.terminate(1), bulk.terminate(1)
    assert single.bytes() == bulk.bytes()
    decoder = silicabac.Decoder(bulk.bytes())
    assert [decoder.context(ctx_idx) for ctx_idx in contexts] == bins.tolist()
    assert decoder.bypasses(bins.size).tolist() == bins.tolist()


def test_engine_runs_with_raw_bytes_and_padding():
    encoder = silicabac.Encoder()
    encoder.bypass_bits(5, 0b10110)
    encoder.terminate(1)
    assert encoder.padding(1) == 1
    assert encoder.raw(3, b"pcm") == b"pcm"
    encoder.start()
    encoder.align()
    encoder.context(7, 1)
    encoder.terminate(1)
    decoder = silicabac.Decoder(encoder.bytes())
    assert decoder.bypass_bits(5) == 0b10110
    assert decoder.terminate() == 1
    assert decoder.padding() == 1
    assert decoder.raw(3) == b"pcm"
    decoder.start()
    decoder.align()
    assert decoder.context(7) == 1
    assert decoder.terminate() == 1
    assert decoder.position == decoder.registers().position <= 8 * len(encoder.bytes())


def test_events_of_any_kind_are_one_call():
    kinds = EventKind
    events = numpy.array(
        [
            (kinds.LOAD, 62 + 64, 5),
            (kinds.CONTEXT, 0, 5),
            (kinds.BYPASS, 1, 0),
            (kinds.ALIGN, 0, 0),
            (kinds.TERMINATE, 1, 0),
            (kinds.RAW, 77, 0),
            (kinds.START, 0, 0),
            (kinds.TERMINATE, 1, 0),
        ],
        dtype=EVENT,
    )
    encoder = silicabac.Encoder()
    assert (encoder.code(events) == events).all()
    asked = events.copy()
    asked["value"][asked["kind"] != kinds.LOAD] = 0
    # A decoder is not told how terminate bins are, and where they end an engine run the array says what comes.
    asked["value"][asked["kind"] == kinds.TERMINATE] = 1
    assert (silicabac.Decoder(encoder.bytes()).code(asked) == events).all()


def test_a_decoder_stops_where_an_event_cannot_come():
    encoder = silicabac.Encoder()
    encoder.bypass(1), encoder.terminate(1)
    asked = numpy.array([(1, 0, 0), (2, 0, 0), (1, 0, 0)], dtype=EVENT)
    answers = silicabac.Decoder(encoder.bytes()).code(asked)
    assert answers.tolist() == [(1, 1, 0), (2, 1, 0)]
    decoder = silicabac.Decoder(encoder.bytes())
    with pytest.raises(silicabac.StateError):
        decoder.code(numpy.array([(EventKind.START, 0, 0)], dtype=EVENT))


def test_an_encoder_codes_all_events_or_none():
    encoder = silicabac.Encoder()
    events = numpy.array([(1, 1, 0), (2, 1, 0), (1, 0, 0)], dtype=EVENT)
    with pytest.raises(silicabac.StateError, match=r"events\[2\]"):
        encoder.code(events)
    assert encoder.registers() == silicabac.Encoder().registers()


def test_bins_are_refused_between_engine_runs():
    encoder = silicabac.Encoder()
    with pytest.raises(silicabac.StateError):
        encoder.bytes()
    with pytest.raises(silicabac.StateError):
        encoder.raw(1, b"x")
    encoder.terminate(1)
    for call in (lambda: encoder.bypass(0), lambda: encoder.context(0, 0), lambda: encoder.align(), lambda: encoder.bypasses(1, numpy.zeros(1, bool))):
        with pytest.raises(silicabac.StateError):
            call()


def test_the_first_error_of_a_decoder():
    decoder = silicabac.Decoder(b"\xff\xff")
    error = decoder.error
    assert isinstance(error, silicabac.DecodeError) and isinstance(error, silicabac.SilicabacError)
    assert (error.kind, error.bin, error.bit) == ("forbidden", 0, 0)
    assert "510 or 511" in str(error)
    decoder = silicabac.Decoder(b"")
    assert decoder.error.kind == "exhausted"
    decoder.bypasses(100)
    assert decoder.error.bin == 0


def test_a_meter_measures_what_an_encoder_writes(random_bins):
    contexts, bins = (part[:10_000] for part in random_bins)
    encoder, meter = silicabac.Encoder(), silicabac.Meter()
    for coder in (encoder, meter):
        coder.contexts(contexts, bins)
        coder.terminate(1)
    assert meter.cost == 8 * len(encoder.bytes())
    with pytest.raises(silicabac.StateError):
        meter.registers()


def test_contexts_are_loaded_and_saved():
    init = silicabac.SliceInit("hevc", "I", 20)
    encoder = silicabac.Encoder()
    encoder.initialise(init)
    models = init.models()
    known = models != 255
    assert known.any() and (encoder.save()[known] == models[known]).all() and not encoder.save()[~known].any()
    encoder.load(1022, numpy.array([1, 2], numpy.uint8))
    assert encoder.save(1022).tolist() == [1, 2]
    assert encoder.save(3, 0).size == 0
    assert init == silicabac.SliceInit("hevc", "I", 20, 0) != silicabac.SliceInit("hevc", "P", 20)
    assert repr(init) == "SliceInit('hevc', 'I', 20, 0)".replace("'", '"')


@pytest.mark.parametrize("data", [b"\xc2\xe0", bytearray(b"\xc2\xe0"), memoryview(b"\xc2\xe0"), numpy.array([0xC2, 0xE0], numpy.uint8)])
def test_bytes_are_whatever_has_a_buffer_of_them(data):
    assert silicabac.Decoder(data).context(5) == 1


def test_a_decoder_keeps_bytes_that_others_change():
    data = bytearray(b"\xc2\xe0" * 100)
    decoder = silicabac.Decoder(data)
    data[:] = b"\xff" * 200
    assert decoder.context(5) == 1 and decoder.error is None


def test_with_closes():
    with silicabac.Encoder() as encoder:
        encoder.bypass(1)
    with pytest.raises(silicabac.ClosedError):
        encoder.bypass(1)
    encoder.close()
