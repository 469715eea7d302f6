//! A simulated core is a program. Whatever it does to its process, the command says what that was, and that there is no result.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use crate::common::{command, expect, rtl_with};
use serde_json::Value;

/// A core in the socket of an encoder that takes nothing. At its first request it does what an environment variable says.
fn core(dir: &Path) -> PathBuf {
    let socket = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl/socket/cabac_encoder_socket.sv");
    let template = fs::read_to_string(socket).unwrap();
    let (ports, _) = template.split_once(");").unwrap();
    let deeds = r#"
        const char* does = std::getenv(\"CORE_DOES\");
        const auto is = [&](const char* deed) { return does && std::strcmp(does, deed) == 0; };
        if (is(\"exit\")) std::exit(0);
        if (is(\"crash\")) std::raise(SIGSEGV);
        if (is(\"sleep\")) std::raise(SIGSTOP);
        while (is(\"hang\")) std::rand();
        while (is(\"flood\")) std::puts(\"a line of many, and \\x1b[2J clears a terminal\");
        while (is(\"eat\")) std::memset(std::malloc(1 << 20), 1, 1 << 20);
        if (is(\"forge\")) {
            std::puts(\"{\\\"Out\\\":\\\"encoder passes\\\\n\\\"}\\n{\\\"End\\\":{\\\"status\\\":0,\\\"word\\\":\\\"\\\"}}\");
            std::exit(0);
        }
    "#;
    let deeds = deeds.replace('\n', " ");
    let text = format!(
        "`verilator_config\n`verilog\n{ports});\n`systemc_header\n#include <csignal>\n#include <cstdlib>\n#include <cstring>\n\
         `verilog\nassign {{req_ready, out_valid, out_count, out_data, out_last}} = '0;\n\
         always @(posedge clk) if (!rst && req_valid) $c(\"{deeds}\");\nendmodule\n"
    );
    let path = dir.join("core.sv");
    fs::write(&path, text).unwrap();
    path
}

/// Plays the smallest suite to a core that does this.
fn play(does: &str, arguments: &[&str]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let mut command = command();
    command.env("CORE_DOES", does).args(["cosim", "--socket", "encoder", "--suite", "smoke", "--seed", "1"]);
    command
        .arg("--rtl")
        .arg(core(dir.path()))
        .args(["--top", "cabac_encoder_socket", "--failures"])
        .arg(dir.path());
    command.args(arguments).output().unwrap()
}

#[test]
fn each_way_to_end_a_simulation_has_a_name() {
    for (does, arguments, words) in [
        ("exit", &[][..], "the simulated core ended the program, with exit status 0"),
        ("crash", &[], "crashed with signal 11 (SIGSEGV)"),
        ("hang", &["--max-clock-time=2"], "stuck inside one clock, for 2 seconds"),
        ("flood", &["--max-output=1"], "printed more than 1 MiB"),
        ("eat", &["--max-memory=400"], "took more than 400 MiB of memory"),
        ("sleep", &["--max-clock-time=1"], "does not answer"),
    ] {
        let begun = Instant::now();
        let output = play(does, arguments);
        expect(&output, 1, &[words, ", during "]);
        assert!(output.stdout.is_empty(), "{does}: there is no result");
        assert!(begun.elapsed() < Duration::from_secs(120), "{does}");
        // Its output is shown, up to a limit, and without control characters.
        assert!(output.stderr.len() < 80 << 10 && !output.stderr.contains(&0x1b), "{does}");
    }
    // A core that behaves has a verdict, with the same harness.
    expect(&play("nothing", &["--patience=500"]), 1, &["deadlock: for 500 clocks a request is not taken"]);
}

#[test]
fn what_a_core_prints_is_no_result() {
    let output = play("forge", &[]);
    expect(&output, 1, &["encoder passes", "ended the program, with exit status 0"]);
    assert!(output.stdout.is_empty());
}

#[test]
fn machines_are_told_too() {
    let report: Value = serde_json::from_slice(&play("exit", &["--format=json"]).stdout).unwrap();
    assert_eq!((&report["pass"], &report["ended"]["kind"]), (&false.into(), &"exit".into()));
    expect(&play("exit", &["--format=junit"]), 1, &["<error message=\"the simulated core ended the program"]);
}

/// A core of ours that ends the program at its first bin.
fn quitter() -> tempfile::TempDir {
    let quit = "assign rsp_valid = (req_valid && !rst && $c(\"(std::exit(0), 1)\") != 0) || response_valid;";
    rtl_with(Some(("cabac_decoder.sv", "assign rsp_valid = response_valid;", quit)))
}

#[test]
fn every_verb_that_simulates_outlives_the_core() {
    let dir = quitter();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/smoke.json");
    let vectors = vectors.to_str().unwrap();
    for verb in [
        &["cosim", "--suite=smoke", "--core=decoder"][..],
        &["cosim", "--suite=smoke", "--core=decoder", "--coverage"],
        &["vectors", "check", vectors, "--core=decoder"],
    ] {
        let output = command().args(verb).arg("--rtl-dir").arg(dir.path()).output().unwrap();
        expect(&output, 1, &["the simulated core ended the program, with exit status 0"]);
    }
}

#[test]
fn a_simulation_ends_with_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let mut hanging = command();
    hanging.env("CORE_DOES", "hang").args(["cosim", "--socket=encoder", "--suite=smoke", "--rtl"]);
    // A process that is killed leaves its temporary files.
    hanging.arg(core(dir.path())).args(["--top", "cabac_encoder_socket"]).env("TMPDIR", dir.path());
    let mut hanging = hanging.spawn().unwrap();
    let simulation = || children(hanging.id()).first().copied();
    let simulation = wait_for(simulation).expect("a process that simulates");
    hanging.kill().unwrap();
    hanging.wait().unwrap();
    let ended = wait_for(|| (!Path::new(&format!("/proc/{simulation}")).exists()).then_some(()));
    assert!(ended.is_some(), "process {simulation} goes on without the command");
}

/// Waits for something, for a minute at the most.
fn wait_for<T>(mut what: impl FnMut() -> Option<T>) -> Option<T> {
    (0..600).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        what()
    })
}

/// The processes that a process has started.
fn children(id: u32) -> Vec<u32> {
    let output = Command::new("cat").arg(format!("/proc/{id}/task/{id}/children")).output().unwrap();
    String::from_utf8_lossy(&output.stdout).split_whitespace().filter_map(|id| id.parse().ok()).collect()
}
