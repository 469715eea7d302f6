"""What drives the inputs of a core: requests, slice data, and the readiness to take what it gives.

Each driver begins right after a rising edge and ends there. `Stalls` say how often it waits; ports that mean nothing have random values.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import List, Optional

from cocotb.triggers import FallingEdge, RisingEdge

from .. import SliceInit
from .ports import Ports, read
from .script import Kind, Request


@dataclass(frozen=True)
class Stalls:
    """In how many of 256 clocks a port waits, 0 to 255."""

    name: str
    requests: int = 0
    """No request is offered."""
    bytes: int = 0
    """A decoder is offered no byte, or none of an encoder is taken."""
    answers: int = 0
    """No answer of a decoder is taken."""
    looks_first: bool = False
    """What the core gives is taken only once it is there: ready follows valid."""


FLOWING = Stalls("flowing")
"""Nothing ever waits."""

STALLS = {
    stalls.name: stalls
    for stalls in (
        FLOWING,
        Stalls("uneven", requests=64, bytes=64, answers=64),
        Stalls("starved", requests=160),
        Stalls("blocked", bytes=235, looks_first=True),
    )
}
"""The kinds of stalls."""


class RequestDriver:
    """Offers transactions on the `req_` ports."""

    def __init__(self, ports: Ports, random: Random, odds: int = 0) -> None:
        self._ports = ports
        self._random = random
        self._odds = odds
        self._slice = 0

    async def send(self, lanes: List[List[Request]]) -> None:
        """Offers a transaction, after any waits, until it is taken."""
        ports = self._ports
        while self._odds and self._random.randrange(256) < self._odds:
            self.idle()
            await RisingEdge(ports.dut.clk)
        self._put(lanes)
        while True:
            await FallingEdge(ports.dut.clk)
            taken = read(ports["req_ready"])
            await RisingEdge(ports.dut.clk)
            if taken:
                return

    def idle(self) -> None:
        """Offers nothing."""
        self._ports.put("req_valid", 0)
        for name in ("req_kind", "req_ctx_idx", "req_count"):
            self._noise(name)

    def header(self, init: Optional[SliceInit]) -> None:
        """Shows the header of the slice that is played from now on; zeros if no header says what its contexts are."""
        codec, kind, qp, index = (0, 0, 0, 0)
        if init is not None:
            codec, kind = int(init.codec == "hevc"), ("P", "B", "I").index(init.slice_type)
            qp, index = init.slice_qp_y & 255, init.index
        for name, value in (("slice_codec", codec), ("slice_type", kind), ("slice_qp", qp), ("slice_index", index)):
            self._ports.put(name, value)

    def _put(self, lanes: List[List[Request]]) -> None:
        ports = self._ports
        kinds = bins = contexts = models = data = runs = 0
        for number, (first, *bypasses) in enumerate(lanes):
            kinds |= first.kind << 3 * number
            bins |= first.bin << number
            contexts |= first.ctx_idx << 10 * number
            models |= first.model << 7 * number
            byte = first.data
            if ports.shape.run and first.kind != Kind.RAW:
                of_run = [first, *bypasses] if first.kind == Kind.BYPASS else bypasses
                byte = int("".join(str(request.bin) for request in of_run) or "0", 2)
                runs |= len(of_run) << 6 * number
            data |= byte << ports.data_bits * number
        ports.put("req_valid", 1)
        ports.put("req_count", len(lanes))
        ports.put("req_kind", kinds)
        ports.put("req_bin", bins)
        kind = lanes[0][0].kind
        if len(lanes) > 1 or kind in (Kind.CONTEXT, Kind.LOAD):
            ports.put("req_ctx_idx", contexts)
            ports.put("req_model", models)
        if len(lanes) > 1 or ports.shape.run or kind == Kind.RAW:
            ports.put("req_data", data)
            ports.put("req_run", runs)

    def _noise(self, name: str) -> None:
        port = self._ports[name]
        if port is not None:
            port.value = self._random.getrandbits(len(port))


class ByteDriver:
    """Offers slice data to a decoder on the `in_` ports."""

    def __init__(self, ports: Ports, random: Random, odds: int = 0) -> None:
        self._ports = ports
        self._random = random
        self._odds = odds

    async def send(self, data: bytes) -> None:
        """Offers the bytes of a slice, one after the other."""
        ports = self._ports
        for number, byte in enumerate(data):
            while self._odds and self._random.randrange(256) < self._odds:
                self.idle()
                await RisingEdge(ports.dut.clk)
            ports.put("in_valid", 1)
            ports.put("in_data", byte)
            ports.put("in_last", int(number + 1 == len(data)))
            taken: Optional[int] = 0
            while not taken:
                await FallingEdge(ports.dut.clk)
                taken = read(ports["in_ready"])
                await RisingEdge(ports.dut.clk)
        self.idle()

    def idle(self) -> None:
        """Offers nothing."""
        self._ports.put("in_valid", 0)
        self._ports.put("in_data", self._random.getrandbits(8))


class ReadyDriver:
    """Takes the bytes of an encoder or the answers of a decoder."""

    def __init__(self, ports: Ports, random: Random, odds: int = 0, looks_first: bool = False) -> None:
        names = ("out_valid", "out_ready") if ports.direction == "encoder" else ("rsp_valid", "rsp_ready")
        self._valid, self._ready = (ports[name] for name in names)
        self._clock = ports.dut.clk
        self._random = random
        self._odds = odds
        self._looks_first = looks_first

    async def run(self) -> None:
        """Takes what comes, for ever."""
        if self._ready is None:
            return
        shown = False
        while True:
            sees = shown or not self._looks_first
            ready = int(sees and (not self._odds or self._random.randrange(256) >= self._odds))
            self._ready.value = ready
            if not self._odds and not self._looks_first:
                return
            await FallingEdge(self._clock)
            shown = bool(read(self._valid)) and not ready
            await RisingEdge(self._clock)
