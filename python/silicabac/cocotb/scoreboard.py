"""Compares what passes over a core's ports with what is due.

Nothing here needs a simulator: a monitor says what it sees in each clock (`Seen`). Invariant: nothing may come before the request that
decides it has been taken, and nothing that is not due. What is offered is compared in each clock in which it is, taken or not, so that it
has to stay.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Deque, List, NoReturn, Optional, Tuple

from .mismatch import Mismatch
from .script import BINS, Answer, Byte, Direction, Kind, Script


@dataclass
class Seen:
    """What a monitor sees in a clock. None is an output that is X where it has a meaning."""

    offered: int = 0
    """How many requests are on the ports, 0 if none is valid."""
    ready: Optional[int] = 0
    """Whether they are taken."""
    byte: bool = False
    """Whether a byte of slice data is offered to a decoder."""
    byte_ready: Optional[int] = 0
    """Whether it is taken."""
    valid: Optional[int] = 0
    """Whether the core gives bytes or answers."""
    taken: bool = False
    """Whether they are taken."""
    given: List["Given"] = field(default_factory=list)
    """What it gives."""


@dataclass(frozen=True)
class Given:
    """A byte of an encoder, or an answer of a decoder. What the core has no port for is -1; X is None."""

    data: Optional[int]
    last: Optional[int] = -1
    bin: Optional[int] = -1
    error: Optional[int] = -1
    bits: Optional[int] = -1


class Scoreboard:
    """Judges the play of some scripts, one after the other.

    `patience` is the number of clocks in which nothing moves, although nothing makes the core wait, that are a deadlock.
    """

    def __init__(self, direction: Direction, scripts: List[Script], lanes: int = 1, room: int = 1, patience: int = 20_000) -> None:
        self.clock = 0
        self.bins = 0
        self._direction = direction
        self._scripts = scripts
        self._has_lanes = lanes > 1 or room > 1
        self._room = room
        self._patience = patience
        self._requests = [request for script in scripts for request in script.requests]
        self._firsts: List[int] = []
        self._due: Deque[Tuple[int, "Byte | Answer"]] = deque()
        first = 0
        for script in scripts:
            self._firsts.append(first)
            due = script.bytes if direction == "encoder" else script.answers
            self._due.extend((first + what.request, what) for what in due)
            first += len(script.requests)
        self._taken = 0
        self._shown = 0
        self._still = 0
        # Of a decoder: how many bytes of each slice are left to be taken, and how many slices have begun of which none was taken.
        self._bytes = deque(len(script.vector.bytes) for script in scripts if direction == "decoder" and script.vector.bytes)
        self._left = 0
        self._begun = 0

    @property
    def done(self) -> bool:
        """Whether all requests have been taken, and all that was due has come."""
        return self._taken == len(self._requests) and not self._due

    def see(self, seen: Seen) -> None:
        """One clock. Mismatch if something is wrong."""
        moved = self._take(seen)
        moved |= self._feed(seen)
        moved |= self._give(seen)
        waits = self._taken < len(self._requests) and not seen.offered
        waits |= bool(seen.valid) and not seen.taken
        waits |= bool(self._bytes or self._left) and not seen.byte
        self._still = 0 if moved else self._still + (not waits)
        if self._still >= self._patience and not self.done:
            self._deadlock()
        self.clock += 1

    def _take(self, seen: Seen) -> bool:
        if seen.ready is None:
            self._wrong(self._taken, "req_ready is X")
        if not (seen.offered and seen.ready):
            return False
        for request in self._requests[self._taken : self._taken + seen.offered]:
            self._begun += request.kind == Kind.SLICE
            self.bins += request.kind in BINS
        self._taken += seen.offered
        return True

    def _feed(self, seen: Seen) -> bool:
        if seen.byte_ready is None:
            self._wrong(self._taken, "in_ready is X")
        if not (seen.byte and seen.byte_ready):
            return False
        if self._left == 0:
            if not self._begun:
                self._wrong(self._taken - 1, "a byte is taken that is not of this slice, but of the next one")
            self._begun -= 1
            self._left = self._bytes.popleft()
        self._left -= 1
        return True

    def _give(self, seen: Seen) -> bool:
        port = "out" if self._direction == "encoder" else "rsp"
        newest = self._taken - 1
        if seen.valid is None:
            self._wrong(newest, f"{port}_valid is X")
        count = len(seen.given)
        if not seen.valid and self._shown:
            self._wrong(newest, f"{port}_valid is withdrawn: it was 1, and nothing was taken")
        if not seen.valid:
            return False
        if not 1 <= count <= self._room:
            most = "1" if self._room == 1 else f"1 to {self._room}"
            self._wrong(newest, f"{port}_count of what is valid is {count}, not {most}")
        if count < self._shown:
            self._wrong(newest, f"{port}_count falls from {self._shown} to {count}, and nothing was taken")
        for lane, given in enumerate(seen.given):
            self._compare(lane, given, lane + 1 == count)
        if not seen.taken:
            self._shown = count
            return False
        self._shown = 0
        for _ in range(count):
            self._due.popleft()
        return True

    def _compare(self, lane: int, given: Given, newest: bool) -> None:
        if lane >= len(self._due) or self._due[lane][0] >= self._taken:
            if self._direction == "decoder":
                self._wrong(self._taken - 1, "an answer is given that nothing asked for")
            number = self._due[lane][1].number if lane < len(self._due) else None  # type: ignore[union-attr]
            name = "a byte of the output" if number is None else f"byte {number} of the output"
            self._wrong(self._taken - 1, f"{name} is given before any bin decides it")
        request, due = self._due[lane]
        of_lane = f" (lane {lane})" if self._has_lanes else ""

        def equal(field: str, expected: int, found: Optional[int], shown: str = "d") -> None:
            if found not in (expected, -1):
                value = "X" if found is None else format(found, shown)
                self._wrong(request, f"{field} is {value}, not {format(expected, shown)}{of_lane}")

        if isinstance(due, Byte):
            name = f"byte {due.number} of the output"
            equal(name, due.data, given.data, "#04x")
            equal(f"out_last with {name}", int(due.last), given.last if newest or given.last == -1 else 0)
        elif due.undefined:
            if given.error in (0, None):
                equal("the error, which must not be 0,", due.error, given.error)
        else:
            equal("the raw byte" if due.raw else "the bin", due.value, given.data if due.raw else given.bin)
            equal("the error", due.error, given.error)
            if newest:
                equal("the number of bits read", due.bits % 2**32, given.bits)

    def _deadlock(self) -> NoReturn:
        if self._taken < len(self._requests):
            request, what = self._taken, f"a request is not taken: {self._requests[self._taken]}"
        else:
            request, due = self._due[0]
            what = f"byte {due.number} of the output does not come" if isinstance(due, Byte) else "an answer does not come"
        self._wrong(request, f"deadlock: for {self._patience} clocks {what}")

    def _wrong(self, request: int, what: str) -> NoReturn:
        request = max(0, min(request, len(self._requests) - 1))
        play = max((at for at, first in enumerate(self._firsts) if first <= request), default=0)
        script = self._scripts[play]
        raise Mismatch(what, self.clock, script.vector.id, script.before(request - self._firsts[play]))
