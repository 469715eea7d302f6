//! What several tests need.
#![allow(dead_code, unreachable_pub)] // each test uses a part of it

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
};

use silicabac::cosim::rtl::SOURCES;
use silicabac_sim::{Cache, Tools};

/// Recorded traces that may be read but not published: `$SILICABAC_TRACES`, else a folder beside the project's.
/// Empty where there is none.
pub fn unpublished_traces() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/traces");
    list(&std::env::var_os("SILICABAC_TRACES").map_or(beside, PathBuf::from))
}

/// The streams in `tests/streams/`, encoded for this project.
pub fn streams() -> Vec<PathBuf> {
    let streams = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams"), "264");
    assert!(!streams.is_empty(), "tests/streams/ holds no stream");
    streams
}

/// H.264 streams that may be read but not published: `$SILICABAC_STREAMS`, else a folder beside the project's. Empty
/// where there is none.
pub fn unpublished_streams() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/streams/avc");
    files(&std::env::var_os("SILICABAC_STREAMS").map_or(beside, PathBuf::from), "264")
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

/// The files of a folder whose names end like this, in order.
fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<_> =
        entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort();
    files
}

/// The tools of co-simulation. A test that cannot have them fails and says what to install, unless
/// `SILICABAC_NO_SIM=1` asks to leave such tests out; then this is `None`, and a line counts them.
pub fn tools() -> Option<(Cache, Tools)> {
    static LEFT_OUT: AtomicUsize = AtomicUsize::new(0);
    if left_out("SILICABAC_NO_SIM", "co-simulation tests", &LEFT_OUT) {
        return None;
    }
    let cache = Cache::from_env().unwrap_or_else(|error| panic!("{error}"));
    let tools =
        Tools::find(&cache, &mut |line| eprintln!("{line}")).unwrap_or_else(|error| panic!("{error}"));
    Some((cache, tools))
}

/// Another program that a test runs, under the same rule; `install` is the command that installs it.
pub fn program(name: &str, install: &str) -> Option<PathBuf> {
    tools()?;
    Some(
        on_path(name).unwrap_or_else(|| panic!("there is no {name} on the PATH; install it with: {install}")),
    )
}

/// The encoder x264; as [`tools`], with `SILICABAC_NO_X264=1`.
pub fn x264() -> Option<PathBuf> {
    static LEFT_OUT: AtomicUsize = AtomicUsize::new(0);
    if left_out("SILICABAC_NO_X264", "tests of fresh streams", &LEFT_OUT) {
        return None;
    }
    Some(
        on_path("x264")
            .unwrap_or_else(|| panic!("there is no x264 on the PATH; install it with: apt-get install x264")),
    )
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// The tools of proofs; as [`tools`], with `SILICABAC_NO_FORMAL=1`.
pub fn proof_tools() -> Option<silicabac::prove::Tools> {
    static LEFT_OUT: AtomicUsize = AtomicUsize::new(0);
    if left_out("SILICABAC_NO_FORMAL", "tests of proofs", &LEFT_OUT) {
        return None;
    }
    Some(silicabac::prove::Tools::find().unwrap_or_else(|error| panic!("{error}")))
}

/// The tools of mutation: those of co-simulation, and Yosys as for proofs.
pub fn mutation_machine() -> Option<silicabac::mutation::Machine> {
    static LEFT_OUT: AtomicUsize = AtomicUsize::new(0);
    if left_out("SILICABAC_NO_FORMAL", "tests of mutants", &LEFT_OUT) {
        return None;
    }
    let (cache, tools) = tools()?;
    let yosys = silicabac::yosys::Yosys::find().unwrap_or_else(|error| panic!("{error}"));
    let solver = silicabac::solver::Solver::find(&yosys).unwrap_or_else(|error| panic!("{error}"));
    Some(silicabac::mutation::Machine { yosys, solver, tools, cache })
}

/// Whether this variable asks to leave such tests out; a line counts them.
fn left_out(variable: &str, tests: &str, count: &AtomicUsize) -> bool {
    let asked = std::env::var_os(variable).is_some_and(|value| value == "1");
    if asked {
        let count = count.fetch_add(1, Ordering::Relaxed) + 1;
        // Past the capture of the test harness: nothing is left out in silence.
        let _ = writeln!(std::io::stderr(), "{variable}: {count} {tests} left out here so far");
    }
    asked
}

/// The built-in Verilog in a directory, with `edit` applied: in this file, this text becomes that.
pub fn rtl_with(edit: Option<(&str, &str, &str)>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in SOURCES {
        let text = match edit {
            Some((file, from, to)) if file == name => {
                assert_eq!(text.matches(from).count(), 1, "{from:?} is not once in {file}");
                text.replace(from, to)
            }
            _ => text.to_owned(),
        };
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// The built command.
pub fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_silicabac"))
}

/// The command ended with this status, and said these words somewhere.
#[track_caller]
pub fn expect(output: &Output, status: i32, words: &[&str]) {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}
