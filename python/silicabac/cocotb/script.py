"""What a core is asked for to play a vector, and what is due for it.

Nothing here needs a simulator. The expected values come from the package's coders: the bytes from its encoder, the rest from
`Vector.steps`, where the oracle says after which request each byte is decided. The requests are those that `silicabac cosim` makes of a
vector, in the same order, so that both name the same request and the same bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Iterator, List, Literal, Optional

from .. import Encoder
from .._silicabac import Vector
from ..events import EventKind

Direction = Literal["encoder", "decoder"]
Errors = Literal["convention", "flag", "none"]


class Kind(IntEnum):
    """The kind of a request, as `req_kind` numbers it (docs/socket.md)."""

    CONTEXT = 0
    BYPASS = 1
    TERMINATE = 2
    ALIGN = 3
    RAW = 4
    LOAD = 5
    START = 6
    SLICE = 7


BINS = (Kind.CONTEXT, Kind.BYPASS, Kind.TERMINATE)
"""The kinds of requests that code a bin."""

# START and LOAD have other numbers as requests than as events.
_KINDS = {kind.value: Kind[kind.name] for kind in EventKind}


@dataclass(frozen=True)
class Request:
    """A request, with the number of its bin in the vector, or of the next bin."""

    kind: Kind
    number: int
    bin: int = 0
    ctx_idx: int = 0
    model: int = 0
    data: int = 0

    def __str__(self) -> str:
        name = self.kind.name.lower()
        if self.kind == Kind.CONTEXT:
            return f"context {self.ctx_idx} = {self.bin}"
        if self.kind in BINS:
            return f"{name} = {self.bin}"
        if self.kind == Kind.RAW:
            return f"raw {self.data:#04x}"
        if self.kind == Kind.LOAD:
            return f"load {self.ctx_idx}: state {self.model & 63}, MPS {self.model >> 6}"
        return name


@dataclass(frozen=True)
class Byte:
    """A byte that an encoder owes once it has taken request number `request` of the vector, which decides it."""

    request: int
    number: int
    data: int
    last: bool


@dataclass(frozen=True)
class Answer:
    """What a decoder owes for request number `request` of the vector."""

    request: int
    value: int
    raw: bool
    error: int
    bits: int
    undefined: bool = False
    """An error has made the value undefined: only `error` is compared, which may have any value but 0."""


class Script:
    """The requests of a vector in their order, and what is due for them.

    `loads` says whether the core is sent LOADs; one that initialises its contexts from the header is not. `errors` says how far a slice
    with an error is judged, as in the file of a core (docs/fitting.md).
    """

    def __init__(self, vector: Vector, direction: Direction, loads: bool = True, errors: Errors = "convention") -> None:
        self.vector = vector
        self.requests: List[Request] = []
        self.bytes: List[Byte] = []
        self.answers: List[Answer] = []
        self._direction = direction
        self._errors = errors
        self._loads = loads
        self._number = 0
        self._build()

    def _build(self) -> None:
        vector = self.vector
        events = list(zip(*(vector.events[name].tolist() for name in ("kind", "value", "ctx_idx"))))
        models, written, errors, positions = (array.tolist() for array in vector.steps())
        data = self._encoded()
        if events:
            self._ask(Kind.SLICE)
        implied = self._implied(events)
        start = self._start(events, 0, len(implied))
        for ctx_idx in reversed(implied):
            start = self._start_here(start)
            self._ask(Kind.LOAD, ctx_idx=ctx_idx)
        done = 0
        for at, (number, value, ctx_idx) in enumerate(events):
            kind = _KINDS[number]
            start = self._start_here(start)
            if kind == Kind.START:
                start = self._start(events, at + 1, 0)
                continue
            if kind == Kind.LOAD and not self._loads:
                continue
            if errors[at] and self._errors != "convention" and self._ends_with_error(kind, value, ctx_idx, errors[at]):
                return
            self._ask(kind, value, ctx_idx, models[at])
            request = len(self.requests) - 1
            if self._direction == "decoder":
                if kind in BINS or kind == Kind.RAW:
                    self.answers.append(Answer(request, value, kind == Kind.RAW, errors[at], positions[at]))
                continue
            ends = kind == Kind.TERMINATE and value == 1
            for byte in range(done, written[at]):
                self.bytes.append(Byte(request, byte, data[byte], ends and byte + 1 == written[at]))
            done = written[at]
        self._start_here(start)

    def _encoded(self) -> bytes:
        if self._direction == "decoder":
            return self.vector.bytes
        if self.vector.decode_only:
            raise ValueError(f"{self.vector.id} is for decoders: no encoder makes its bytes")
        encoder = Encoder()
        encoder.code(self.vector.events)
        return encoder.bytes()

    def _ask(self, kind: Kind, value: int = 0, ctx_idx: int = 0, model: int = 0) -> None:
        is_bin = kind in BINS
        data = value if kind == Kind.RAW else 0
        self.requests.append(Request(kind, self._number, value if is_bin else 0, ctx_idx, model, data))
        self._number += is_bin

    def _implied(self, events: List[tuple[int, int, int]]) -> List[int]:
        """The contexts that are used before they are loaded, which are loaded first: a core's memory can hold anything."""
        known, implied = set(), []
        for kind, _, ctx_idx in events if self._loads else []:
            if kind == EventKind.CONTEXT and ctx_idx not in known:
                implied.append(ctx_idx)
            if kind in (EventKind.CONTEXT, EventKind.LOAD):
                known.add(ctx_idx)
        return implied

    def _start(self, events: List[tuple[int, int, int]], at: int, implied: int) -> Optional[int]:
        """How many LOADs come before the START of an engine run of a decoder: the length of the slice picks one of the places."""
        if self._direction == "encoder":
            return None
        loads = 0
        while self._loads and at + loads < len(events) and events[at + loads][0] == EventKind.LOAD:
            loads += 1
        return len(self.vector.bytes) % (implied + loads + 1)

    def _start_here(self, start: Optional[int]) -> Optional[int]:
        if start == 0:
            self._ask(Kind.START)
        return start - 1 if start else None

    def _ends_with_error(self, kind: Kind, value: int, ctx_idx: int, error: int) -> bool:
        """Whether nothing more is asked after an error. A core with a flag is asked until the first answer, which has to show it."""
        is_answered = kind in BINS or kind == Kind.RAW
        if self._errors == "flag" and is_answered:
            self._ask(kind, value, ctx_idx)
            self.answers.append(Answer(len(self.requests) - 1, value, kind == Kind.RAW, error, 0, undefined=True))
        return is_answered or self._errors == "none"

    def before(self, request: int) -> List[Request]:
        """A request and up to eight before it, without LOADs."""
        return [asked for asked in self.requests[: request + 1] if asked.kind != Kind.LOAD][-9:]


@dataclass(frozen=True)
class Shape:
    """How many requests a core takes in a clock (docs/socket.md)."""

    lanes: int = 1
    run: int = 0
    """The greatest number of bypass bins in a lane; 0 without `req_run`."""
    after: int = 0
    """How many bypass bins can follow another bin in its lane: `bypass-after`."""
    groups: bool = False
    """Whether requests of all kinds share a transaction."""


def transactions(requests: List[Request], shape: Shape) -> Iterator[List[List[Request]]]:
    """The requests as transactions, each a list of lanes: a request and the bypass bins after it."""
    at = 0
    while at < len(requests):
        lanes: List[List[Request]] = []
        while len(lanes) < shape.lanes and at < len(requests):
            request = requests[at]
            joins = request.kind != Kind.SLICE and (shape.groups or request.kind in BINS)
            if lanes and not joins:
                break
            if request.kind == Kind.TERMINATE:
                ends = request.bin == 1 or not shape.groups
            else:
                ends = not joins
            most = _bypasses(request, ends, shape)
            lane = [request]
            at += 1
            while len(lane) <= most and at < len(requests) and requests[at].kind == Kind.BYPASS:
                lane.append(requests[at])
                at += 1
            lanes.append(lane)
            if ends:
                break
        yield lanes


def _bypasses(request: Request, ends: bool, shape: Shape) -> int:
    """How many bypass bins can follow a request in its lane."""
    if request.kind == Kind.BYPASS:
        return max(shape.run, 1) - 1
    follows = request.kind in (Kind.CONTEXT, Kind.TERMINATE, Kind.ALIGN) and not ends
    return shape.after if follows else 0
