"""Cores in pyuvm: an agent, a scoreboard and an environment for the ports of docs/socket.md, in both directions.

Nothing is driven or compared here: the components have the drivers, the monitor and the scoreboard of `silicabac.cocotb`. A test puts a
`Bench` into the ConfigDB as "BENCH" and starts `Vectors` on the agent's sequencer, or a sequence of its own; docs/flows.md of the project
has a complete example. This needs pyuvm 4 or 5: `pip install silicabac[pyuvm]`.
"""

# pyuvm has no types.
# mypy: disable-error-code="import-untyped,misc"

from __future__ import annotations

from typing import List, Optional

import cocotb
from cocotb.triggers import Event, RisingEdge
from cocotb.utils import get_sim_time
from pyuvm import (
    ConfigDB,
    uvm_agent,
    uvm_analysis_port,
    uvm_component,
    uvm_driver,
    uvm_env,
    uvm_monitor,
    uvm_sequence,
    uvm_sequence_item,
    uvm_sequencer,
    uvm_subscriber,
)

from .. import SliceInit
from ..cocotb import Bench, Mismatch, Request, Seen
from ..cocotb.testbench import IDLE

__all__ = ["Agent", "Driver", "Environment", "Monitor", "Scoreboard", "Transaction", "Vectors"]


def _bench(component: uvm_component) -> Bench:
    bench = ConfigDB().get(component, "", "BENCH")
    if not isinstance(bench, Bench):
        raise TypeError(f'"BENCH" in the ConfigDB has to be a silicabac.cocotb.Bench, and is {bench!r}')
    return bench


class Transaction(uvm_sequence_item):
    """The requests of a clock, a list for each lane, and the header of their slice."""

    def __init__(self, name: str, lanes: List[List[Request]], header: Optional[SliceInit]) -> None:
        super().__init__(name)
        self.lanes = lanes
        self.header = header


class Vectors(uvm_sequence):
    """All vectors of a bench, one after the other."""

    def __init__(self, name: str, bench: Bench) -> None:
        super().__init__(name)
        self.bench = bench

    async def body(self) -> None:
        """Offers them."""
        for script in self.bench.scripts:
            for lanes in self.bench.transactions(script):
                item = Transaction(script.vector.id, lanes, script.vector.init)
                await self.start_item(item)
                await self.finish_item(item)


class Driver(uvm_driver):
    """Offers transactions, and slice data to a decoder, and takes what the core gives."""

    async def run_phase(self) -> None:
        """Resets the core, and drives it for ever."""
        bench = _bench(self)
        await bench.reset()
        cocotb.start_soon(bench.ready.run())
        cocotb.start_soon(bench.feed())
        while True:
            before = get_sim_time()
            item = await self.seq_item_port.get_next_item()
            if get_sim_time() != before:
                await RisingEdge(bench.ports.dut.clk)
            bench.requests.header(item.header)
            await bench.requests.send(item.lanes)
            bench.requests.idle()
            self.seq_item_port.item_done()


class Monitor(uvm_monitor):
    """Tells its analysis port what passes over the core's ports, clock by clock."""

    def build_phase(self) -> None:
        """Makes the port."""
        self.ap = uvm_analysis_port("ap", self)

    async def run_phase(self) -> None:
        """Looks for ever."""
        monitor = _bench(self).monitor
        while True:
            self.ap.write(await monitor.clock())


class Scoreboard(uvm_subscriber):
    """Compares what a monitor sees with what is due. The first Mismatch ends the play; it is an error of the check phase."""

    def build_phase(self) -> None:
        """Takes the scoreboard of the bench."""
        super().build_phase()
        self._judge = _bench(self).scoreboard
        self._left = IDLE
        self.mismatch: Optional[Mismatch] = None
        self.ended = Event()

    def write(self, seen: Seen) -> None:
        """One clock."""
        if self.ended.is_set():
            return
        try:
            self._judge.see(seen)
        except Mismatch as mismatch:
            self.mismatch = mismatch
            self.ended.set()
        self._left -= self._judge.done
        if self._left <= 0:
            self.ended.set()

    def check_phase(self) -> None:
        """Raises the mismatch, if there is one, or says that the play has not ended."""
        if self.mismatch is not None:
            raise self.mismatch
        if not self._judge.done:
            raise AssertionError("the play ended before all that was due had come: a test has to wait for `ended` of the scoreboard")


class Agent(uvm_agent):
    """A monitor, and unless it is passive, a sequencer and a driver."""

    def build_phase(self) -> None:
        """Makes them."""
        super().build_phase()
        self.monitor = Monitor("monitor", self)
        if self.active():
            self.sequencer = uvm_sequencer("sequencer", self)
            self.driver = Driver("driver", self)

    def connect_phase(self) -> None:
        """Connects the driver."""
        if self.active():
            self.driver.seq_item_port.connect(self.sequencer.seq_item_export)


class Environment(uvm_env):
    """An agent and a scoreboard."""

    def build_phase(self) -> None:
        """Makes them."""
        self.agent = Agent("agent", self)
        self.scoreboard = Scoreboard("scoreboard", self)

    def connect_phase(self) -> None:
        """Connects the scoreboard to the monitor."""
        self.agent.monitor.ap.connect(self.scoreboard.analysis_export)
