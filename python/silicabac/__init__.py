"""Silicabac: a golden CABAC, the arithmetic coder of H.264 and H.265.

Coders (`Encoder`, `Decoder`, `Meter`), streams (`Stream`), recorded slices (`Trace`) and coverage (`Coverage`, `StreamCoverage`) are here;
`vectors`, `dreams` and `weights` have the rest. docs/python.md of the project has how to use them.
"""

from . import dreams, errors, vectors, weights
from ._silicabac import (
    Blocks,
    Coder,
    CodingTreeUnit,
    Coverage,
    Decoder,
    Encoder,
    Item,
    Macroblock,
    Meter,
    Registers,
    SliceInit,
    Slices,
    Stream,
    StreamCoverage,
    Trace,
    TracedSlice,
    Unit,
)
from .errors import (
    BrokenError,
    BusyError,
    ClosedError,
    DamagedError,
    DecodeError,
    FormatError,
    IllegalError,
    MismatchError,
    PanicError,
    SilicabacError,
    StateError,
    UnsupportedError,
)
from .events import EVENT, EventKind

__all__ = [
    "EVENT",
    "Blocks",
    "BrokenError",
    "BusyError",
    "ClosedError",
    "Coder",
    "CodingTreeUnit",
    "Coverage",
    "DamagedError",
    "DecodeError",
    "Decoder",
    "Encoder",
    "EventKind",
    "FormatError",
    "IllegalError",
    "Item",
    "Macroblock",
    "Meter",
    "MismatchError",
    "PanicError",
    "Registers",
    "SilicabacError",
    "SliceInit",
    "Slices",
    "StateError",
    "Stream",
    "StreamCoverage",
    "Trace",
    "TracedSlice",
    "Unit",
    "UnsupportedError",
    "dreams",
    "errors",
    "vectors",
    "weights",
]
