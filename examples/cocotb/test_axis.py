"""Plays a suite to a core between AXI4-Streams (rtl/axis/), with cocotbext-axi: without pauses, and with random pauses on all sides."""

import itertools
from random import Random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource
from silicabac import vectors
from silicabac.cocotb import Kind, Mismatch, Script, Shape, playable, transactions
from test_core import suite

PERIOD = 2
"""The clock, in steps of the simulation."""


def word(lane):
    """A request and the bypass bins after it, as the headers in rtl/axis/ lay it out."""
    first, *bypasses = lane
    of_run = lane if first.kind == Kind.BYPASS else bypasses
    data = {Kind.RAW: first.data, Kind.LOAD: first.model}.get(first.kind, int("0" + "".join(str(asked.bin) for asked in of_run), 2))
    bits = data | first.ctx_idx << 8 | first.bin << 18 | first.kind << 19 | len(of_run) << 22
    return bits.to_bytes(4, "little")


def due(script, direction):
    """What comes for a script, each with its request, the value, what goes with it in TUSER, and whether TLAST does."""
    if direction == "encoder":
        return [(byte.request, byte.data, 0, byte.last) for byte in script.bytes]
    ends = {at for at, asked in enumerate(script.requests) if asked.kind == Kind.TERMINATE and asked.bin}
    return [(answer.request, answer.value, answer.error | answer.bits << 2, answer.request in ends) for answer in script.answers]


def pauses(random, odds):
    """For each clock, whether a stream pauses in it."""
    return (random.randrange(256) < odds for _ in itertools.count())


class Streams:
    """The streams of a core, and what it is played."""

    def __init__(self, dut, odds):
        self.dut = dut
        self.direction = "decoder" if hasattr(dut, "s_axis_req_tvalid") else "encoder"
        self.shape = Shape(4, 8, 2, True) if hasattr(dut, "s_axis_tkeep") else Shape()
        random = Random(cocotb.RANDOM_SEED)
        requests, end = ("s_axis" if self.direction == "encoder" else "s_axis_req"), vectors.make("end", "ends the last packet", "T=1")
        self.requests = self._stream(AxiStreamSource, requests)
        self.sink = self._stream(AxiStreamSink, "m_axis")
        self.all = [self.requests, self.sink]
        if self.direction == "decoder":
            self.bits = self._stream(AxiStreamSource, "s_axis_bits")
            self.all.append(self.bits)
        for stream in self.all if odds else []:
            stream.set_pause_generator(pauses(Random(random.random()), odds))
        self.scripts = [Script(vector, self.direction) for vector in playable([*suite(), end], self.direction)]

    def _stream(self, kind, name):
        stream = kind(AxiStreamBus.from_prefix(self.dut, name), self.dut.aclk, self.dut.aresetn, reset_active_level=False)
        stream.log.setLevel("WARNING")
        return stream

    def send(self):
        """Offers everything."""
        for script in self.scripts:
            for lanes in transactions(script.requests, self.shape):
                self.requests.send_nowait(AxiStreamFrame(b"".join(map(word, lanes))))
            if self.direction == "decoder":
                self.bits.send_nowait(AxiStreamFrame(script.vector.bytes))

    async def receive(self):
        """Takes everything, and compares it."""
        frame = []
        for script in self.scripts:
            for request, *expected in due(script, self.direction):
                if not frame:
                    frame = await self._frame()
                found = frame.pop(0)
                if found != tuple(expected):
                    what = f"the stream has (value, TUSER, TLAST) {found}, not {tuple(expected)}"
                    raise Mismatch(what, int(get_sim_time("step") / PERIOD), script.vector.id, script.before(request))

    async def _frame(self):
        frame = await self.sink.recv(compact=False)
        # A stream without TKEEP or TUSER has an empty list.
        kept = [at for at, keep in enumerate(frame.tkeep or [1] * len(frame.tdata)) if keep]
        users = frame.tuser or [0] * len(frame.tdata)
        return [(frame.tdata[at], users[at], at == kept[-1]) for at in kept]


@cocotb.test(timeout_time=5_000_000, timeout_unit="step")
@cocotb.parametrize(odds=[0, 100])
async def plays(dut, odds):
    """All that comes out is what the oracle has, whoever pauses; without pauses, requests pass as fast as the core takes them."""
    Clock(dut.aclk, PERIOD, unit="step").start()
    dut.aresetn.value = 0
    streams = Streams(dut, odds)
    for _ in range(8):
        await RisingEdge(dut.aclk)
    dut.aresetn.value = 1
    began = get_sim_time("step")
    streams.send()
    await streams.receive()
    clocks = (get_sim_time("step") - began) / PERIOD
    asked = sum(len(script.requests) for script in streams.scripts)
    cocotb.log.info("%d requests in %d clocks, odds of a pause %d in 256", asked, clocks, odds)
    least = 0.6 if streams.shape.lanes == 1 else 0.9
    assert odds or asked / clocks > least, f"{asked} requests take {clocks} clocks"
    for _ in range(64):
        await RisingEdge(dut.aclk)
    assert streams.sink.empty() and not dut.m_axis_tvalid.value, "something comes after the end"
