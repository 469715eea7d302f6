"""Cores in cocotb: drivers, a monitor and a scoreboard for the ports of docs/socket.md, in both directions.

`play` plays vectors to a core and compares all that it gives; a Mismatch names the vector, the request and the bin. docs/flows.md of the
project has a complete example. This needs cocotb 2.1: `pip install silicabac[cocotb]`. `script` and `scoreboard` need no simulator.
"""

from .drivers import FLOWING, STALLS, ByteDriver, ReadyDriver, RequestDriver, Stalls
from .mismatch import Mismatch
from .monitor import Monitor
from .ports import Ports
from .scoreboard import Given, Scoreboard, Seen
from .script import Answer, Byte, Kind, Request, Script, Shape, transactions
from .testbench import Bench, Played, play, playable

__all__ = [
    "FLOWING",
    "STALLS",
    "Answer",
    "Bench",
    "Byte",
    "ByteDriver",
    "Given",
    "Kind",
    "Mismatch",
    "Monitor",
    "Played",
    "Ports",
    "ReadyDriver",
    "Request",
    "RequestDriver",
    "Scoreboard",
    "Script",
    "Seen",
    "Shape",
    "Stalls",
    "play",
    "playable",
    "transactions",
]
