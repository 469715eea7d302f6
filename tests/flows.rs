//! The ways to use the cores and vectors in flows of others (`docs/flows.md`): every list of the Verilog has the files of `rtl/cabac.f`, and
//! the commands of the page that need no Python do what it says. `python/tests/test_flows.py` runs those that do.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::common::{command, expect, iverilog};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The sources in a file list, relative to the project.
fn listed(path: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').unwrap().0;
    let list = text(path);
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.map(|line| format!("{folder}/{line}")).collect()
}

/// All that a user of the Verilog compiles.
fn sources() -> Vec<String> {
    [listed("rtl/cabac.f"), listed("rtl/axis/axis.f")].concat()
}

/// The Verilog that a list in YAML names, in its order, without testbenches.
fn in_yaml(list: &str) -> Vec<String> {
    let items = list.lines().filter_map(|line| line.trim().strip_prefix("- rtl/"));
    items.filter(|item| !item.contains("_tb.sv")).map(|item| format!("rtl/{item}")).collect()
}

#[test]
fn every_list_of_the_verilog_is_that_of_the_project() {
    for name in ["silicabac.core", "Bender.yml"] {
        let list = text(name);
        assert_eq!(in_yaml(&list), sources(), "{name} differs from rtl/cabac.f and rtl/axis/axis.f");
        // A list that lacks a file, or has two in another order, is noticed.
        let first = format!("- {}\n", sources()[0]);
        assert_ne!(in_yaml(&list.replacen(&first, "", 1)), sources());
        assert_ne!(in_yaml(&list.replacen(&first, &format!("- {}\n{first}", sources()[1]), 1)), sources());
    }
    let mut files: Vec<_> =
        fs::read_dir(root().join("rtl/axis")).unwrap().map(|entry| entry.unwrap()).collect();
    files.retain(|file| file.path().extension().is_some_and(|extension| extension == "sv"));
    assert_eq!(files.len(), listed("rtl/axis/axis.f").len(), "rtl/axis/axis.f lacks a file");
}

#[test]
fn the_version_of_the_packages_is_that_of_the_project() {
    let version = format!("name: ::silicabac:{}\n", env!("CARGO_PKG_VERSION"));
    assert!(text("silicabac.core").contains(&version), "silicabac.core has another version");
}

/// The commands of a part of the page.
fn commands(part: &str) -> Vec<String> {
    let page = text("docs/flows.md");
    let (_, rest) =
        page.split_once(&format!("## {part}\n")).unwrap_or_else(|| panic!("there is no part {part}"));
    let (_, rest) = rest.split_once("```sh\n").unwrap();
    let block = rest.split_once("```").unwrap().0.replace("\\\n", "");
    let commands: Vec<_> = block.lines().map(str::to_owned).collect();
    assert!((1..=3).contains(&commands.len()), "{part} has {} commands", commands.len());
    commands
}

/// Runs a command of the page in a directory that has what a checkout has.
fn run(dir: &Path, line: &str) -> Output {
    let built = PathBuf::from(command().get_program()).parent().unwrap().to_owned();
    let paths = env::split_paths(&env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let path = env::join_paths([built].into_iter().chain(paths)).unwrap();
    Command::new("sh").args(["-ec", line]).current_dir(dir).env("PATH", path).output().unwrap()
}

#[cfg(unix)]
fn checkout() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["rtl", "tests", "golden"] {
        std::os::unix::fs::symlink(root().join(name), dir.path().join(name)).unwrap();
    }
    dir
}

#[cfg(unix)]
#[test]
fn the_commands_for_plain_verilog_pass() {
    if iverilog().is_none() {
        return;
    }
    let dir = checkout();
    let commands = commands("A testbench in plain Verilog");
    let (last, first) = commands.split_last().unwrap();
    first.iter().for_each(|line| expect(&run(dir.path(), line), 0, &[]));
    expect(&run(dir.path(), last), 0, &["PASS: 50 classes, 50 plays"]);
}

#[cfg(unix)]
#[test]
fn the_commands_for_cosim_pass_and_convict_as_cocotb_does() {
    let dir = checkout();
    let [passes, fails] = &commands("Verilator and Rust")[..] else { panic!("there are two commands") };
    expect(&run(dir.path(), passes), 0, &["encoder textbook_encoder passes"]);
    let output = run(dir.path(), fails);
    let page = text("docs/flows.md");
    let said =
        page.lines().find_map(|line| line.trim().split_once("vector outstanding-89-carry, ")).unwrap().1;
    let (bin, what) = said.split_once(": ").unwrap();
    expect(&output, 1, &[&format!("at {bin}: {what}")]);
}
