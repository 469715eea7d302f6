//! Cores that are not ours, each with a file that says what it can do: right ones pass all vectors that are applicable, and with one fault,
//! such as a designer could have made, each is convicted.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use crate::common::{command, expect, program};
use silicabac::suites::Suite;
use silicabac::vectors;

/// A file of a core.
fn file(core: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cores").join(core).join(name)
}

/// Judges a core; files of failures are written to a temporary directory.
fn judge(core: &str, arguments: &[&str]) -> Output {
    let failures = tempfile::tempdir().unwrap();
    let mut command = command();
    command.args(["cosim", "--seed", "5", "--core"]).arg(file(core, "core.toml"));
    command.arg("--failures").arg(failures.path()).args(arguments).output().unwrap()
}

/// The cores in Verilog, the abilities that each lacks, and the least number of published vectors that are applicable to it.
const CORES: [(&str, &[&str], u64); 4] = [
    ("hevc_encoder", &["which the core does not have"], 1_350),
    ("quad_encoder", &["4 requests at once"], 1_600),
    ("streaming_encoder", &["not checked, since there is no such port: out_ready"], 1_300),
    ("banked_decoder", &["not checked, since there is no such port: rsp_error, rsp_bits"], 1_500),
];

#[test]
fn right_cores_pass() {
    for (core, words, _) in CORES {
        expect(&judge(core, &["--suite", "smoke"]), 0, &[words, &["passes"]].concat());
    }
}

#[test]
#[ignore = "long"]
fn right_cores_pass_in_all_that_is_for_them() {
    for (core, _, least) in CORES {
        let output = judge(core, &["--format", "json"]);
        expect(&output, 0, &["\"pass\": true"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = report["verdicts"].as_array().unwrap();
        let played: u64 = rows.iter().filter_map(|row| row["vectors"].as_u64()).sum();
        assert!(played >= least, "{core}: {played}");
        let is_explained =
            |row: &serde_json::Value| row["pass"] == true || row.get("not_applicable").is_some();
        assert!(rows.iter().all(is_explained), "{report}");
    }
}

#[test]
fn a_fault_of_each_is_found() {
    let smoke = ["--suite", "smoke"];
    // A counter of six bits for outstanding bits: 64 count as none.
    let words = ["outstanding-N-no-carry", "FAIL", "outstanding-87-no-carry"];
    expect(&judge("hevc_encoder", &[&smoke[..], &["--verilator-arg=-GFAULT=1"]].concat()), 1, &words);
    // The first bit of an engine run is written if it comes in lane 2.
    let words = ["byte 0 of the output is", "(lane 0)", "FAILS in"];
    expect(&judge("quad_encoder", &[&smoke[..], &["--verilator-arg=-GFAULT=1"]].concat()), 1, &words);
    // There is one byte too many.
    let words = ["flush-after-mps-phase-N", "FAIL", "out_last with byte "];
    expect(&judge("streaming_encoder", &[&smoke[..], &["--verilator-arg=-GFAULT=1"]].concat()), 1, &words);
}

/// Plays the vectors of one class, where that is enough and playing all would take long.
fn convicted_by(core: &str, fault: &str, class: &str) {
    let mut directed = Suite::built_in("directed", 1).unwrap().vectors;
    directed.retain(|vector| vector.class() == class);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("few.json");
    vectors::write_json("few", &directed, &mut fs::File::create(&path).unwrap()).unwrap();
    let few = ["--vectors", path.to_str().unwrap()];
    expect(&judge(core, &few), 0, &["passes"]);
    expect(&judge(core, &[&few[..], &[fault]].concat()), 1, &[class, "FAIL"]);
}

#[test]
fn a_fault_that_shows_in_one_class_is_found_by_it() {
    // cabac_init_flag has no effect on B slices.
    convicted_by("hevc_encoder", "--verilator-arg=-GFAULT=2", "initial-hevc-b-N-qp-N");
    // A terminate bin is wrong in one range.
    convicted_by("banked_decoder", "--verilator-arg=-GFAULT=1", "terminate-range-N");
}

#[test]
fn a_core_in_vhdl_passes_and_its_fault_is_found() {
    if program("ghdl", "ghdl").is_none() {
        return;
    }
    expect(&judge("vhdl_encoder", &["--suite", "smoke"]), 0, &["vhdl_encoder passes"]);
    let arguments = ["--suite", "smoke", "--ghdl-arg=-gFAULT=1"];
    expect(&judge("vhdl_encoder", &arguments), 1, &["outstanding-N-no-carry", "FAIL"]);
}

/// A core has to do what its file says that it can do.
#[test]
fn a_core_that_says_more_than_it_can_is_convicted() {
    let more = |core: &str, can: &[&str], words: &[&str]| {
        expect(&judge(core, &[&["--suite", "smoke"], can].concat()), 1, words);
    };
    more("streaming_encoder", &["--can", "loads=any"], &["FAILS in"]);
    more("streaming_encoder", &["--can", "contexts=1024"], &["FAILS in"]);
    let deadlock = ["deadlock: for 500 clocks a request is not taken: align"];
    more("hevc_encoder", &["--can", "align=true", "--patience", "500"], &deadlock);
}
