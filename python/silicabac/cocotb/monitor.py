"""What passes over the ports of a core, clock by clock. It drives nothing, so that it can look at a core inside a design, too."""

from __future__ import annotations

from typing import List

from cocotb.triggers import FallingEdge

from .ports import Ports, lane, read
from .scoreboard import Given, Seen
from .script import Kind


class Monitor:
    """Looks at the ports of a core."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def clock(self) -> Seen:
        """What is on the ports before the next rising edge."""
        ports = self._ports
        await FallingEdge(ports.dut.clk)
        if read(ports["rst"]) == 1:
            return Seen()
        seen = Seen(ready=read(ports["req_ready"]))
        if read(ports["req_valid"]) == 1:
            seen.offered = self._requests()
        if ports.direction == "encoder":
            seen.valid, ready = read(ports["out_valid"]), ports["out_ready"]
        else:
            seen.valid, ready = read(ports["rsp_valid"]), ports["rsp_ready"]
            seen.byte, seen.byte_ready = read(ports["in_valid"]) == 1, read(ports["in_ready"])
        if seen.valid:
            seen.taken = ready is None or read(ready) == 1
            seen.given = self._bytes() if ports.direction == "encoder" else self._answers()
        return seen

    def _requests(self) -> int:
        """How many requests are offered, each bypass bin of a run counted."""
        ports = self._ports
        lanes = 1 if ports["req_count"] is None else read(ports["req_count"]) or 0
        if not ports.shape.run:
            return lanes
        kinds, runs = ports["req_kind"].value, ports["req_run"].value
        return sum((lane(runs, at, 6) or 0) + (lane(kinds, at, 3) != Kind.BYPASS) for at in range(lanes))

    def _count(self, name: str) -> int:
        return 1 if self._ports[name] is None else read(self._ports[name]) or 0

    def _bytes(self) -> List[Given]:
        ports = self._ports
        data, last = ports["out_data"].value, -1 if ports["out_last"] is None else read(ports["out_last"])
        return [Given(lane(data, at, 8), last) for at in range(self._count("out_count"))]

    def _answers(self) -> List[Given]:
        ports = self._ports
        data, bins = read(ports["rsp_data"]), ports["rsp_bin"].value
        errors = None if ports["rsp_error"] is None else ports["rsp_error"].value
        bits = -1 if ports["rsp_bits"] is None else read(ports["rsp_bits"])
        return [
            Given(data, bin=lane(bins, at, 1), error=-1 if ports["rsp_error"] is None else lane(errors, at, 2), bits=bits)
            for at in range(self._count("rsp_count"))
        ]
