//! Files that the command reads and writes: nothing is lost, nothing but a file is treated as one, and no temporary file is left. Devices
//! here are nodes that the tests make themselves.
#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    io::{Read, Write},
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink},
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::common::{command, expect, golden_traces, rtl_with, tools};
use rustix::fs::{
    CWD,
    FileType::{self, BlockDevice, CharacterDevice, Fifo},
    Mode, makedev, mknodat,
};
use tempfile::TempDir;

/// A model of one square tensor.
fn write_model(path: &Path, size: u32) {
    let end = 4 * size * size;
    let header = format!(r#"{{"w":{{"dtype":"F32","shape":[{size},{size}],"data_offsets":[0,{end}]}}}}"#);
    let weight = |i: u32| (i.wrapping_mul(2_654_435_761) as i32 as f32 / 1e9).to_le_bytes();
    let data: Vec<u8> = (0..size * size).flat_map(weight).collect();
    fs::write(path, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()).unwrap();
}

fn stream() -> PathBuf {
    crate::common::streams().into_iter().find(|path| path.to_string_lossy().contains("x264_gray")).unwrap()
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/smoke.json")
}

/// A directory with one of each kind of input: `m.safetensors`, `m.sbw`, `s.264`, `t.cbt.zst`, `v.json`.
fn inputs() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_model(&dir.path().join("m.safetensors"), 64);
    fs::copy(stream(), dir.path().join("s.264")).unwrap();
    fs::copy(&golden_traces()[0], dir.path().join("t.cbt.zst")).unwrap();
    fs::copy(vectors(), dir.path().join("v.json")).unwrap();
    expect(&run(dir.path(), "weights compress m.safetensors -o m.sbw"), 0, &[]);
    dir
}

/// Runs the command with these words in a directory.
fn run(dir: &Path, words: &str) -> Output {
    command().args(words.split(' ')).current_dir(dir).output().unwrap()
}

/// Makes a node: a pipe, or a device of this kind with its numbers. If that is not allowed, the test is skipped, with a message.
fn node(path: &Path, kind: FileType, (major, minor): (u32, u32)) -> Option<()> {
    let made = mknodat(CWD, path, kind, Mode::from(0o666), makedev(major, minor));
    // Some file systems have nodes that cannot be opened.
    if made.is_ok() && (kind != FileType::CharacterDevice || File::open(path).is_ok()) {
        return Some(());
    }
    let _ = writeln!(std::io::stderr(), "a test of devices is left out: nobody may make a {kind:?} here");
    None
}

/// The names in a directory, sorted.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// All that comes out of a pipe, read by a thread.
fn reader(pipe: PathBuf) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || fs::read(pipe).unwrap())
}

/// Each verb that writes a file, with the output as its last word, and the bytes of that file.
fn writers(dir: &Path) -> Vec<(&'static str, Vec<u8>)> {
    [
        "weights compress m.safetensors -o",
        "weights decompress m.sbw -o",
        "stream rewrite s.264 -o",
        "stream syntax s.264 -o",
        "stream trace s.264 --slice 0 -o",
        "vectors coverage v.json --goal 0 --html",
        "view s.264 --slice 0 -o",
    ]
    .map(|verb| {
        expect(&run(dir, &format!("{verb} expected")), 0, &[]);
        let bytes = fs::read(dir.join("expected")).unwrap();
        fs::remove_file(dir.join("expected")).unwrap();
        (verb, bytes)
    })
    .into()
}

#[test]
fn a_device_is_written_into_and_stays() {
    let dir = inputs();
    let at = |name: &str| dir.path().join(name);
    if node(&at("null"), CharacterDevice, (1, 3)).and(node(&at("full"), CharacterDevice, (1, 7))).is_none() {
        return;
    }
    symlink("null", at("link")).unwrap();
    let inode = fs::metadata(at("null")).unwrap().ino();
    for (verb, _) in writers(dir.path()) {
        for name in ["null", "./link"] {
            expect(&run(dir.path(), &format!("{verb} {name}")), 0, &[]);
        }
        expect(&run(dir.path(), &format!("{verb} full")), 4, &["cannot write full", "No space left"]);
    }
    let metadata = fs::symlink_metadata(at("null")).unwrap();
    assert!(metadata.file_type().is_char_device() && metadata.ino() == inode);
    assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
}

#[test]
fn a_pipe_gets_all_bytes_also_from_a_writer_that_goes_back() {
    let dir = inputs();
    let pipe = dir.path().join("pipe");
    node(&pipe, Fifo, (0, 0)).unwrap();
    for (verb, expected) in writers(dir.path()) {
        let read = reader(pipe.clone());
        expect(&run(dir.path(), &format!("{verb} pipe")), 0, &[]);
        assert!(read.join().unwrap() == expected, "{verb}");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }
}

#[test]
fn links_stay_and_their_targets_are_written_with_their_modes() {
    let dir = inputs();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("deep")).unwrap();
    symlink("deep/there", at("link")).unwrap();
    symlink("deep/new", at("dangling")).unwrap();
    let is_root = fs::metadata(dir.path()).unwrap().uid() == 0;
    for (verb, expected) in writers(dir.path()) {
        fs::write(at("deep/there"), "old").unwrap();
        fs::set_permissions(at("deep/there"), fs::Permissions::from_mode(0o640)).unwrap();
        if is_root {
            std::os::unix::fs::chown(at("deep/there"), Some(4321), Some(1234)).unwrap();
        }
        let _ = fs::remove_file(at("deep/new"));
        for (link, target) in [("link", "deep/there"), ("dangling", "deep/new")] {
            expect(&run(dir.path(), &format!("{verb} {link}")), 0, &[]);
            assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{verb}");
            assert!(fs::read(at(target)).unwrap() == expected, "{verb} {link}");
        }
        let metadata = fs::metadata(at("deep/there")).unwrap();
        assert_eq!(metadata.mode() & 0o7777, 0o640, "{verb}");
        if is_root {
            assert_eq!((metadata.uid(), metadata.gid()), (4321, 1234), "{verb}");
        }
        assert_eq!(names(&at("deep")), ["new", "there"]);
    }
}

#[test]
fn what_cannot_be_an_output_is_refused_with_the_reason() {
    let dir = inputs();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("dir")).unwrap();
    symlink("loop", at("loop")).unwrap();
    symlink("nowhere/file", at("astray")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let before = names(dir.path());
    for (verb, _) in writers(dir.path()) {
        for (output, reason) in [
            ("dir", "it is a directory"),
            ("dir/", "it is a directory"),
            ("new/", "it is a directory"),
            ("nowhere/file", "there is no directory nowhere"),
            ("astray", "there is no directory nowhere"),
            ("loop", "symbolic links"),
            ("socket", "it is a socket"),
        ] {
            expect(&run(dir.path(), &format!("{verb} {output}")), 4, &["cannot write", output, reason]);
        }
    }
    assert_eq!(names(dir.path()), before);
}

#[test]
fn a_file_that_the_user_may_not_write_is_not_replaced() {
    let dir = inputs();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let locked = dir.path().join("locked");
    fs::write(&locked, "kept").unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o444)).unwrap();
    // Root may write anything, so another user has to try, with a copy of the command that he can run.
    let program = dir.path().join("silicabac");
    fs::copy(env!("CARGO_BIN_EXE_silicabac"), &program).unwrap();
    let is_root = fs::metadata(dir.path()).unwrap().uid() == 0;
    let mut run = Command::new(&program);
    run.args(["weights", "compress", "m.safetensors", "-o", "locked"]).current_dir(dir.path());
    if is_root {
        run.uid(65534).gid(65534);
    }
    let output = match run.output() {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let what = "a test of what somebody else may not write is left out: TMPDIR is closed to him";
            let _ = writeln!(std::io::stderr(), "{what}");
            return;
        }
        output => output.unwrap(),
    };
    expect(&output, 4, &["cannot write locked", "ermission denied"]);
    assert_eq!(fs::read(&locked).unwrap(), b"kept");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o666)).unwrap();
    expect(&run.output().unwrap(), 0, &[]);
}

#[test]
fn an_output_onto_an_input_is_refused_for_every_verb() {
    let dir = inputs();
    let at = |name: &str| dir.path().join(name);
    fs::copy(at("m.safetensors"), at("sigma.safetensors")).unwrap();
    let verbs = [
        ("weights compress m.safetensors -o", "m.safetensors"),
        ("weights compress m.safetensors --sigma sigma.safetensors --coarseness 10 -o", "sigma.safetensors"),
        ("weights decompress m.sbw -o", "m.sbw"),
        ("weights search m.safetensors --evaluate=false -o", "m.safetensors"),
        ("weights search m.safetensors --evaluate=false --csv", "m.safetensors"),
        ("weights search m.safetensors --evaluate=false --svg", "m.safetensors"),
        ("stream rewrite s.264 -o", "s.264"),
        ("stream syntax s.264 -o", "s.264"),
        ("stream trace s.264 -o", "s.264"),
        ("vectors coverage v.json --goal 0 --html", "v.json"),
        ("view s.264 -o", "s.264"),
    ];
    for (verb, input) in verbs {
        let whole = fs::read(at(input)).unwrap();
        symlink(input, at("link")).unwrap();
        fs::hard_link(at(input), at("hard")).unwrap();
        let before = names(dir.path());
        for output in [input, &format!("./{input}"), "link", "hard"] {
            let refused = run(dir.path(), &format!("{verb} {output}"));
            expect(&refused, 4, &[&format!("cannot write {output}"), &format!("it is the input {input}")]);
            assert!(fs::read(at(input)).unwrap() == whole, "{verb} {output}");
        }
        assert_eq!(names(dir.path()), before);
        fs::remove_file(at("link")).unwrap();
        fs::remove_file(at("hard")).unwrap();
    }
    // A bin trace is written at the end; a stream can have the same name.
    fs::rename(at("s.264"), at("s.cbt.zst")).unwrap();
    expect(&run(dir.path(), "stream trace s.cbt.zst -o s.cbt.zst"), 4, &["it is the input s.cbt.zst"]);
    // The standard output is an output like any other.
    let append = File::options().append(true).open(at("s.cbt.zst")).unwrap();
    let length = append.metadata().unwrap().len();
    let mut onto_itself = command();
    onto_itself.args(["stream", "rewrite", "s.cbt.zst", "-o", "-"]).current_dir(dir.path()).stdout(append);
    expect(
        &onto_itself.output().unwrap(),
        4,
        &["cannot write the standard output", "it is the input s.cbt.zst"],
    );
    assert_eq!(fs::metadata(at("s.cbt.zst")).unwrap().len(), length);
}

#[test]
fn outputs_of_one_search_are_different_files() {
    let dir = inputs();
    symlink("x", dir.path().join("y")).unwrap();
    for outputs in ["-o x --csv x", "-o x --csv ./x", "--csv x --svg x", "-o x --svg y"] {
        let search = format!("weights search m.safetensors --evaluate=false {outputs}");
        expect(&run(dir.path(), &search), 4, &["cannot write", "would be written there too"]);
    }
    fs::write(dir.path().join("notes.csv"), "mine\n").unwrap();
    let search = "weights search m.safetensors --csv notes.csv --evaluate";
    let output = command().args(search.split(' ')).arg("echo 1").current_dir(dir.path()).output().unwrap();
    expect(&output, 4, &["notes.csv, line 1", "table of trials"]);
    assert_eq!(fs::read(dir.path().join("notes.csv")).unwrap(), b"mine\n");
}

#[test]
fn failure_files_are_never_put_over_what_is_checked() {
    let broken = rtl_with(Some((
        "cabac_encoder_range.sv",
        "cabac_pkg::ALIGN: cod_i_range_next = 9'd256",
        "cabac_pkg::ALIGN: cod_i_range_next = 9'd510",
    )));
    let dir = tempfile::tempdir().unwrap();
    // The name is that of a file that a failure of this suite would leave.
    let name = "smoke-cabac_encoder";
    let checked = dir.path().join(format!("{name}.json"));
    fs::copy(vectors(), &checked).unwrap();
    for verb in ["vectors check", "cosim --vectors"] {
        let mut check = command();
        check.args(verb.split(' ')).arg(&checked).args([
            "--core",
            "encoder",
            "--seed",
            "7",
            "--failures",
            ".",
        ]);
        check.arg("--rtl-dir").arg(broken.path()).current_dir(dir.path());
        expect(&check.output().unwrap(), 1, &["smoke-cabac_encoder-2.json"]);
        assert!(fs::read(&checked).unwrap() == fs::read(vectors()).unwrap(), "{verb}");
    }
    let files = ["-2.hex", "-2.json", "-2.vcd", ".json"].map(|end| format!("{name}{end}"));
    assert_eq!(names(dir.path()), files);
}

#[test]
fn names_that_nobody_chose_never_collide() {
    let dir = inputs();
    let at = |name: &str| dir.path().join(name);
    fs::copy(at("m.safetensors"), at("m.onnx")).unwrap();
    expect(&run(dir.path(), "weights compress m.safetensors"), 0, &["m.safetensors.sbw"]);
    expect(&run(dir.path(), "weights compress m.onnx --bits 4"), 0, &["m.onnx.sbw"]);
    assert_ne!(fs::read(at("m.safetensors.sbw")).unwrap(), fs::read(at("m.onnx.sbw")).unwrap());
    // The same file again is allowed, another one is not.
    expect(&run(dir.path(), "weights compress m.onnx"), 0, &[]);
    for (name, verb) in [
        ("m.onnx.sbw", "weights compress m.onnx"),
        ("m.onnx.sbw", "weights search m.onnx --evaluate=false"),
        ("c.csv", "weights search m.onnx --evaluate=false -o c"),
        ("c.svg", "weights search m.onnx --evaluate=false -o c"),
    ] {
        fs::write(at(name), "mine").unwrap();
        expect(&run(dir.path(), verb), 4, &["cannot write", name, "it is there and is no "]);
        assert_eq!(fs::read(at(name)).unwrap(), b"mine");
        fs::remove_file(at(name)).unwrap();
    }
    let mut from_stdin = command();
    from_stdin.args(["weights", "compress", "-"]).stdin(File::open(at("m.onnx")).unwrap());
    expect(&from_stdin.output().unwrap(), 2, &["the standard input has no name", "--output"]);
}

/// Each verb that reads a file, which is called IN, with the input of [`inputs`] that it takes.
const READERS: [(&str, &str); 24] = [
    ("replay IN", "t.cbt.zst"),
    ("cosim --trace IN", "t.cbt.zst"),
    ("cosim --stream IN", "s.264"),
    ("cosim --weights IN", "m.sbw"),
    ("cosim --vectors IN", "v.json"),
    ("stream info IN", "s.264"),
    ("stream trace IN", "s.264"),
    ("stream syntax IN", "s.264"),
    ("stream rewrite IN -o out", "s.264"),
    ("stream trace s.264 --compare IN", "t.cbt.zst"),
    ("vectors check --no-cores IN", "v.json"),
    ("vectors list --file IN", "v.json"),
    ("vectors explain x --file IN", "v.json"),
    ("vectors export --format csv --file IN", "v.json"),
    ("vectors export --format hex --file IN", "v.json"),
    ("vectors coverage IN", "v.json"),
    ("view IN --vector outstanding-0-carry -o out", "v.json"),
    ("weights compress IN -o out", "m.safetensors"),
    ("weights compress m.safetensors --coarseness 10 --sigma IN -o out", "m.safetensors"),
    ("weights decompress IN -o out", "m.sbw"),
    ("weights inspect IN", "m.sbw"),
    ("weights compare IN", "m.safetensors"),
    ("weights search IN --evaluate=true", "m.safetensors"),
    ("cosim --suite smoke --coverage --waivers IN", "v.json"),
];

#[test]
fn what_is_no_input_is_refused_by_every_verb() {
    let dir = inputs();
    let at = |name: &str| dir.path().join(name);
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let mut kinds = vec![("socket", "it is a socket"), ("dir", "it is a directory")];
    fs::create_dir(at("dir")).unwrap();
    if node(&at("zero"), CharacterDevice, (1, 5)).is_some() {
        symlink("zero", at("endless")).unwrap();
        kinds.extend([("zero", "it is a character device"), ("endless", "it is a character device")]);
    }
    if node(&at("block"), BlockDevice, (7, 250)).is_some() {
        kinds.push(("block", "it is a block device"));
    }
    for (verb, _) in READERS {
        for (input, reason) in &kinds {
            // The manifest of a directory, and messages of a search about all but files.
            let reason = match (verb, *input) {
                ("vectors check --no-cores IN" | "vectors coverage IN", "dir") => "manifest.json",
                ("weights search IN --evaluate=true", _) => "make a file of it",
                _ => reason,
            };
            expect(&run(dir.path(), &verb.replace("IN", input)), 4, &[input, reason]);
        }
    }
    assert!(!at("out").exists());
}

#[test]
fn verilog_that_is_no_file_is_refused() {
    let dir = rtl_with(None);
    if node(&dir.path().join("zero"), CharacterDevice, (1, 5)).is_some() {
        symlink("zero", dir.path().join("endless.sv")).unwrap();
        let mut cosim = command();
        cosim.args(["cosim", "--suite", "smoke", "--rtl-dir"]).arg(dir.path());
        expect(&cosim.output().unwrap(), 4, &["endless.sv", "it is no regular file"]);
    }
}

/// Feeds a file to the command's standard input, through a pipe.
fn piped(dir: &Path, words: &str, input: &Path) -> Output {
    let mut child = command()
        .args(words.split(' '))
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, bytes) = (child.stdin.take().unwrap(), fs::read(input).unwrap());
    // The command may stop reading before the end.
    let feeder = thread::spawn(move || drop(stdin.write_all(&bytes)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

#[test]
fn a_pipe_is_read_like_a_file_by_every_verb() {
    let dir = inputs();
    let pipe = dir.path().join("pipe");
    node(&pipe, Fifo, (0, 0)).unwrap();
    for (verb, input) in READERS {
        // Commands that need Verilator read with the same functions, and a search needs a file.
        if verb.starts_with("cosim") || verb.starts_with("weights search") {
            continue;
        }
        let plain = run(dir.path(), &verb.replace("IN", input));
        let written = |name| fs::read(dir.path().join(name)).ok();
        let expected = written("out");
        let check = |how: &str, output: Output| {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), plain.status.code(), "{verb} {how}: {said}");
            let named = |output: &Output| {
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                text.replace(how, "IN").replace(input, "IN")
            };
            // Names differ in length, and so do tables; the rest of the line after the name counts.
            assert_eq!(named(&output).len(), named(&plain).len(), "{verb} {how}");
            assert!(written("out") == expected, "{verb} {how}");
        };
        check("-", piped(dir.path(), &verb.replace("IN", "-"), &dir.path().join(input)));
        check("/dev/stdin", piped(dir.path(), &verb.replace("IN", "/dev/stdin"), &dir.path().join(input)));
        let (bytes, to) = (fs::read(dir.path().join(input)).unwrap(), pipe.clone());
        let feeder =
            thread::spawn(move || drop(File::options().write(true).open(to).unwrap().write_all(&bytes)));
        check("pipe", run(dir.path(), &verb.replace("IN", "pipe")));
        feeder.join().unwrap();
    }
}

#[test]
fn a_file_that_claims_terabytes_takes_no_memory() {
    let dir = inputs();
    let huge = dir.path().join("huge");
    if File::create(&huge).unwrap().set_len(1 << 42).is_err() {
        let _ = writeln!(std::io::stderr(), "a test of long files is left out: there can be none here");
        return;
    }
    for (verb, input) in READERS {
        if verb.starts_with("weights search") {
            continue;
        }
        // With the first bytes of its format, except for texts.
        let mut start = fs::read(dir.path().join(input)).unwrap();
        start.truncate(if input == "v.json" { 0 } else { 4 });
        File::options().write(true).open(&huge).unwrap().write_all(&start).unwrap();
        let limited = format!("ulimit -v 4000000; exec \"$0\" {}", verb.replace("IN", "huge"));
        let mut shell = Command::new("sh");
        shell.args(["-c", &limited, env!("CARGO_BIN_EXE_silicabac")]).current_dir(dir.path());
        expect(&shell.output().unwrap(), 4, &["huge"]);
    }
}

#[test]
fn a_directory_for_temporary_files_that_is_not_there_is_named() {
    let dir = inputs();
    let mut compress = command();
    compress.args(["weights", "compress", "m.safetensors", "-o", "out"]).current_dir(dir.path());
    let words = ["/no/such/dir", "name another directory in TMPDIR"];
    expect(&compress.env("TMPDIR", "/no/such/dir").output().unwrap(), 4, &words);
    let cosim = command().args(["cosim", "--suite=smoke"]).env("TMPDIR", "/no/such/dir").output().unwrap();
    expect(&cosim, 4, &["/no/such/dir for temporary files", "name another in TMPDIR"]);
}

/// Waits until a condition is true, for half a minute.
#[track_caller]
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(30), "{what} does not come");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The command, with all signals enabled: they may be ignored in the tests' own process, as in a shell's background processes.
fn command_with_signals() -> Command {
    let mut env = Command::new("env");
    env.args(["--default-signal=INT,TERM,HUP", env!("CARGO_BIN_EXE_silicabac")]);
    env
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -s {signal} {}", child.id())]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_signal_leaves_neither_a_temporary_file_nor_a_directory() {
    let (dir, scratch) = (inputs(), tempfile::tempdir().unwrap());
    // This one takes seconds to compress.
    write_model(&dir.path().join("large.safetensors"), 4096);
    let before = names(dir.path());
    let started = |words: &[&str]| {
        let mut run = command_with_signals();
        run.args(words).current_dir(dir.path()).env("TMPDIR", scratch.path());
        run.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn().unwrap()
    };
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let mut compress = started(&["weights", "compress", "large.safetensors", "-o", "out"]);
        wait_for("an output", || names(dir.path()).iter().any(|name| name.starts_with(".tmp")));
        send(name, &compress);
        assert_eq!(compress.wait().unwrap().signal(), Some(number), "{name}");
        assert_eq!(names(dir.path()), before, "{name}");

        // The evaluator is ended too, and none of its output is used.
        let evaluate = "echo $$ > evaluator; sleep 60; echo 1";
        let mut search =
            started(&["weights", "search", "m.safetensors", "-o", "out", "--evaluate", evaluate]);
        let pid =
            || fs::read_to_string(dir.path().join("evaluator")).ok().filter(|text| text.ends_with('\n'));
        wait_for("an evaluator", || pid().is_some());
        let evaluator = pid().unwrap();
        send(name, &search);
        assert_eq!(search.wait().unwrap().signal(), Some(number), "{name}");
        assert!(!Path::new("/proc").join(evaluator.trim()).exists(), "{name}: {evaluator}");
        let mut said = String::new();
        search.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "", "{name}");
        fs::remove_file(dir.path().join("evaluator")).unwrap();
        assert_eq!(names(dir.path()), before, "{name}");
        assert_eq!(names(scratch.path()), [""; 0], "{name}");
    }
    // The process that starts the command may want the signal ignored.
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", "trap '' HUP; exec \"$0\" weights compress large.safetensors -o out"]);
    ignoring.arg(env!("CARGO_BIN_EXE_silicabac")).current_dir(dir.path()).stdout(Stdio::null());
    let mut ignoring = ignoring.spawn().unwrap();
    wait_for("an output", || names(dir.path()).iter().any(|name| name.starts_with(".tmp")));
    send("HUP", &ignoring);
    assert!(ignoring.wait().unwrap().success());
    assert!(dir.path().join("out").exists());
}

#[test]
fn a_second_signal_does_not_wait() {
    let dir = inputs();
    // An evaluator that only KILL ends keeps the command busy for a second after the first signal.
    let evaluate = "trap '' INT; echo > evaluator; while :; do sleep 1; done";
    let mut search = command_with_signals()
        .args(["weights", "search", "m.safetensors", "-o", "out", "--evaluate", evaluate])
        .current_dir(dir.path())
        .env("TMPDIR", dir.path())
        .process_group(0)
        .spawn()
        .unwrap();
    wait_for("an evaluator", || dir.path().join("evaluator").exists());
    let since = Instant::now();
    send("INT", &search);
    thread::sleep(Duration::from_millis(200));
    assert!(search.try_wait().unwrap().is_none());
    send("INT", &search);
    assert_eq!(search.wait().unwrap().signal(), Some(2));
    assert!(since.elapsed() < Duration::from_millis(900), "{:?}", since.elapsed());
    // Its evaluator is ended here: the process group belongs to this test alone.
    let group = format!("kill -s KILL -- -{}", search.id());
    assert!(Command::new("sh").args(["-c", &group]).status().unwrap().success());
}

#[test]
fn a_signal_while_a_core_is_built_leaves_only_what_is_whole() {
    let (_, tools) = tools();
    let (cache, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut cosim = command_with_signals()
        .args(["cosim", "--suite=smoke"])
        .env("SILICABAC_CACHE", cache.path())
        .env("VERILATOR", tools.verilator_path())
        .env("TMPDIR", scratch.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    wait_for("a compiler", || {
        names(cache.path()).iter().any(|name| name.contains("verilated") && name.contains('~'))
    });
    send("TERM", &cosim);
    assert_eq!(cosim.wait().unwrap().signal(), Some(15));
    let left = names(cache.path());
    assert!(!left.iter().any(|name| name.contains('~')), "{left:?}");
    assert_eq!(names(scratch.path()), [""; 0]);
}
