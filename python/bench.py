"""How fast the bulk calls are, beside the engine in Rust: `python python/bench.py`, where the package is installed and Cargo is there.

The engine is timed by `examples/engine.rs`, with the same bins, between the runs of Python, so that both have the same share of the machine.
The figures are those of the quickest run of each.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import numpy

import silicabac

BINS = 1 << 20
ROUNDS = 5


def sequence():
    """The bins of the example: those of the same generator."""
    state, values = 1, numpy.empty(2 * BINS, numpy.int64)
    for at in range(values.size):
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        values[at] = state >> 16
    return (values[:BINS] % 460).astype(numpy.uint16), (values[BINS:] % 100 < 15).astype(numpy.uint8)


def calls():
    """What is timed, by the names that the example has for the same."""
    contexts, bins = sequence()

    def encoded(code):
        encoder = silicabac.Encoder()
        code(encoder)
        encoder.terminate(1)
        return encoder.bytes()

    data = encoded(lambda encoder: encoder.contexts(contexts, bins))
    raw = encoded(lambda encoder: encoder.bypasses(BINS, bins))
    assert (silicabac.Decoder(data).contexts(contexts) == bins).all()
    return {
        "encode": lambda: encoded(lambda encoder: encoder.contexts(contexts, bins)),
        "decode": lambda: silicabac.Decoder(data).contexts(contexts),
        "encode bypass": lambda: encoded(lambda encoder: encoder.bypasses(BINS, bins)),
        "decode bypass": lambda: silicabac.Decoder(raw).bypasses(BINS),
    }


def python(runs):
    """Nanoseconds a bin, of the quickest of some runs of each."""
    quickest = {}
    for name, run in runs.items():
        for _ in range(15):
            begin = time.perf_counter_ns()
            run()
            took = (time.perf_counter_ns() - begin) / BINS
            quickest[name] = min(took, quickest.get(name, took))
    return quickest


def single_calls():
    """Nanoseconds a bin, a call each."""
    decoder, count = silicabac.Decoder(bytes(100_000)), 100_000
    begin = time.perf_counter_ns()
    for _ in range(count):
        decoder.context(60)
    return (time.perf_counter_ns() - begin) / count


def main():
    here = Path(__file__).resolve().parent
    build = ["cargo", "run", "--quiet", "--release", "--locked", "--example", "engine"]
    runs, engine, ours = calls(), {}, {}
    for _ in range(ROUNDS):
        told = subprocess.run(build, cwd=here, env=os.environ, check=True, capture_output=True, text=True).stdout
        for quickest, times in ((engine, json.loads(told)), (ours, python(runs))):
            for name, took in times.items():
                quickest[name] = min(took, quickest.get(name, took))
    for name, took in engine.items():
        print(f"{name}: engine {took:.2f} ns a bin, a million a call {ours[name]:.2f} ns, ratio {took / ours[name]:.2f}")
    print(f"decode, a call each: {min(single_calls() for _ in range(ROUNDS)):.0f} ns a bin")


if __name__ == "__main__":
    main()
