//! The exported testbench: it convicts the cores that the socket convicts, in simulators with and without X, plays failures again, and
//! refuses damaged files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::common::{command, expect, iverilog, program, proof_tools, tools};
use silicabac::bin::Event;
use silicabac::cores;
use silicabac::cosim::Source;
use silicabac::cosim::rtl::SOCKETS;
use silicabac::fit::CoreFile;
use silicabac::mutation::{DesignFate, DesignJudge, Designs};
use silicabac::stress;
use silicabac::vectors::{self, Flag, Vector};
use silicabac_sim::{Design, Tools};
use tempfile::TempDir;

/// A file of the project.
fn file(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

/// The textbook encoder, made wrong by one of the modules in `tests/cores`, or right.
fn textbook(name: &str) -> Vec<String> {
    let table = file("rtl/common/cabac_range_table.sv");
    let right = file("tests/cores/textbook_encoder.v");
    match name {
        "textbook_encoder" => vec![table, right],
        _ => vec![file(&format!("tests/cores/{name}.v")), table, right],
    }
}

/// A testbench as it is exported.
fn export(direction: &str, arguments: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut command = command();
    command.args(["vectors", "export", "--format", "sv-testbench", "--socket", direction]).args(arguments);
    expect(&command.arg("-o").arg(dir.path()).output().unwrap(), 0, &["_tb.sv", "cabac_requests.bin"]);
    dir
}

const SMOKE: [&str; 2] = ["--suite", "smoke"];

/// A testbench in Icarus Verilog, with its arguments.
struct Icarus<'a> {
    iverilog: &'a Path,
    dir: &'a TempDir,
    direction: &'a str,
}

impl Icarus<'_> {
    fn run(&self, top: &str, files: &[String], defines: &[&str], plusargs: &[&str]) -> Output {
        let mut compile = Command::new(self.iverilog);
        compile.current_dir(self.dir.path()).args(["-g2012", "-o", "tb.vvp", "-s"]);
        compile.arg(format!("{}_tb", self.direction)).arg(format!("-DDUT={top}")).args(defines);
        succeeds(compile.arg(format!("{}_tb.sv", self.direction)).args(files));
        self.again(plusargs)
    }

    fn again(&self, plusargs: &[&str]) -> Output {
        let mut run = Command::new(self.iverilog.with_file_name("vvp"));
        run.current_dir(self.dir.path()).arg("-n").arg("tb.vvp").args(plusargs).output().unwrap()
    }
}

/// Verilator for testbenches, without the `make` that its `--binary` needs.
struct Verilated {
    tools: Tools,
    /// Where its runtime is compiled, once for all testbenches.
    dir: TempDir,
}

impl Verilated {
    const RUNTIME: [&str; 3] = ["verilated", "verilated_threads", "verilated_timing"];

    fn new() -> Verilated {
        let verilated = Verilated { tools: tools().1, dir: tempfile::tempdir().unwrap() };
        let include = verilated.tools.verilator_root().join("include");
        let sources = Verilated::RUNTIME.map(|name| include.join(name).with_extension("cpp"));
        succeeds(verilated.compiler(verilated.dir.path()).arg("-c").args(sources));
        verilated
    }

    fn compiler(&self, dir: &Path) -> Command {
        let include = self.tools.verilator_root().join("include");
        let mut compiler = Command::new(self.tools.compiler_path());
        compiler.current_dir(dir).args(["-std=c++20", "-pthread", "-fcoroutines"]);
        compiler.arg("-isystem").arg(&include).arg("-isystem").arg(include.join("vltstd"));
        compiler
    }

    fn run(
        &self,
        dir: &TempDir,
        (direction, top): (&str, &str),
        files: &[String],
        defines: &[String],
        plusargs: &[&str],
    ) -> Output {
        let obj_dir = tempfile::tempdir().unwrap();
        let mut verilate = Command::new(self.tools.verilator_path());
        let flags =
            ["--cc", "--main", "--timing", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--x-initial", "unique"];
        verilate.current_dir(dir.path()).args(flags).arg("--top-module").arg(format!("{direction}_tb"));
        verilate.arg("--Mdir").arg(obj_dir.path()).arg(format!("-DDUT={top}")).args(defines);
        succeeds(verilate.arg(format!("{direction}_tb.sv")).args(files));
        let written = fs::read_dir(obj_dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let units = written.filter(|path| path.extension().is_some_and(|extension| extension == "cpp"));
        let runtime = Verilated::RUNTIME.map(|name| self.dir.path().join(name).with_extension("o"));
        // If all classes are played until one fails, optimising pays off.
        let level = if plusargs == ["+stop"] { "-O2" } else { "-O0" };
        succeeds(self.compiler(obj_dir.path()).args([level, "-o", "tb", "-I."]).args(units).args(runtime));
        let mut run = Command::new(obj_dir.path().join("tb"));
        run.current_dir(dir.path()).arg("+verilator+rand+reset+2").args(plusargs).output().unwrap()
    }
}

#[track_caller]
fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn says(output: &Output, passes: bool, words: &[&str]) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), passes, "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
    text
}

#[test]
fn wrong_cores_are_convicted_in_a_simulator_that_knows_x() {
    let Some(iverilog) = iverilog() else { return };
    let dir = export("encoder", &SMOKE);
    let icarus = Icarus { iverilog: &iverilog, dir: &dir, direction: "encoder" };
    let flowing = "+plan=flowing";
    let right = "textbook_encoder";
    says(&icarus.run(right, &textbook(right), &[], &[flowing]), true, &["PASS: 50 classes, 50 plays"]);
    for (name, lanes, what) in [
        ("saturating_counter", "-DLANES=1", "a byte of the output is 0"),
        ("deadlocking_packer", "-DLANES=1", "deadlock: a request is not taken"),
        ("two_lanes_first_bit", "-DLANES=2", "a byte is given before any bin decides it"),
    ] {
        let words =
            ["FAIL outstanding-N-carry", what, "again: +class=outstanding-N-carry +plan=flowing +play=0"];
        says(&icarus.run(name, &textbook(name), &[lanes], &[flowing, "+stop"]), false, &words);
    }
    // Plays the last of them again: it goes on after a class that fails, and what it says to play fails alone.
    let all = says(&icarus.again(&[flowing, "+seed=7"]), false, &["pass ", "of 50 classes; seed 7"]);
    assert!(all.matches("FAIL ").count() > 20, "{all}");
    let line = all.lines().find_map(|line| line.trim().strip_prefix("again: ")).unwrap();
    let again: Vec<&str> = line.split_whitespace().collect();
    says(&icarus.again(&again), false, &["FAIL: 1 of 1 classes; seed 7"]);
    says(&icarus.again(&["+vector=outstanding-0-carry", "+plan=uneven"]), false, &["FAIL: 1 of 1 classes"]);
    for (wrong, what) in [
        ("+class=outstanding", "there is no class outstanding"),
        ("+vector=nobody", "there is no vector nobody"),
        ("+plan=b", "there is no plan b"),
        ("+plan=full", "nothing was played"),
    ] {
        says(&icarus.again(&[wrong]), false, &[what]);
    }
}

#[test]
fn groups_and_runs_of_bypass_bins_are_played() {
    let verilated = Verilated::new();
    let said = [&SMOKE[..], &["--can", "groups=true", "--can", "bypass-after=3"]].concat();
    let exported = export("encoder", &said);
    let of = ("encoder", "grouping_encoder");
    let run = |shape: [usize; 3], plusargs: &[&str]| {
        let [lanes, run, fault] = shape;
        let parameters = format!("-DPARAMETERS=#(.LANES({lanes}),.RUN({run}),.FAULT({fault}))");
        let ports = ["REQ_CTX_IDX", "SLICE_CODEC", "SLICE_TYPE", "SLICE_QP", "SLICE_INDEX", "OUT_COUNT"];
        let mut macros: Vec<String> = ports.iter().map(|port| format!("-DNO_{port}")).collect();
        macros.extend([format!("-DLANES={lanes}"), format!("-DRUN={run}"), parameters]);
        verilated.run(&exported, of, &textbook("grouping_encoder"), &macros, plusargs)
    };
    says(&run([4, 8, 0], &[]), true, &["PASS: 50 classes"]);
    says(&run([4, 8, 1], &["+plan=uneven"]), false, &["FAIL"]);
}

#[test]
fn a_file_that_is_damaged_is_not_believed() {
    let Some(iverilog) = iverilog() else { return };
    let dir = export("encoder", &SMOKE);
    let icarus = Icarus { iverilog: &iverilog, dir: &dir, direction: "encoder" };
    let requests = dir.path().join("cabac_requests.bin");
    let whole = fs::read(&requests).unwrap();
    let mut damaged = whole.clone();
    // The lowest bit of a context near the end.
    let at = damaged.len() - 41;
    damaged[at] ^= 1;
    fs::write(&requests, damaged).unwrap();
    let right = "textbook_encoder";
    says(&icarus.run(right, &textbook(right), &[], &["+plan=flowing"]), false, &["damaged"]);
    fs::write(&requests, &whole[..whole.len() - 2]).unwrap();
    says(&icarus.again(&["+plan=flowing"]), false, &["a file is missing or damaged"]);
}

/// Icarus 11 does not support packed structs in ports, so Yosys translates the cores first.
#[test]
fn our_cores_pass_in_a_simulator_that_knows_x() {
    let Some(iverilog) = iverilog() else { return };
    let tools = proof_tools();
    for (direction, socket) in ["encoder", "decoder"].into_iter().zip(SOCKETS) {
        let dir = tempfile::tempdir().unwrap();
        let mut script = String::new();
        for (path, text) in cores::by_name(direction).unwrap().sources.iter().copied().chain([socket]) {
            let name = path.rsplit('/').next().unwrap();
            fs::write(dir.path().join(name), text).unwrap();
            script += &format!("read_verilog -sv {name}\n");
        }
        let top = format!("cabac_{direction}_socket");
        script += &format!("hierarchy -check -top {top}\nproc\nopt_clean\nwrite_verilog translated.v\n");
        tools.yosys().run(dir.path(), &script).unwrap();
        let translated = dir.path().join("translated.v").display().to_string();
        let exported = export(direction, &SMOKE);
        let icarus = Icarus { iverilog: &iverilog, dir: &exported, direction };
        says(&icarus.run(&top, &[translated], &[], &["+plan=flowing"]), true, &["PASS"]);
    }
}

#[test]
fn what_is_exported_is_small() {
    // A whole coder has few contexts, and gets vectors with more contexts in pieces.
    let core = file("tests/cores/hevc_encoder/core.toml");
    let of_core = ["--core", &core];
    for (direction, core, most) in
        [("encoder", &[][..], 3_000_000), ("decoder", &[], 5_000_000), ("encoder", &of_core, 3_000_000)]
    {
        let dir = export(direction, core);
        let sizes = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
        let all: u64 = sizes.sum();
        assert!((1_000_000..most).contains(&all), "{direction}: {all}");
    }
}

#[test]
#[ignore = "long"]
fn cores_are_played_in_all_ways_in_verilator() {
    let verilated = Verilated::new();
    let dir = export("encoder", &SMOKE);
    let run = |name: &str, defines: &[&str], plusargs: &[&str]| {
        let defines: Vec<String> = defines.iter().map(|define| define.to_string()).collect();
        verilated.run(&dir, ("encoder", name), &textbook(name), &defines, plusargs)
    };
    says(&run("two_lanes_first_bit", &["-DLANES=2"], &["+stop"]), false, &["FAIL outstanding-N-carry"]);
    let lanes = ["-DLANES=2", "-DPARAMETERS=#(.LANES(2))"];
    says(&run("textbook_encoder", &lanes, &[]), true, &["PASS: 50 classes"]);
}

/// A right core may hold back the bytes of a whole slice. If it holds back more than there is room for, the testbench says that and nothing
/// else.
#[test]
#[ignore = "long"]
fn a_core_that_owes_a_slice_passes() {
    let long = long();
    let dir = export("encoder", &["--file", long.path().join("long.json").to_str().unwrap()]);
    let (verilated, name) = (Verilated::new(), "hoarding_encoder");
    let absent =
        ["REQ_COUNT", "REQ_CTX_IDX", "SLICE_CODEC", "SLICE_TYPE", "SLICE_QP", "SLICE_INDEX", "OUT_COUNT"];
    let defines = absent.map(|port| format!("-DNO_{port}"));
    let run = || verilated.run(&dir, ("encoder", name), &textbook(name), &defines, &[]);
    says(&run(), true, &["PASS: 1 classes"]);
    let config = dir.path().join("cabac_config.vh");
    let text = fs::read_to_string(&config).unwrap();
    let (before, bits) = text.split_once("CABAC_QUEUE_BITS ").unwrap();
    let (_, after) = bits.split_once('\n').unwrap();
    fs::write(config, format!("{before}CABAC_QUEUE_BITS 17\n{after}")).unwrap();
    says(&run(), false, &["the core owes more than this testbench has room for"]);
}

/// A folder with vectors of one slice, of more than 256 KiB, nearly all of them raw bytes in a row.
fn long() -> TempDir {
    let raw = (0..(1 << 18) + 1_000_u32).map(|i| Event::Raw((i.wrapping_mul(2_654_435_761) >> 24) as u8));
    let bins = |count| (0..count).map(|i| Event::Bypass { bin: i % 3 == 0 });
    let end = [Event::Terminate { bin: true }];
    let events = bins(100).chain(end).chain(raw).chain(bins(77)).chain(end).collect();
    let vector = Vector::encoded("long", "more than 256 KiB", &[Flag::Pcm], events);
    assert!(vector.position > 1 << 21);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.json");
    vectors::write_json("long", &[vector], &mut fs::File::create(&path).unwrap()).unwrap();
    dir
}

#[test]
#[ignore = "long"]
fn a_slice_of_more_than_256_kib_is_played_in_both_simulators() {
    let long = long();
    let path = long.path().join("long.json");
    let of_file = ["--file", path.to_str().unwrap()];
    let (name, flowing) = ("textbook_encoder", ["+plan=flowing"]);
    if let Some(iverilog) = iverilog() {
        let dir = export("encoder", &of_file);
        let icarus = Icarus { iverilog: &iverilog, dir: &dir, direction: "encoder" };
        says(&icarus.run(name, &textbook(name), &[], &flowing), true, &["PASS"]);
    }
    let sources = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (path, text) in cores::decoder::SPEC.sources.iter().copied().chain([SOCKETS[1]]) {
        let file = sources.path().join(path.rsplit('/').next().unwrap());
        fs::write(&file, text).unwrap();
        files.push(file.display().to_string());
    }
    let of = ("decoder", "cabac_decoder_socket");
    let (verilated, exported) = (Verilated::new(), export("decoder", &of_file));
    says(&verilated.run(&exported, of, &files, &[], &flowing), true, &["PASS"]);
    // A core that counts 21 bits of its position is wrong from there on.
    let decoder = files.iter().find(|file| file.ends_with("/cabac_decoder.sv")).unwrap();
    let text = fs::read_to_string(decoder).unwrap();
    let edited = text.replace("assign rsp_bits = position;", "assign rsp_bits = position & 32'h1fffff;");
    assert_ne!(edited, text);
    fs::write(decoder, edited).unwrap();
    let words = ["FAIL", "the number of bits read is"];
    says(&verilated.run(&exported, of, &files, &[], &flowing), false, &words);
}

/// The macros for the ports that a core does not have, and for its lanes.
fn macros(core: &CoreFile, files: &[PathBuf]) -> Vec<String> {
    let texts: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let top = core.top.as_ref().unwrap();
    let header = texts.split("module ").find(|text| text.split_whitespace().next() == Some(top));
    let (ports, _) = header.unwrap().split_once(");").unwrap();
    let optional = [
        "req_count",
        "req_ctx_idx",
        "req_model",
        "req_data",
        "slice_codec",
        "slice_type",
        "slice_qp",
        "slice_index",
        "out_ready",
        "out_count",
        "out_last",
        "in_last",
        "rsp_ready",
        "rsp_count",
        "rsp_data",
        "rsp_error",
        "rsp_bits",
    ];
    let words: Vec<&str> = ports.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let missing = optional.iter().filter(|port| !words.contains(port));
    let mut macros: Vec<String> = missing.map(|port| format!("-DNO_{}", port.to_uppercase())).collect();
    if top == "quad_encoder_socket" {
        macros.extend(["-DLANES=4".into(), "-DBYTES=8".into()]);
    }
    for lanes in core.verilator_arg.iter().filter_map(|argument| argument.strip_prefix("-GLANES=")) {
        macros.extend([format!("-DLANES={lanes}"), format!("-DPARAMETERS=#(.LANES({lanes}))")]);
    }
    macros
}

/// The faults of cores that are not ours: some, or with `SILICABAC_FAULTS=all` all, or those of the cores or with the names that the
/// variable lists with commas. The testbench convicts what the socket convicts, by the class of vectors that the socket met first or by
/// another, and passes the right core.
#[test]
#[ignore = "long"]
fn the_testbench_and_the_socket_agree_on_faulty_cores() {
    let wanted = std::env::var("SILICABAC_FAULTS").ok();
    let (_, tools) = tools();
    let mut names = vec!["textbook_decoder/", "streaming_encoder/"];
    if wanted.is_some() {
        names.extend(["banked_decoder/", "hevc_encoder/", "textbook_encoder_"]);
        names.extend(program("ghdl", "ghdl").map(|_| "vhdl_encoder/"));
        // Its lanes are an array that depends on itself in a circle, which Verilator 5.006 gets wrong under --timing.
        names.extend((!tools.versions().contains("Verilator 5.006")).then_some("quad_encoder/"));
    }
    let vectors = [stress::directed(), stress::damage::vectors(), stress::limits::vectors()].concat();
    let passed: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = names
            .iter()
            .map(|name| scope.spawn(|| passes_of_the_testbench(name, &vectors, wanted.as_deref())))
            .collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    assert!(passed.is_empty(), "the testbench passes\n{}", passed.join("\n"));
}

/// The faults of a core that the socket convicts and the testbench does not.
fn passes_of_the_testbench(name: &str, vectors: &[Vector], wanted: Option<&str>) -> Vec<String> {
    let (cache, tools) = tools();
    let verilated = Verilated::new();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cores/{name}faults.toml"));
    let designs = Designs::read(&list).unwrap();
    let Designs { core, mut faults } = designs.sample(wanted.is_none().then_some(1));
    let is_wanted = |fault: &str| {
        let is_it = |wanted: &str| wanted == "all" || wanted == fault || name.starts_with(wanted);
        wanted.is_none_or(|wanted| wanted.split(',').any(is_it))
    };
    faults.retain(|fault| is_wanted(&fault.name));
    let path = core.display().to_string();
    let core = CoreFile::read(Some(&core), &[]).unwrap();
    let (direction, top) = (core.direction.unwrap(), core.top.clone().unwrap());
    let arguments = core.verilator_arg.clone();
    let right = Source { can: core.can, arguments, ..Source::new(direction, &top, core.rtl.clone()) };
    let judge = DesignJudge::new(&right, vectors, 1, &cache, &tools).unwrap();
    let exported = export(direction.name(), &["--core", &path, "--suite", "directed,invalid,limits"]);
    let run = |files: &[PathBuf], plusargs: &[&str]| {
        let mut design = Design::new(&*top, "clk");
        design.sources = files.to_vec();
        let files = &design.in_verilog(&cache).unwrap();
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        verilated.run(&exported, (direction.name(), &top), &names, &macros(&core, files), plusargs)
    };
    let mut passed = Vec::new();
    for fault in &faults {
        let conviction = match judge.judge(fault, None).unwrap() {
            DesignFate::Convicted(conviction) => conviction,
            DesignFate::Equal { .. } => continue,
            DesignFate::Passed => {
                passed.push(format!("{name}: {}, and so does the socket", fault.name));
                continue;
            }
        };
        let dir = tempfile::tempdir().unwrap();
        let wrong = fault.edited(&right, dir.path()).unwrap();
        let class = format!("+class={}", conviction.class);
        let mut output = run(&wrong.files, &[&class]);
        if output.status.success() {
            eprintln!("{name}: {} passes {class}; now all classes are played", fault.name);
            output = run(&wrong.files, &["+stop"]);
        }
        if output.status.success() {
            let what = format!("{name}: {}, which the socket convicts: {conviction:?}", fault.name);
            eprintln!("{what} PASSES");
            passed.push(what);
            continue;
        }
        says(&output, false, &["FAIL "]);
        if wanted.is_none() {
            says(&run(&right.files, &[&class]), true, &["PASS: 1 classes"]);
        }
    }
    passed
}
