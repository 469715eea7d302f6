"""The play of test_core.py by components of pyuvm."""

import cocotb
import pyuvm
from pyuvm import ConfigDB, uvm_test
from silicabac.cocotb import STALLS, Bench
from silicabac.pyuvm import Environment, Vectors
from test_core import KINDS, OPTIONS, suite


class Plays(uvm_test):
    """All that the core gives is what the oracle has."""

    kind = "flowing"

    def build_phase(self):
        """Makes the bench and the environment."""
        self.bench = Bench(cocotb.top, suite(), stalls=STALLS[self.kind], seed=cocotb.RANDOM_SEED, **OPTIONS)
        ConfigDB().set(None, "*", "BENCH", self.bench)
        self.environment = Environment("environment", self)

    async def run_phase(self):
        """Plays the vectors until they have ended, or something is wrong."""
        self.raise_objection()
        vectors = Vectors("vectors", self.bench)
        asks = cocotb.start_soon(vectors.start(self.environment.agent.sequencer))
        await self.environment.scoreboard.ended.wait()
        asks.cancel()
        self.drop_objection()

    def report_phase(self):
        """Says what was played."""
        self.logger.info("%s: %s", self.kind, self.bench.played)


for kind in KINDS:
    globals()[f"Plays_{kind}"] = pyuvm.test()(type(f"Plays_{kind}", (Plays,), {"kind": kind}))
