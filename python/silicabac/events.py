"""Events as data: the requests to a coder, and what it answers, in arrays of four bytes an event.

>>> import numpy, silicabac
>>> events = numpy.array([(silicabac.EventKind.BYPASS, 1, 0), (silicabac.EventKind.TERMINATE, 1, 0)], dtype=silicabac.EVENT)
>>> encoder = silicabac.Encoder()
>>> coded = encoder.code(events)
>>> encoder.bytes().hex()
'fec0'
"""

from enum import IntEnum

import numpy


class EventKind(IntEnum):
    """The kind of an event."""

    CONTEXT = 0
    """A bin, `value`, that is coded with the context variable `ctx_idx`."""
    BYPASS = 1
    """A bypass bin, `value`."""
    TERMINATE = 2
    """A terminate bin, `value`; 1 ends the engine run."""
    ALIGN = 3
    """H.265 bypass alignment."""
    RAW = 4
    """A byte that is not coded, `value`; only after a terminate bin of 1 or another raw byte."""
    START = 5
    """The engine starts on the next whole byte."""
    LOAD = 6
    """The context variable `ctx_idx` is set to `value`: pStateIdx, and 64 added if valMPS is 1."""


EVENT = numpy.dtype([("kind", "u1"), ("value", "u1"), ("ctx_idx", "<u2")])
"""The type of arrays of events."""
