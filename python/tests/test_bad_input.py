"""Bad input: whatever a program hands over, a call returns or raises an exception that is documented, and the object can be used on."""

import itertools
import threading

import numpy
import pytest

import silicabac
from conftest import stream_bytes

CONTEXTS = numpy.zeros(8, numpy.uint16)
BINS = numpy.zeros(8, numpy.uint8)


@pytest.mark.parametrize("number", [-1, 1024, 1 << 70, -(1 << 70)])
def test_numbers_beyond_their_bounds(number):
    encoder = silicabac.Encoder()
    for call in (
        lambda: encoder.context(number, 0),
        lambda: encoder.bypass(number),
        lambda: encoder.terminate(number),
        lambda: encoder.bypass_bits(number, 0),
        lambda: encoder.bypass_bits(4, number),
        lambda: encoder.bypasses(number, BINS),
        lambda: encoder.raw(number, b""),
        lambda: encoder.padding(number),
        lambda: encoder.load(number, BINS),
        lambda: encoder.save(number, 1),
        lambda: encoder.save(0, number * 2),
        lambda: silicabac.SliceInit("avc", "P", 200 * number),
        lambda: silicabac.SliceInit("avc", "P", 0, number),
    ):
        with pytest.raises(ValueError):
            call()
    assert encoder.registers() == silicabac.Encoder().registers()


@pytest.mark.parametrize("number", [None, 1.0, "1", b"1", [1], numpy.zeros(3)])
def test_what_is_no_number(number):
    encoder = silicabac.Encoder()
    for call in (
        lambda: encoder.context(number, 0),
        lambda: encoder.context(0, number),
        lambda: encoder.bypass(number),
        lambda: encoder.bypass_bits(number, 0),
        lambda: encoder.bypasses(number, BINS),
        lambda: encoder.load(number, BINS),
        lambda: silicabac.SliceInit("avc", "P", number),
    ):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    "array, error",
    [
        (None, TypeError),
        ([0, 1], TypeError),
        (b"01", TypeError),
        (numpy.zeros(8, numpy.int64), TypeError),
        (numpy.zeros(8, numpy.uint8), TypeError),
        (numpy.zeros(8, ">u2"), TypeError),
        (numpy.zeros(8, numpy.float32), TypeError),
        (numpy.zeros(8, object), TypeError),
        (numpy.zeros(8, silicabac.EVENT), TypeError),
        (numpy.zeros((2, 4), numpy.uint16), ValueError),
        (numpy.zeros((), numpy.uint16), ValueError),
        (numpy.zeros(16, numpy.uint16)[::2], ValueError),
        (numpy.zeros(8, numpy.uint16)[::-1], ValueError),
        (numpy.zeros(17, numpy.uint8)[1:].view(numpy.uint16), ValueError),
        (numpy.full(8, 1024, numpy.uint16), ValueError),
        (numpy.full(8, 65535, numpy.uint16), ValueError),
        (numpy.broadcast_to(numpy.uint16(3), 8), ValueError),
    ],
)
def test_arrays_that_are_no_context_indices(array, error):
    for coder in (silicabac.Encoder(), silicabac.Decoder(b"\x00" * 9), silicabac.Meter()):
        with pytest.raises(error, match="ctx_idx"):
            coder.contexts(array, BINS)
        assert coder.bypass(1) in (0, 1)


@pytest.mark.parametrize(
    "array, error",
    [
        (None, TypeError),
        (numpy.zeros(8, numpy.uint16), TypeError),
        (numpy.zeros(8, numpy.int8), TypeError),
        (numpy.full(8, 2, numpy.uint8), ValueError),
        (numpy.full(8, 2, numpy.uint8).view(bool), ValueError),
        (numpy.zeros(7, numpy.uint8), ValueError),
        (numpy.zeros((8, 1), numpy.uint8), ValueError),
        (numpy.zeros(16, bool)[::2], ValueError),
    ],
)
def test_arrays_that_are_no_bins(array, error):
    encoder = silicabac.Encoder()
    for call in (lambda: encoder.contexts(CONTEXTS, array), lambda: encoder.bypasses(8, array)):
        with pytest.raises(error):
            call()
    assert encoder.registers() == silicabac.Encoder().registers()


def test_arrays_that_are_no_events():
    encoder = silicabac.Encoder()
    for array in (None, [], numpy.zeros(3, numpy.uint32), numpy.zeros(3, [("kind", "u1")]), numpy.zeros(3, object)):
        with pytest.raises(TypeError):
            encoder.code(array)
    for event in [(7, 0, 0), (0, 2, 0), (0, 0, 1024), (6, 63, 0), (6, 128, 0)]:
        with pytest.raises(ValueError, match=r"events\[0\]"):
            encoder.code(numpy.array([event], dtype=silicabac.EVENT))
    with pytest.raises(ValueError):
        encoder.code(numpy.zeros(8, silicabac.EVENT)[::2])
    assert encoder.code(numpy.zeros(0, silicabac.EVENT)).size == 0


def test_arrays_that_are_no_states():
    encoder = silicabac.Encoder()
    for models in ([63], [128], [255]):
        with pytest.raises(ValueError):
            encoder.load(0, numpy.array(models, numpy.uint8))
    with pytest.raises(ValueError):
        encoder.load(1020, numpy.zeros(5, numpy.uint8))
    with pytest.raises(TypeError):
        encoder.initialise("avc")


@pytest.mark.parametrize("data", [None, 3, "text", [1, 2], numpy.zeros(3, numpy.uint16), numpy.zeros(3, object), object()])
def test_what_is_no_bytes(data):
    for call in (
        lambda: silicabac.Decoder(data),
        lambda: silicabac.Stream(data),
        lambda: silicabac.Trace.from_bytes(data),
        lambda: silicabac.weights.Container(data),
        lambda: silicabac.dreams.features_of("avc", data),
        lambda: silicabac.vectors.Vector.decoded("a", "", data, numpy.zeros(0, silicabac.EVENT)),
    ):
        with pytest.raises(TypeError):
            call()


def test_bytes_with_gaps():
    with pytest.raises(ValueError):
        silicabac.Decoder(numpy.zeros(8, numpy.uint8)[::2])


def test_objects_of_wrong_classes():
    unit = next(silicabac.Stream(stream_bytes("x264_gray_qcif.264")).slices())
    for call in (
        lambda: unit.write(3),
        lambda: unit.write([3]),
        lambda: silicabac.Coverage().play("vector"),
        lambda: silicabac.Coverage().take(unit),
        lambda: silicabac.StreamCoverage("avc").take(3),
        lambda: silicabac.vectors.write("mine", [3]),
        lambda: silicabac.vectors.read(3),
        lambda: silicabac.vectors.read_file(3),
        lambda: silicabac.Trace("avc", [unit]),
        lambda: silicabac.Unit(),
        lambda: silicabac.Blocks(),
        lambda: silicabac.Macroblock(3),
    ):
        with pytest.raises(TypeError):
            call()


def test_any_call_in_any_order():
    """Every call of three steps, with good and bad arguments: nothing but documented exceptions."""
    calls = [
        lambda coder: coder.context(1023, 1),
        lambda coder: coder.bypass_bits(32, 0xFFFFFFFF),
        lambda coder: coder.terminate(0),
        lambda coder: coder.terminate(1),
        lambda coder: coder.align(),
        lambda coder: coder.padding(255),
        lambda coder: coder.raw(3, b"abc"),
        lambda coder: coder.start(),
        lambda coder: coder.contexts(CONTEXTS, BINS),
        lambda coder: coder.bypasses(8, BINS),
        lambda coder: coder.code(numpy.array([(5, 0, 0), (0, 1, 9)], dtype=silicabac.EVENT)),
        lambda coder: coder.load(0, BINS),
        lambda coder: coder.save(),
        lambda coder: coder.bytes(),
        lambda coder: coder.close(),
    ]
    makers = (silicabac.Encoder, silicabac.Meter, lambda: silicabac.Decoder(b"\xff\x80\x12"), lambda: silicabac.Decoder(b""))
    for make, *steps in itertools.product(makers, calls, calls, calls):
        coder = make()
        for step in steps:
            try:
                step(coder)
            except (silicabac.StateError, AttributeError):
                pass


def test_a_coder_in_two_threads_is_noticed_and_stays_whole():
    contexts = numpy.zeros(4_000_000, numpy.uint16)
    bins = numpy.zeros(contexts.size, numpy.uint8)
    encoder = silicabac.Encoder()
    outcomes = []

    def work():
        for _ in range(3):
            try:
                encoder.contexts(contexts, bins)
                outcomes.append("done")
            except silicabac.BusyError:
                outcomes.append("busy")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 12 and "done" in outcomes
    encoder.terminate(1)
    meter = silicabac.Meter()
    for _ in range(outcomes.count("done")):
        meter.contexts(contexts, bins)
    meter.terminate(1)
    assert meter.cost == 8 * len(encoder.bytes())


def test_other_threads_run_while_bins_are_coded():
    """The interpreter is let go: a second thread sees the coder busy, which it could not if it had to wait for the call."""
    contexts = numpy.zeros(16_000_000, numpy.uint16)
    bins = numpy.zeros(contexts.size, numpy.uint8)
    encoder = silicabac.Encoder()
    is_over = threading.Event()

    def work():
        encoder.contexts(contexts, bins)
        is_over.set()

    thread = threading.Thread(target=work)
    thread.start()
    was_busy = False
    while not is_over.is_set():
        try:
            encoder.position
        except silicabac.BusyError:
            was_busy = True
    thread.join()
    assert was_busy


def test_the_hierarchy_of_exceptions():
    for name in silicabac.errors.__dict__:
        if name.endswith("Error"):
            assert issubclass(getattr(silicabac, name), silicabac.SilicabacError), name
    assert issubclass(silicabac.FormatError, ValueError) and issubclass(silicabac.ClosedError, silicabac.StateError)
