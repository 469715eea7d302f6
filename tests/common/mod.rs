//! What several tests need.
#![allow(dead_code, unreachable_pub)] // each test uses a part of it

#[path = "../../sim/tests/left_out/mod.rs"]
pub mod left_out;

pub mod chosen;
pub mod coders;
pub mod dreamt;
pub mod ffmpeg;
pub mod segments;
#[cfg(target_os = "linux")]
pub mod slurm;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use left_out::{Wanted, leave_out};
use silicabac::{cores::ALL, mutation::Machine, prove};
use silicabac_sim::{Cache, Tools, on_path};

/// The streams in `tests/streams/`, encoded for this project.
pub fn streams() -> Vec<PathBuf> {
    let streams = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams"), "264");
    assert!(!streams.is_empty(), "tests/streams/ holds no stream");
    streams
}

/// The committed H.265 streams.
pub fn hevc_streams() -> Vec<PathBuf> {
    let streams = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams"), "265");
    assert!(!streams.is_empty(), "tests/streams/ holds no H.265 stream");
    streams
}

/// A folder of further streams and traces, which may not be published; `SILICABAC_CORPUS` names it: `streams/avc/*.264`, `streams/hevc/*`,
/// and `traces/*.cbt.zst`, those of these streams named `avc_STREAM.cbt.zst` and `hevc_STREAM.cbt.zst`. If it is not set, the test is
/// skipped.
pub struct Corpus(PathBuf);

impl Corpus {
    /// The folder.
    pub fn find() -> Option<Corpus> {
        let named = std::env::var_os("SILICABAC_CORPUS").filter(|named| !named.is_empty());
        if named.is_none() {
            leave_out(Wanted::Corpus);
        }
        named.map(|named| Corpus(named.into()))
    }

    /// Its H.264 streams.
    pub fn streams(&self) -> Vec<PathBuf> {
        some(files(&self.0.join("streams/avc"), "264"), &self.0)
    }

    /// Its H.265 streams.
    pub fn hevc_streams(&self) -> Vec<PathBuf> {
        some(files(&self.0.join("streams/hevc"), ""), &self.0)
    }

    /// Its traces.
    pub fn traces(&self) -> Vec<PathBuf> {
        some(list(&self.0.join("traces")), &self.0)
    }

    /// The trace that was recorded of one of its streams, if there is one.
    pub fn trace_of(&self, stream: &Path) -> Option<PathBuf> {
        let name = |path: &Path| path.file_stem().unwrap_or_default().display().to_string();
        let trace = format!("traces/{}_{}.cbt.zst", name(stream.parent()?), name(stream));
        Some(self.0.join(trace)).filter(|path| path.is_file())
    }
}

/// Files, of which there has to be at least one, since a test without any would test nothing.
fn some(files: Vec<PathBuf>, dir: &Path) -> Vec<PathBuf> {
    assert!(!files.is_empty(), "{}, which SILICABAC_CORPUS names, is not such a folder", dir.display());
    files
}

/// The traces in `golden/`.
pub fn golden_traces() -> Vec<PathBuf> {
    let golden = list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden"));
    assert!(!golden.is_empty(), "golden/ holds no trace");
    golden
}

fn list(dir: &Path) -> Vec<PathBuf> {
    files(dir, ".cbt.zst")
}

/// The files of a folder whose names end with `end`, sorted.
fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<_> =
        entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort();
    files
}

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
pub fn mutation_machine() -> Machine {
    let (cache, tools) = tools();
    let proof = proof_tools();
    Machine { yosys: proof.yosys().clone(), solver: proof.solver().clone(), tools, cache }
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
