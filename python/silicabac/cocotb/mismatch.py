"""The first difference between what a core does and what it should do."""

from __future__ import annotations

from typing import List, Optional

from .script import Request


class Mismatch(AssertionError):
    """What is wrong, and where: the vector, and the bin that decides what is wrong or that waits, as `silicabac cosim` names them."""

    def __init__(self, what: str, clock: int, vector: str, before: List[Request]) -> None:
        self.what = what
        self.clock = clock
        self.vector = vector
        self.request: Optional[Request] = before[-1] if before else None
        self.bin = self.request.number if self.request else 0
        lines = [f"clock {clock}, vector {vector}, bin {self.bin}: {what}"]
        lines += [f"    {request.number} {request}" for request in before]
        super().__init__("\n".join(lines))
