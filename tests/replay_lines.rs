//! Every command that is printed to show a failure again is run unchanged, by a shell, and shows it again: whatever played the vectors,
//! whatever the names of the files are, with the options that matter.
#![cfg(unix)]

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::common::{command, expect, rtl_with, streams};

/// An encoder with carries where there are none: every slice fails.
const WRONG: (&str, &str, &str) =
    ("cabac_encoder_low.sv", "assign carry = sum[10];", "assign carry = !sum[10];");

/// A directory to run in, with a name that a shell would split, and in it a wrong encoder that is given by its path. The name has no quotes
/// of C: Verilator 5.048 does not compile files in such a place.
struct Place {
    dir: tempfile::TempDir,
    verilog: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::Builder::new().prefix("it's a $place; ").tempdir().unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_silicabac"), dir.path().join("bin/silicabac")).unwrap();
        Place { dir, verilog: rtl_with(Some(WRONG)) }
    }

    fn path(&self, name: &[u8]) -> PathBuf {
        self.dir.path().join(OsStr::from_bytes(name))
    }

    fn run(&self, arguments: &[&OsStr]) -> Output {
        command().args(arguments).current_dir(self.dir.path()).output().unwrap()
    }

    /// Runs a command that fails, then each command that it prints; returns these.
    #[track_caller]
    fn again(&self, arguments: &[&OsStr]) -> Vec<String> {
        let output = self.run(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}{errors}");
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("replay: "));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        assert!(!lines.is_empty(), "{text}");
        for line in &lines {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let bin = std::iter::once(self.dir.path().join("bin")).chain(std::env::split_paths(&path));
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(line).current_dir(self.dir.path());
            let again = shell.env("PATH", std::env::join_paths(bin).unwrap()).output().unwrap();
            let text = String::from_utf8_lossy(&again.stdout).into_owned();
            assert_eq!(
                again.status.code(),
                Some(1),
                "{line}\n{text}{}",
                String::from_utf8_lossy(&again.stderr)
            );
            assert!(text.contains("MISMATCH") || text.contains("FAIL"), "{line}\n{text}");
        }
        lines
    }

    /// `cosim` of the wrong encoder with one more option.
    #[track_caller]
    fn cosim(&self, option: &str, file: &[u8], more: &[&str]) -> Vec<String> {
        let path = self.path(file);
        let mut arguments: Vec<&OsStr> = ["cosim", "--core", "encoder", "--rtl-dir"].map(OsStr::new).into();
        arguments.extend([self.verilog.path().as_os_str(), OsStr::new(option), path.as_os_str()]);
        arguments.extend(more.iter().map(OsStr::new));
        self.again(&arguments)
    }
}

#[test]
fn of_a_stream_a_trace_weights_and_vectors_whatever_their_names() {
    let place = Place::new();
    let names: [&[u8]; 4] =
        [b"two words.264", b"it's $HOME \"quoted\".264", b"\xff\xfe\x1b[31m.264", b"-x.264"];
    for name in names {
        fs::copy(&streams()[0], place.path(name)).unwrap();
        place.cosim("--stream", name, &[]);
    }
    let trace = b"a trace\x80.cbt.zst";
    let stream = place.path(b"two words.264");
    let arguments = [OsStr::new("stream"), "trace".as_ref(), stream.as_ref(), "-o".as_ref()];
    expect(&place.run(&[&arguments[..], &[place.path(trace).as_ref()]].concat()), 0, &[]);
    place.cosim("--trace", trace, &[]);

    let header = r#"{"a/b c":{"dtype":"F32","shape":[60,10],"data_offsets":[0,2400]}}"#;
    let data: Vec<u8> = (0..600).flat_map(|i: i32| ((i * i % 97 - 48) as f32 / 97.0).to_le_bytes()).collect();
    let model = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat();
    fs::write(place.path(b"net.safetensors"), model).unwrap();
    expect(&place.run(&["weights", "compress", "--coder=cabac", "net.safetensors"].map(OsStr::new)), 0, &[]);
    place.cosim("--weights", b"net.safetensors.sbw", &[]);

    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/smoke.json"), place.path(b"sm oke.json"))
        .unwrap();
    let lines = place.cosim("--vectors", b"sm oke.json", &["--failures", "fail ures", "--seed", "7"]);
    assert!(lines[0].contains("--failures 'fail ures'") && lines[0].contains("--seed 7"), "{lines:?}");
}

#[test]
fn where_nothing_could_be_written_the_source_is_named() {
    let place = Place::new();
    fs::write(place.path(b"full"), "no directory").unwrap();
    fs::copy(&streams()[0], place.path(b"a b.264")).unwrap();
    let nowhere = ["--failures", "full/failures"];
    let lines = place.cosim("--stream", b"a b.264", &nowhere);
    assert!(lines[0].starts_with("silicabac cosim --stream '"), "{lines:?}");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/avc.cbt.zst"), place.path(b"t.cbt.zst"))
        .unwrap();
    let lines = place.cosim("--trace", b"t.cbt.zst", &nowhere);
    assert!(lines[0].starts_with("silicabac cosim --trace "), "{lines:?}");
    let suite = ["cosim", "--suite", "smoke", "--core", "encoder", "--failures", "full/x", "--rtl-dir"]
        .map(OsStr::new);
    let lines = place.again(&[&suite[..], &[place.verilog.path().as_os_str()]].concat());
    assert!(lines[0].starts_with("silicabac cosim --suite smoke "), "{lines:?}");
}

#[test]
fn two_suites_of_one_name_leave_two_failures() {
    let place = Place::new();
    let smoke = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/smoke.json");
    let mut arguments: Vec<&OsStr> = ["cosim", "--core", "encoder", "--rtl-dir"].map(OsStr::new).into();
    arguments.push(place.verilog.path().as_os_str());
    arguments.extend([
        OsStr::new("--vectors"),
        smoke.as_os_str(),
        OsStr::new("--vectors"),
        smoke.as_os_str(),
    ]);
    let lines = place.again(&arguments);
    assert!(
        lines.len() == 2 && lines[0] != lines[1] && lines[1].contains("smoke-2-cabac_encoder"),
        "{lines:?}"
    );
}

#[test]
fn of_a_core_in_a_socket_with_all_its_options() {
    let place = Place::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir(place.path(b"in clude")).unwrap();
    for file in [
        "rtl/common/cabac_range_table.sv",
        "tests/cores/textbook_encoder.v",
        "tests/cores/deadlocking_packer.v",
    ] {
        let name = format!("my {}", Path::new(file).file_name().unwrap().to_string_lossy());
        fs::copy(root.join(file), place.path(name.as_bytes())).unwrap();
    }
    let arguments = [
        "cosim",
        "--socket",
        "encoder",
        "--suite",
        "smoke",
        "--seed",
        "3",
        "--patience",
        "3000",
        "--failures",
        "fail ures",
        "--define",
        "NAME=\"a b\"",
        "--include",
        "in clude",
        "--verilator-arg=-Wno-fatal",
        "--rtl",
        "my cabac_range_table.sv",
        "my textbook_encoder.v",
        "my deadlocking_packer.v",
        "--top",
        "deadlocking_packer",
    ];
    let lines = place.again(&arguments.map(OsStr::new));
    for option in [
        "--patience 3000",
        "--seed 3",
        "--define='NAME=\"a b\"'",
        "--include 'in clude'",
        "--failures 'fail ures'",
    ] {
        assert!(lines[0].contains(option), "{option}: {}", lines[0]);
    }
}

#[test]
fn a_core_that_no_vector_is_for_has_not_passed() {
    let place = Place::new();
    let mut invalid = silicabac::suites::Suite::built_in("invalid", 1).unwrap().vectors;
    invalid.retain(|vector| vector.decode_only);
    let mut file = Vec::new();
    silicabac::vectors::write_json("bad", &invalid[..5], &mut file).unwrap();
    fs::write(place.path(b"bad.json"), file).unwrap();
    let run = |arguments: &[&str]| place.run(&arguments.iter().map(OsStr::new).collect::<Vec<_>>());
    let words = ["no vector is for"];
    expect(
        &run(&["cosim", "--core", "encoder", "--vectors", "bad.json"]),
        4,
        &[words[0], "nothing was played"],
    );
    expect(&run(&["vectors", "check", "--core", "encoder", "bad.json"]), 4, &words);
    expect(&run(&["cosim", "--socket", "encoder", "--vectors", "bad.json"]), 4, &words);
    expect(
        &run(&["cosim", "--socket", "decoder", "--can", "slice-bins=1", "--vectors", "bad.json"]),
        4,
        &words,
    );
    let export =
        ["vectors", "export", "--format", "sv-testbench", "--socket", "encoder", "--file", "bad.json"];
    expect(&run(&export), 4, &words);
    // One of the two cores has played all vectors.
    expect(&run(&["cosim", "--vectors", "bad.json"]), 0, &["no vector is for it", "all equal"]);
}
