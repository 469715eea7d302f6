"""Plays vectors to a core: drivers, a monitor and a scoreboard, put together.

`Bench` has these parts, for testbenches of other forms (`silicabac.pyuvm`); `play` is the whole of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Iterator, List, Optional, Sequence

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

from .._silicabac import Vector
from .drivers import FLOWING, ByteDriver, ReadyDriver, RequestDriver, Stalls
from .monitor import Monitor
from .ports import Ports
from .scoreboard import Scoreboard
from .script import Direction, Errors, Request, Script, transactions


@dataclass(frozen=True)
class Played:
    """What a play consisted of."""

    vectors: int
    bins: int
    clocks: int

    def __str__(self) -> str:
        return f"{self.vectors} vectors, {self.bins} bins, {self.clocks} clocks: {self.bins / max(self.clocks, 1):.4f} bins a clock"


def playable(vectors: Sequence[Vector], direction: Direction) -> List[Vector]:
    """Those that a core of this direction can be asked for: slices that no encoder makes are for decoders."""
    return [vector for vector in vectors if direction == "decoder" or not vector.decode_only]


class Bench:
    """The parts of a testbench for the core `dut`, which has the ports of docs/socket.md, and for the play of some vectors, back to back.

    The core's direction and its lanes follow from its ports. `loads`, `errors`, `after` (`bypass-after`) and `groups` say what it can be
    asked for, as its file does (docs/fitting.md); without `errors`, a decoder with `rsp_error` is judged as "flag", one without as "none".
    """

    def __init__(
        self,
        dut: Any,
        vectors: Sequence[Vector],
        *,
        stalls: Stalls = FLOWING,
        seed: int = 1,
        loads: bool = True,
        errors: Optional[Errors] = None,
        after: int = 0,
        groups: bool = False,
        patience: int = 20_000,
    ) -> None:
        self.ports = ports = Ports(dut, after, groups)
        if errors is None:
            errors = "none" if ports["rsp_error"] is None else "flag"
        self.scripts = [Script(vector, ports.direction, loads, errors) for vector in playable(vectors, ports.direction)]
        self.scoreboard = Scoreboard(ports.direction, self.scripts, ports.shape.lanes, ports.room, patience)
        self.monitor = Monitor(ports)
        odds = stalls.bytes if ports.direction == "encoder" else stalls.answers
        self.requests = RequestDriver(ports, Random(f"{seed} requests"), stalls.requests)
        self.bytes = ByteDriver(ports, Random(f"{seed} bytes"), stalls.bytes)
        self.ready = ReadyDriver(ports, Random(f"{seed} ready"), odds, stalls.looks_first)

    async def reset(self, clocks: int = 8) -> None:
        """Starts a clock and resets the core, with nothing on its ports."""
        ports = self.ports
        Clock(ports.dut.clk, 2, unit="step").start(start_high=False)
        for name in ("req_valid", "in_valid", "out_ready", "rsp_ready", "save_ctx_idx"):
            ports.put(name, 0)
        ports.put("rst", 1)
        for _ in range(clocks):
            await RisingEdge(ports.dut.clk)
        ports.put("rst", 0)

    def transactions(self, script: Script) -> Iterator[List[List[Request]]]:
        """The requests of a script as this core takes them."""
        return transactions(script.requests, self.ports.shape)

    async def ask(self) -> None:
        """Offers all requests, one transaction after the other."""
        for script in self.scripts:
            self.requests.header(script.vector.init)
            for transaction in self.transactions(script):
                await self.requests.send(transaction)
        self.requests.idle()

    async def feed(self) -> None:
        """Offers all slice data to a decoder."""
        for script in self.scripts if self.ports.direction == "decoder" else []:
            await self.bytes.send(script.vector.bytes)

    @property
    def played(self) -> Played:
        """What has been played so far."""
        return Played(len(self.scripts), self.scoreboard.bins, self.scoreboard.clock)


IDLE = 32
"""How many clocks in a row without a transfer end a play."""


async def play(dut: Any, vectors: Sequence[Vector], **options: Any) -> Played:
    """Plays vectors to the core `dut` and compares all that it gives. Mismatch at the first difference. Options as for `Bench`."""
    bench = Bench(dut, vectors, **options)
    await bench.reset()
    tasks = [cocotb.start_soon(part) for part in (bench.ready.run(), bench.ask(), bench.feed())]
    try:
        while not bench.scoreboard.done:
            bench.scoreboard.see(await bench.monitor.clock())
        played = bench.played
        for _ in range(IDLE):
            bench.scoreboard.see(await bench.monitor.clock())
    finally:
        for task in tasks:
            task.cancel()
    return played
