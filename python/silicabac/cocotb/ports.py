"""The ports of a core in the socket (docs/socket.md), as cocotb has them.

A port that the core leaves out is None. Inputs are written after the rising edge and outputs are read at the falling edge, where all logic
between them has settled: so nothing depends on the order in which a simulator does things within an edge.
"""

from __future__ import annotations

from typing import Any, Optional

from .script import Direction, Shape

NEEDED = {
    "encoder": ("clk", "rst", "req_valid", "req_ready", "req_kind", "out_valid", "out_data"),
    "decoder": ("clk", "rst", "req_valid", "req_ready", "req_kind", "in_valid", "in_ready", "in_data", "rsp_valid", "rsp_bin", "rsp_data"),
}
"""The ports that every core of a direction has."""

OPTIONAL = {
    "encoder": ("req_bin", "req_data", "req_run", "out_ready", "out_count", "out_last"),
    "decoder": ("in_last", "rsp_ready", "rsp_count", "rsp_error", "rsp_bits"),
}
"""The ports that a core of a direction may leave out; and REQUESTS, of both."""

REQUESTS = ("req_count", "req_ctx_idx", "req_model", "slice_codec", "slice_type", "slice_qp", "slice_index", "save_ctx_idx")


class Ports:
    """The ports of `dut`, as attributes. ValueError if a port is missing or has a width that no core in the socket has."""

    def __init__(self, dut: Any, after: int = 0, groups: bool = False) -> None:
        self.dut = dut
        self.direction: Direction = "encoder" if hasattr(dut, "out_valid") else "decoder"
        for name in NEEDED[self.direction]:
            if not hasattr(dut, name):
                raise ValueError(f"{dut._name} has no port {name}, which every {self.direction} has (docs/socket.md)")
        for name in NEEDED[self.direction] + OPTIONAL[self.direction] + REQUESTS:
            setattr(self, name, getattr(dut, name, None))
        lanes, rest = divmod(len(self["req_kind"]), 3)
        if rest or not 1 <= lanes <= 8:
            raise ValueError(f"req_kind has {len(self['req_kind'])} bits, and has to have 3 for each of 1 to 8 lanes")
        self.data_bits = 8
        run = 0
        if self["req_run"] is not None:
            run = self.data_bits = len(self["req_data"]) // lanes
        if after > run:
            raise ValueError(f"after is {after}, but there is room for {run} bypass bins in a lane")
        self.shape = Shape(lanes, run, after, groups)
        self.room = len(self["out_data"]) // 8 if self.direction == "encoder" else lanes
        for count, several in (("req_count", lanes), ("out_count" if self.direction == "encoder" else "rsp_count", self.room)):
            if several > 1 and self[count] is None:
                raise ValueError(f"{dut._name} has no port {count}, which a core with {several} of these at once has")

    def __getitem__(self, name: str) -> Any:
        """A port, or None."""
        return getattr(self, name, None)

    def put(self, name: str, value: int) -> None:
        """Writes to an input, if the core has it."""
        port = self[name]
        if port is not None:
            port.value = value


def read(port: Any) -> Optional[int]:
    """What an output is; None if a bit of it is X."""
    try:
        return int(port.value)
    except ValueError:
        return None


def lane(value: Any, number: int, bits: int) -> Optional[int]:
    """The part of a port's value that belongs to a lane; None if a bit of it is X, whatever the other lanes are."""
    try:
        return int(value) >> number * bits & (1 << bits) - 1
    except ValueError:
        text = str(value)
        end = len(text) - number * bits
        part = text[end - bits : end]
        return int(part, 2) if set(part) <= {"0", "1"} else None
