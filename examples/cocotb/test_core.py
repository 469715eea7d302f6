"""Plays a suite to a core in the socket, under each kind of stalls. run.py says in the environment what is played."""

import ast
import os

import cocotb
from silicabac import vectors
from silicabac.cocotb import STALLS, play

SUITE = os.environ.get("SUITE", "smoke")
VECTOR = os.environ.get("VECTOR", "")
KINDS = os.environ.get("STALLS", "flowing").split(",")
OPTIONS = ast.literal_eval(os.environ.get("OPTIONS", "{}"))


def suite():
    """The vectors of a file, or of a suite that is made up; or one of them."""
    found = vectors.read_file(SUITE)[1] if os.path.exists(SUITE) else vectors.suite(SUITE)
    found = [vector for vector in found if VECTOR in ("", vector.id)]
    assert found, f"{SUITE} has no vector {VECTOR}"
    return found


@cocotb.test()
@cocotb.parametrize(kind=KINDS)
async def plays(dut, kind):
    """All that the core gives is what the oracle has."""
    cocotb.log.info("%s: %s", kind, await play(dut, suite(), stalls=STALLS[kind], seed=cocotb.RANDOM_SEED, **OPTIONS))
