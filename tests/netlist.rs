//! The netlist that Yosys makes of each core does what the core does: its gates pass the suite `smoke` in the socket, and those of one core
//! fail if one gate is changed.
//!
//! Everything becomes gates except the context memory, which is a memory in a chip too. The gates are written with Verilog's own operators,
//! so that a netlist needs no library.

use std::{fs, path::Path, process::Output};

use crate::common::{command, expect, proof_tools};
use silicabac::{
    cores::{ALL, CoreSpec},
    yosys::{self, Yosys},
};

const NETLIST: &str = "netlist.v";

/// The ports of a core that the socket does not have.
const UNSEEN: &str = "w:settled w:save_ctx_idx w:save_model w:debug";

/// Writes the gates of a core to a directory.
fn synthesise(core: &CoreSpec, yosys: &Yosys, dir: &Path) {
    let top = core.top;
    let mut script = String::new();
    for (path, text) in core.sources {
        let name = path.rsplit('/').next().unwrap();
        yosys::write(dir, name, text).unwrap();
        script += &format!("read_verilog -sv {name}\n");
    }
    script += &format!(
        "hierarchy -check -top {top}\nproc\nflatten\ndelete -port {UNSEEN}\nopt_clean\n\
         synth -top {top} -run coarse:fine\nmemory_map -rom-only\nopt -fast -full\ntechmap\nopt -fast\nabc -g simple\nopt_clean\n\
         select -assert-none t:$* t:$_* %d t:$mem_v2 %d t:$scopeinfo %d\n\
         splitnets -driver\nwrite_verilog -noattr {NETLIST}\n"
    );
    yosys.run(dir, &script).unwrap_or_else(|error| panic!("{top}: {error}"));
}

fn smoke(core: &CoreSpec, dir: &Path) -> Output {
    let socket = ["cosim", "--socket", core.direction.name(), "--top", core.top, "--suite", "smoke"];
    command()
        .args(socket)
        .args(["--seed", "5", "--no-causes", "--rtl"])
        .arg(dir.join(NETLIST))
        .arg("--failures")
        .arg(dir)
        .output()
        .unwrap()
}

#[test]
#[ignore = "long"]
fn the_gates_of_each_core_pass_and_with_one_of_them_changed_one_fails() {
    let tools = proof_tools();
    let dirs = ALL.map(|core| {
        let dir = tempfile::tempdir().unwrap();
        synthesise(core, tools.yosys(), dir.path());
        expect(&smoke(core, dir.path()), 0, &["passes"]);
        dir
    });

    let (core, dir) = (ALL[0], dirs[0].path());
    let right = fs::read_to_string(dir.join(NETLIST)).unwrap();
    let ands: Vec<_> = right.match_indices(" & ").collect();
    assert!(ands.len() > 500, "{}: only {} gates are ANDs", core.name, ands.len());
    let (at, and) = ands[ands.len() / 2];
    let wrong = [&right[..at], " | ", &right[at + and.len()..]].concat();
    fs::write(dir.join(NETLIST), wrong).unwrap();
    expect(&smoke(core, dir), 1, &["FAIL"]);
}
