//! What several tests need.
#![allow(dead_code, unreachable_pub)] // each test uses a part of this module

#[path = "../../sim/tests/left_out/mod.rs"]
pub mod left_out;

pub mod chosen;
pub mod coders;
pub mod dreamt;
pub mod ffmpeg;
mod inputs;
pub mod segments;
#[cfg(target_os = "linux")]
pub mod slurm;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

pub use inputs::{Corpus, golden_traces, hevc_streams, streams};
use left_out::{Wanted, leave_out};
use silicabac::{cores::ALL, mutation::Toolchain, prove};
use silicabac_sim::{Cache, Tools, on_path};

/// The cache, and the tools of co-simulation; Verilator is fetched if it is not installed.
pub fn tools() -> (Cache, Tools) {
    let cache = Cache::from_env().unwrap_or_else(|error| panic!("{error}"));
    let tools = Tools::find(&cache, &mut notice).unwrap_or_else(|error| panic!("{error}"));
    (cache, tools)
}

/// The tools of proofs, fetched if they are not installed.
pub fn proof_tools() -> prove::Tools {
    let cache = Cache::from_env().unwrap_or_else(|error| panic!("{error}"));
    prove::Tools::find(&cache, &mut notice).unwrap_or_else(|error| panic!("{error}"))
}

/// The tools of mutation: those of co-simulation, and Yosys and a solver as for proofs.
pub fn mutation_toolchain() -> Toolchain {
    let (cache, tools) = tools();
    let proof = proof_tools();
    Toolchain { yosys: proof.yosys().clone(), solver: proof.solver().clone(), tools, cache }
}

/// Prints a line that the test harness does not capture, when something takes minutes.
fn notice(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error");
}

/// Icarus Verilog. If it is not installed, the test is skipped.
pub fn iverilog() -> Option<PathBuf> {
    program("iverilog", "iverilog")
}

/// The encoder x264. If it is not installed, the test is skipped.
pub fn x264() -> Option<PathBuf> {
    program("x264", "x264")
}

/// A program that only package managers have, and the name of its package.
pub fn program(name: &'static str, package: &'static str) -> Option<PathBuf> {
    let found = on_path(Path::new(name));
    if found.is_none() {
        leave_out(Wanted::Program { name, package });
    }
    found
}

/// The built-in Verilog in a directory, with `edit` applied: the file, the text, and its replacement.
pub fn rtl_with(edit: Option<(&str, &str, &str)>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in ALL.iter().flat_map(|core| core.sources) {
        let name = path.rsplit('/').next().unwrap();
        let text = match edit {
            Some((file, from, to)) if file == name => {
                assert_eq!(text.matches(from).count(), 1, "{from:?} is not once in {file}");
                text.replace(from, to)
            }
            _ => (*text).to_owned(),
        };
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// The built command.
pub fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_silicabac"))
}

/// Checks that the command ended with this status, and that its output contains these words.
#[track_caller]
pub fn expect(output: &Output, status: i32, words: &[&str]) {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}
