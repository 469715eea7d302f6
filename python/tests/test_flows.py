"""docs/flows.md: its commands that need Python do what it says, and cores, wrappers and testbenches that are wrong are convicted.

A test is left out where a simulator is not installed, unless SILICABAC_REQUIRE is set. A command of the page that builds
several cores builds one of them here, and all with SILICABAC_LONG, since each takes a compiler ten seconds.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "flows.md").read_text()
RUN = str(ROOT / "examples" / "cocotb" / "run.py")
WRONG = re.search(r"vector outstanding-89-carry, bin 120: .*", PAGE).group()


def needs(*programs):
    """Leaves the test out without these programs, and says so."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("SILICABAC_REQUIRE"):
        pytest.fail(f"there is no {', '.join(missing)}")
    if missing:
        pytest.skip(f"there is no {', '.join(missing)}")


def commands(part):
    """The commands of a part of the page, without the first, which makes the environment that the tests run in."""
    block = re.search(rf"^## {part}\n.*?```sh\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE).group(1)
    first, *others = block.replace("\\\n", "").splitlines()
    assert first.startswith("python3 -m venv environment && environment/bin/pip install ") and len(others) <= 2
    return others


def run(line, cwd=ROOT, root=ROOT):
    """Runs a command of the page, with what is installed here. Its status, and what it prints."""
    words = shlex.split(line)
    if words[0].endswith("/python"):
        words[0] = sys.executable
    if words[0].endswith("/fusesoc"):
        words[0] = str(Path(sys.executable).with_name("fusesoc"))
    words = [str(root) if word == "." else word for word in words]
    # cocotb would end at once if it saw that pytest runs it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    done = subprocess.run(words, check=False, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def cores(line, one):
    """The command for one core, if not all are wanted."""
    return line if os.environ.get("SILICABAC_LONG") else f"{line.partition('run.py')[0]}run.py {one}"


def passes(line, *words, **where):
    status, printed = run(line, **where)
    assert status == 0 and all(word in printed for word in words), printed


def fails(line, *words, **where):
    status, printed = run(line, **where)
    assert status != 0 and all(word in printed for word in words), printed


def test_the_cores_pass_in_cocotb():
    needs("make", "g++")
    plays, _ = commands("cocotb")
    assert plays == "environment/bin/python examples/cocotb/run.py"
    passes(cores(plays, "cabac_decoder"), "cabac_decoder: 2 of 2 tests pass")


def test_wrong_cores_are_convicted_in_cocotb_and_in_pyuvm():
    needs("iverilog")
    for part in ("cocotb", "pyuvm"):
        fails(commands(part)[1], WRONG, "119 bypass = 1", "120 bypass = 1", "0 of 1 tests pass")
    icarus = f"environment/bin/python {RUN} --simulator icarus --stalls flowing"
    passes(f"{icarus} textbook_encoder --vector outstanding-89-carry", "1 of 1 tests pass")
    fails(f"{icarus} deadlocking_packer --vector outstanding-89-carry", "Mismatch", "deadlock: for 20000 clocks a request is not taken")


def test_a_core_passes_in_pyuvm():
    needs("iverilog")
    right = f"environment/bin/python {RUN} --pyuvm --simulator icarus textbook_encoder --stalls uneven --vector outstanding-89-carry"
    passes(right, "1 of 1 tests pass")
    if os.environ.get("SILICABAC_LONG"):
        passes(commands("pyuvm")[0], "2 of 2 tests pass")


def test_an_unknown_core_is_an_error():
    fails(f"environment/bin/python {RUN} no_core", "there is no core no_core; there are cabac_encoder, ")


def copy_with(tmp_path, name, old, new):
    """A copy of what the flows read, in which a file has one edit."""
    for folder in ("rtl", "examples/cocotb", "tests/cores"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "golden", tmp_path / "golden", ignore=lambda _, names: {name for name in names if name != "smoke.hex"})
    shutil.copy(ROOT / "silicabac.core", tmp_path)
    text = (tmp_path / name).read_text()
    assert text.count(old) == 1
    (tmp_path / name).write_text(text.replace(old, new))
    return tmp_path


def test_wrappers_of_axi4_stream_pass_and_a_wrong_one_is_convicted(tmp_path):
    needs("make", "g++")
    _, plays = commands("AXI4-Stream")
    passes(cores(plays, "cabac_axis_encoder4"), "cabac_axis_encoder4: 2 of 2 tests pass")
    # What waits is overwritten.
    wrong = copy_with(tmp_path, "rtl/axis/cabac_axis_slice.sv", "in_ready = !out_valid || out_ready", "in_ready = 1'b1")
    fails("environment/bin/python examples/cocotb/run.py cabac_axis_encoder", "1 of 2 tests pass", cwd=wrong)


def test_fusesoc_lints_and_simulates_and_a_wrong_core_is_convicted(tmp_path):
    needs("make", "g++", "verilator")
    lint, sim = commands("FuseSoC")
    targets = re.findall(r"^  (lint\w*):", (ROOT / "silicabac.core").read_text(), re.MULTILINE)
    assert len(targets) == 5
    for target in targets:
        passes(lint.replace("=lint", f"={target}"), cwd=tmp_path)
    passes(sim, "PASS: 306 vectors of smoke.hex", cwd=tmp_path)
    wrong = copy_with(tmp_path / "wrong", "rtl/common/cabac_encoder_pack.sv", "endmodule", "  wire unread = 1'b1;\nendmodule")
    fails(lint, "UNUSEDSIGNAL", cwd=tmp_path / "wrong", root=wrong)
    wrong = copy_with(tmp_path / "wronger", "rtl/encoder/cabac_encoder.sv", ".in_last(piece_last),", ".in_last(1'b0),")
    fails(sim, cwd=tmp_path / "wronger", root=wrong)
