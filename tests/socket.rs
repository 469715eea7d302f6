//! Cores in the socket: right ones pass however they are built, wrong ones are convicted; and nothing that a core does makes the judge hang
//! or crash.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use crate::common::{command, expect};
use serde_json::Value;
use silicabac::cores;

/// A file of the project.
fn file(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

fn textbook() -> Vec<String> {
    vec![file("rtl/common/cabac_range_table.sv"), file("tests/cores/textbook_encoder.v")]
}

/// The textbook encoder, made wrong by one of the modules in `tests/cores`.
fn faulty(name: &str) -> Vec<String> {
    [textbook(), vec![file(&format!("tests/cores/{name}.v"))]].concat()
}

/// Runs a core in the socket; files of failures are written to a temporary directory.
fn socket(direction: &str, top: &str, files: &[String], arguments: &[&str]) -> Output {
    let failures = tempfile::tempdir().unwrap();
    let mut command = command();
    command.args(["cosim", "--socket", direction, "--seed", "5", "--failures"]).arg(failures.path());
    if !files.is_empty() {
        command.arg("--rtl").args(files).args(["--top", top]);
    }
    command.args(arguments).output().unwrap()
}

#[track_caller]
fn our_cores_pass(suites: &str) {
    for direction in ["encoder", "decoder"] {
        let output = socket(direction, "", &[], &["--suite", suites]);
        expect(&output, 0, &["passes", "outstanding-N-carry", "pass", "seed 5"]);
    }
}

#[test]
fn the_built_in_cores_pass_in_their_sockets() {
    our_cores_pass("smoke");
}

#[test]
#[ignore = "long"]
fn the_built_in_cores_pass_every_suite_in_their_sockets() {
    our_cores_pass("smoke,directed,invalid,random");
}

#[test]
fn a_core_of_another_make_passes_with_any_number_of_lanes() {
    for lanes in ["1", "2", "8"] {
        let lanes = format!("--verilator-arg=-GLANES={lanes}");
        let output = socket("encoder", "textbook_encoder", &textbook(), &["--suite", "smoke", &lanes]);
        expect(&output, 0, &["encoder textbook_encoder passes"]);
    }
    let output =
        socket("encoder", "textbook_encoder", &textbook(), &["--suite", "directed", "--initialises"]);
    expect(&output, 0, &["initial-avc-p-N-qp-N", "passes"]);
}

/// Plays groups of requests to the encoder that takes them: its lanes and bypass bins in a lane, and what is said of it.
fn grouping(shape: &[&str], said: &[&str], suite: &str) -> Output {
    let shape = shape.iter().map(|parameter| format!("--verilator-arg=-G{parameter}"));
    let said = said.iter().flat_map(|said| ["--can".to_owned(), (*said).to_owned()]);
    let arguments: Vec<String> =
        ["--suite", suite].map(String::from).into_iter().chain(shape).chain(said).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    socket("encoder", "grouping_encoder", &faulty("grouping_encoder"), &arguments)
}

#[test]
fn a_core_that_takes_groups_and_runs_of_bypass_bins_passes() {
    let groups = ["groups=true", "bypass-after=3"];
    for (shape, said) in [
        (&["LANES=4", "RUN=8"][..], &groups[..]),
        (&["LANES=1", "RUN=32"], &[]),
        (&["LANES=3", "RUN=13"], &["bypass-after=13"]),
    ] {
        expect(&grouping(shape, said, "smoke"), 0, &["encoder grouping_encoder passes"]);
    }
    expect(&grouping(&["FAULT=1"], &groups, "smoke"), 1, &["FAILS in"]);
    expect(&grouping(&["FAULT=2"], &groups, "smoke,directed"), 1, &["FAILS in"]);
    // Without these options, the requests that show the faults are not played.
    for fault in ["FAULT=1", "FAULT=2"] {
        expect(&grouping(&[fault], &[], "smoke"), 0, &["passes"]);
    }
}

#[test]
fn a_core_that_has_no_room_for_what_is_said_of_it_is_told() {
    let too_many = grouping(&["RUN=8"], &["bypass-after=9"], "smoke");
    expect(&too_many, 4, &["bypass-after is 9, but there is room for 8 bypass bins in a lane"]);
    let narrow = grouping(&["RUN=7"], &[], "smoke");
    expect(&narrow, 4, &["req_data has 8 to 32 bits for each lane"]);
    let lanes = "--verilator-arg=-GLANES=2";
    let output = socket("encoder", "textbook_encoder", &textbook(), &[lanes, "--can", "groups=true"]);
    expect(&output, 4, &["req_data has 8 bits for each lane"]);
    let output = socket("encoder", "textbook_encoder", &textbook(), &["--can", "bypass-after=1"]);
    expect(&output, 4, &["there is room for 0 bypass bins"]);
    let output = socket("decoder", "", &[], &["--suite", "smoke", "--can", "groups=true"]);
    expect(&output, 4, &["groups = true is for encoders"]);
}

/// The classes in which a core fails, with the first vector that fails and what is wrong with the shortest one.
fn convictions(name: &str) -> Vec<(String, String, String)> {
    let arguments = ["--suite", "smoke,directed", "--format", "json"];
    let output = socket("encoder", name, &faulty(name), &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report["pass"].as_bool(), report["top"].as_str()), (Some(false), Some(name)));
    let rows = report["verdicts"].as_array().unwrap().iter().filter(|row| row["pass"] == false);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let failed = |row: &Value| {
        let failure = &row["failure"];
        let kind_and_what = format!("{}: {}", text(&failure["cause"]), text(&failure["what"]));
        (text(&row["class"]), text(&failure["first"]), kind_and_what)
    };
    rows.map(failed).collect()
}

#[test]
fn a_counter_that_saturates_is_convicted_from_its_first_wrong_length_on() {
    let convictions = convictions("saturating_counter");
    let (class, vector, what) = &convictions[0];
    assert_eq!((class.as_str(), vector.as_str()), ("outstanding-N-carry", "outstanding-64-carry"));
    assert!(what.starts_with("wrong: byte "), "{what}");
    assert!(convictions.len() < 10, "{convictions:?}");
}

#[test]
fn random_ways_convict_a_core_in_the_socket_too() {
    let play = |files: &[String], top, options: &[&str]| {
        socket("encoder", top, files, &[&["--suite", "smoke", "--random-ways"], options].concat())
    };
    expect(&play(&textbook(), "textbook_encoder", &[]), 0, &["passes", "; random ways only; seed 5"]);
    let name = "saturating_counter";
    expect(&play(&faulty(name), name, &[]), 1, &["outstanding-N-carry", "; random ways only"]);
    let verdicts = play(&faulty(name), name, &["--no-causes", "--format", "json"]);
    let report: Value = serde_json::from_slice(&verdicts.stdout).unwrap();
    assert_eq!(report["ways"], "random");
    assert!(report["why"].as_str().unwrap().contains(" --random-ways"), "{}", report["why"]);
    expect(&play(&[], "", &["--hunt"]), 2, &["cannot be used with"]);
}

#[test]
fn a_packer_that_deadlocks_is_convicted_of_a_deadlock_at_84_bits() {
    let convictions = convictions("deadlocking_packer");
    let (class, vector, what) = &convictions[0];
    assert_eq!((class.as_str(), vector.as_str()), ("outstanding-N-carry", "outstanding-84-carry"));
    assert!(what.starts_with("deadlock: ") && what.contains("a request is not taken"), "{what}");
}

#[test]
fn a_first_bit_in_the_second_lane_is_convicted() {
    let convictions = convictions("two_lanes_first_bit");
    let (_, vector, what) = convictions.iter().find(|(class, ..)| class.starts_with("first-")).unwrap();
    assert!(vector.starts_with("first-") && what.starts_with("wrong: byte 0"), "{vector} {what}");
}

/// The socket of an encoder with this body.
fn encoder_of(dir: &Path, body: &str) -> Vec<String> {
    let template = fs::read_to_string(file("rtl/socket/cabac_encoder_socket.sv")).unwrap();
    let (ports, _) = template.split_once(");").unwrap();
    let path = dir.join("core.sv");
    fs::write(&path, format!("{ports});\n{body}\nendmodule\n")).unwrap();
    vec![path.display().to_string()]
}

#[track_caller]
fn refused(body: &str, status: i32, words: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let files = encoder_of(dir.path(), body);
    let arguments = ["--suite", "smoke", "--patience", "500"];
    expect(&socket("encoder", "cabac_encoder_socket", &files, &arguments), status, words);
}

#[test]
fn a_core_that_does_not_compile_is_bad_input() {
    refused("assign nothing = ;", 4, &["Verilator rejects the design", "syntax error"]);
}

#[test]
fn a_core_that_never_takes_a_request_is_a_deadlock() {
    let body = "assign {req_ready, out_valid, out_count, out_data, out_last} = '0;";
    refused(body, 1, &["deadlock: for 500 clocks a request is not taken", "short-N", "FAILS in"]);
}

#[test]
fn a_core_that_gives_bytes_that_nobody_asked_for_is_told_so() {
    let body = "assign {req_ready, out_valid, out_count, out_data, out_last} = {2'b11, 4'd1, 8'd0, 1'b0};";
    refused(body, 1, &["is given before any bin decides it"]);
}

#[test]
fn a_core_that_gives_nothing_while_it_says_valid_is_told_so() {
    let body = "assign {req_ready, out_valid, out_count, out_data, out_last} = {2'b11, 4'd0, 8'd0, 1'b0};";
    refused(body, 1, &["out_count of what is valid is 0, not 1"]);
}

#[test]
fn a_core_whose_bytes_end_early_is_a_deadlock() {
    let body = "assign {req_ready, out_valid, out_count, out_data, out_last} = {2'b10, 4'd0, 8'd0, 1'b0};";
    refused(body, 1, &["deadlock: for 500 clocks byte 0 of the output does not come"]);
}

#[test]
fn a_core_that_ends_the_simulation_is_wrong() {
    let body = "assign {req_ready, out_valid, out_count, out_data, out_last} = {2'b10, 4'd0, 8'd0, 1'b0};
        always @(posedge clk) if (!rst && req_valid) $finish;";
    refused(body, 1, &["the design stopped the simulation: $finish"]);
}

#[test]
fn a_core_that_drops_a_byte_or_ends_a_life_at_the_wrong_byte_is_wrong() {
    let edit = |from: &str, to: &str, words: &[&str]| encoder_edited(&[(from, to)], 1, words);
    edit(
        "assign out_last = last;",
        "assign out_last = 1'b1;",
        &["out_last with byte 0 of the output is 1, not 0"],
    );
    edit(
        "assign out_last = last;",
        "assign out_last = 1'b0;",
        &["out_last with byte ", " of the output is 0, not 1"],
    );
    edit("if (out_ready) {fill, last} <= 0;", "{fill, last} <= 0;", &["stalls: uneven"]);
}

/// A valid stays until it is taken, and does not wait for a ready.
#[test]
fn a_valid_that_waits_for_its_ready_or_is_withdrawn_is_wrong() {
    let waits = "out_ready is 0 until out_valid is 1, which must not wait for it";
    encoder_edited(&[("assign out_valid = full;", "assign out_valid = full && out_ready;")], 1, &[waits]);
    let tick = "reg tick = 0; always @(posedge clk) tick <= !tick; assign out_valid = full && tick;";
    let taken = ("if (out_ready) {fill, last} <= 0;", "if (out_ready && tick) {fill, last} <= 0;");
    encoder_edited(&[("assign out_valid = full;", tick), taken], 1, &["out_valid is withdrawn"]);

    let decoder = |port: &str, gate: &str, words: &[&str]| {
        let dir = tempfile::tempdir().unwrap();
        let template = fs::read_to_string(file("rtl/socket/cabac_decoder_socket.sv")).unwrap();
        let wired = ".rsp_valid,";
        assert_eq!(template.matches(wired).count(), 1);
        let gated = format!(".rsp_valid(answered), .rsp_ready(rsp_ready{port}),");
        let text = template.replace(wired, &gated).replacen(
            ");\n",
            &format!(");\n  logic answered, tick;\n  always_ff @(posedge clk) tick <= !tick;\n  assign rsp_valid = answered && {gate};\n"),
            1,
        );
        let text = text.replace("      .rsp_ready,\n", "").replace(" .rsp_ready,", "");
        let path = dir.path().join("core.sv");
        fs::write(&path, text).unwrap();
        let core = cores::by_name("decoder").unwrap();
        let sources = core.sources.iter().map(|(name, _)| file(&format!("rtl/{name}")));
        let files: Vec<String> = sources.chain([path.display().to_string()]).collect();
        let arguments = ["--suite", "smoke", "--patience", "500"];
        expect(&socket("decoder", "cabac_decoder_socket", &files, &arguments), 1, words);
    };
    decoder("", "rsp_ready", &["rsp_ready is 0 until rsp_valid is 1, which must not wait for it"]);
    decoder(" && tick", "tick", &["rsp_valid is withdrawn"]);
}

/// The assertions that we publish find the same, as immediate and as concurrent assertions.
#[test]
fn the_handshake_that_is_bound_to_a_core_finds_a_valid_that_is_withdrawn() {
    let dir = tempfile::tempdir().unwrap();
    let bind = dir.path().join("bind.sv");
    let text = "bind textbook_encoder cabac_handshake #(.WIDTH(9)) output_stays (
        .clk(clk), .rst(rst), .valid(out_valid), .ready(out_ready), .data({out_last, out_data}));";
    fs::write(&bind, text).unwrap();
    let withdrawn = dir.path().join("core.v");
    let text = fs::read_to_string(file("tests/cores/textbook_encoder.v")).unwrap();
    let tick = "reg tick = 0; always @(posedge clk) tick <= !tick; assign out_valid = full && tick;";
    let text = text.replace("assign out_valid = full;", tick);
    fs::write(&withdrawn, text.replace("if (out_ready) {fill", "if (out_ready && tick) {fill")).unwrap();
    let run = |core: &str, style: &[&str]| {
        let handshake = file("rtl/socket/cabac_handshake.sv");
        let table = file("rtl/common/cabac_range_table.sv");
        let files = [table, core.to_owned(), handshake, bind.display().to_string()];
        let suite = ["--suite", "smoke", "--verilator-arg=--assert"];
        socket("encoder", "textbook_encoder", &files, &[&suite, style].concat())
    };
    for style in [&[][..], &["--define", "CABAC_SVA=1"]] {
        let output = run(&withdrawn.display().to_string(), style);
        expect(&output, 1, &["output_stays.valid_is_withdrawn"]);
        expect(&run(&file("tests/cores/textbook_encoder.v"), style), 0, &["passes"]);
    }
}

/// The textbook encoder with some edits.
#[track_caller]
fn encoder_edited(edits: &[(&str, &str)], status: i32, words: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let mut text = fs::read_to_string(file("tests/cores/textbook_encoder.v")).unwrap();
    for (from, to) in edits {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    let path = dir.path().join("core.v");
    fs::write(&path, text).unwrap();
    let files = [file("rtl/common/cabac_range_table.sv"), path.display().to_string()];
    let arguments = ["--suite", "smoke", "--patience", "500"];
    expect(&socket("encoder", "textbook_encoder", &files, &arguments), status, words);
}

#[test]
fn other_ports_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let template = fs::read_to_string(file("rtl/socket/cabac_encoder_socket.sv")).unwrap();
    let check = |from: &str, to: &str, words: &[&str]| {
        assert!(template.contains(from), "{from}");
        let (ports, _) = template.split_once(");").unwrap();
        let path = dir.path().join("core.sv");
        let body = "assign {req_ready, out_valid, out_count, out_data} = '0;";
        let text = format!("{});\n{body}\nendmodule\n", ports.replace(from, to));
        fs::write(&path, text).unwrap();
        let files = [path.display().to_string()];
        expect(&socket("encoder", "cabac_encoder_socket", &files, &["--suite", "smoke"]), 4, words);
    };
    let model = "    input  wire logic [6:0] req_model,";
    check(model, "    input wire logic [5:0] req_model,", &["port req_model", "6 bits", "7"]);
    check("    input  wire logic       req_valid,\n", "", &["there is no port req_valid"]);
    check("input  wire logic [2:0] req_kind", "input wire logic [3:0] req_kind", &["req_kind has 4 bits"]);
    check(
        model,
        &format!("{model}\n    input wire logic enable,"),
        &["port enable is no input of the socket"],
    );
    let output = socket("encoder", "other", &[file("rtl/socket/cabac_encoder_socket.sv")], &[]);
    expect(&output, 4, &["Verilator rejects the design"]);
}

#[test]
fn a_core_without_optional_ports_is_checked_in_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let template = fs::read_to_string(file("tests/cores/textbook_encoder.v")).unwrap();
    let without = template
        .replace(
            "    output wire [7:0]            out_data,\n",
            "    output wire [7:0]            out_data\n",
        )
        .replace("    output wire                  out_last\n", "")
        .replace("  assign out_last = last;\n", "");
    let path = dir.path().join("core.v");
    fs::write(&path, without).unwrap();
    let files = [file("rtl/common/cabac_range_table.sv"), path.display().to_string()];
    let output = socket("encoder", "textbook_encoder", &files, &["--suite", "smoke"]);
    expect(&output, 0, &["not checked, since there is no such port: out_last"]);
}

#[test]
fn a_failure_is_written_and_its_command_shows_it_again() {
    let failures = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = command();
        command.args(["cosim", "--socket", "encoder", "--failures"]).arg(failures.path());
        command.arg("--rtl").args(faulty("saturating_counter")).args(["--top", "saturating_counter"]);
        command.args(arguments).output().unwrap()
    };
    let output = run(&["--suite", "smoke", "--seed", "3"]);
    expect(&output, 1, &["replay: silicabac cosim --socket encoder --vectors "]);
    let files = || fs::read_dir(failures.path()).unwrap().map(|entry| entry.unwrap().path());
    let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    let written = files().find(is_json).unwrap();
    let waves = fs::read_to_string(written.with_extension("vcd")).unwrap();
    assert!(waves.contains("out_data") && waves.contains("$scope module core"), "{waves}");
    let (whole, count) = (fs::read(&written).unwrap(), || files().count());
    let before = count();
    expect(&run(&["--vectors", written.to_str().unwrap(), "--seed", "3"]), 1, &["FAILS in 1 of 1 class"]);
    // The file that it writes has the same name as one that it reads, and does not replace it.
    assert!(fs::read(&written).unwrap() == whole);
    assert_eq!(count(), before + 2);
}

#[test]
fn vectors_are_exported_as_tables() {
    let dir = tempfile::tempdir().unwrap();
    let export = ["vectors", "export", "--format", "csv", "--suite", "smoke", "-o"];
    expect(&command().args(export).arg(dir.path()).output().unwrap(), 0, &["vectors.csv", "requests.csv"]);
    let table = fs::read_to_string(dir.path().join("requests.csv")).unwrap();
    let mut lines = table.lines();
    let columns = lines.next().unwrap().split(',').count();
    assert!(lines.clone().count() > 10_000);
    assert!(lines.all(|line| line.split(',').count() == columns));
}

/// The JSON about a core.
#[track_caller]
fn told(direction: &str, top: &str, files: &[String], arguments: &[&str], status: i32) -> Value {
    let output = socket(direction, top, files, &[arguments, &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_a_core_takes_is_told_for_each_class_and_in_all() {
    let lanes = ["--suite", "smoke", "--verilator-arg=-GLANES=2"];
    let report = told("encoder", "textbook_encoder", &textbook(), &lanes, 0);
    let of = |value: &Value, key: &str| value[key].as_f64().unwrap();
    let rows = report["verdicts"].as_array().unwrap();
    let all = &report["throughput"];
    for throughput in rows.iter().map(|row| &row["throughput"]).chain([all]) {
        let kinds = throughput["kinds"].as_array().unwrap();
        let held: f64 = kinds.iter().map(|kind| of(kind, "clocks")).sum();
        assert!(
            (held - of(throughput, "clocks") - of(throughput, "load_clocks")).abs() < 1e-6,
            "{throughput}"
        );
        let waits = throughput["waits"].as_array().unwrap();
        let waited: f64 = waits.iter().map(|wait| of(wait, "transactions")).sum();
        assert_eq!(waited, of(throughput, "transactions"), "{throughput}");
    }
    for key in ["bins", "clocks", "load_clocks", "transactions"] {
        assert_eq!(rows.iter().map(|row| of(&row["throughput"], key)).sum::<f64>(), of(all, key), "{key}");
    }
    let requests: f64 = all["kinds"].as_array().unwrap().iter().map(|kind| of(kind, "requests")).sum();
    assert!(of(all, "transactions") < 0.7 * requests && all["latency"]["of"] == "bytes", "{all}");
    // The flowcharts take some clocks for a bin; and each slice has to be written to its end before the next one begins.
    assert!((0.1..0.5).contains(&of(all, "bins_per_clock")) && of(&all["slowest_stretch"], "clocks") > 200.0);
    let items = report["coverage"]["items"].as_array().unwrap();
    let cross = items.iter().find(|item| item["name"] == "cross").unwrap();
    assert!(of(cross, "percent") > 1.0 && cross["hits"].as_array().unwrap().len() == 63_252);
    let text = socket("encoder", "textbook_encoder", &textbook(), &lanes);
    let words = [
        "when nothing waits",
        "terminate ",
        "waits, in clocks: ",
        "the longest: ",
        "from requests to bytes: ",
        "the vectors reach ",
    ];
    expect(&text, 0, &words);
}

#[test]
fn slices_of_a_stream_are_measured_one_by_one() {
    let stream = crate::common::streams()
        .into_iter()
        .find(|path| path.to_string_lossy().contains("x264_gray"))
        .unwrap();
    let arguments = ["--stream", stream.to_str().unwrap(), "--stretch", "16"];
    let report = told("decoder", "", &[], &arguments, 0);
    let all = &report["throughput"];
    let slowest = &all["slowest_vector"];
    assert!(slowest["vector"].as_str().unwrap().contains("x264_gray"), "{slowest}");
    assert!(
        slowest["clocks_each"].as_f64().unwrap() * all["bins_per_clock"].as_f64().unwrap() >= 1.0,
        "{all}"
    );
    assert_eq!(all["slowest_stretch"]["length"], 16);
    let text = socket("decoder", "", &[], &[&arguments[..], &["--mhz", "200"]].concat());
    expect(&text, 0, &["  at 200 MHz: 19", " million bins a second, 19", " in the slowest vector"]);
    let ours =
        command().args(["cosim", "--core", "decoder", "--seed", "1"]).args(&arguments[..2]).output().unwrap();
    expect(&ours, 0, &["the slowest slice is ", " clocks each"]);
}

#[test]
fn any_number_of_processors_says_the_same() {
    let [one, two] = ["1", "2"].map(|jobs| {
        let mut report = told(
            "encoder",
            "saturating_counter",
            &faulty("saturating_counter"),
            &["--suite", "smoke", "-j", jobs],
            1,
        );
        let rows = report["verdicts"].as_array_mut().unwrap();
        rows.iter_mut().for_each(|row| row["seconds"] = 0.into());
        for cause in report["causes"].as_array_mut().unwrap() {
            (cause["file"], cause["replay"]) = (0.into(), 0.into());
        }
        report
    });
    assert!(one == two);
    // Each vector that fails alone is named.
    let row =
        one["verdicts"].as_array().unwrap().iter().find(|row| row["class"] == "outstanding-N-carry").unwrap();
    let failing = row["failing"].as_array().unwrap();
    assert_eq!((&failing[0]["vector"], &failing[0]["cause"]), (&row["failure"]["first"], &"wrong".into()));
    // Those that pass are named, too.
    for row in one["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["failing"].is_array() == row["failure"].is_object())
    {
        let [failing, passing] = ["failing", "passing"].map(|name| row[name].as_array().map_or(0, Vec::len));
        assert_eq!(row["vectors"], failing + passing, "{row}");
    }
}

#[test]
fn build_servers_are_told_times_and_the_core() {
    let output = socket("encoder", "", &[], &["--suite", "smoke", "--format", "junit"]);
    expect(&output, 0, &["<testcase name=\"outstanding-N-carry\" classname=\"cabac_encoder\" time=\""]);
}

#[test]
fn a_hunt_is_printed_and_its_command_shows_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let hunt = |arguments: &[&str]| {
        let mut command = command();
        command.args(["cosim", "--socket", "encoder", "--seed", "1", "--failures"]).arg(dir.path());
        command.args(arguments).output().unwrap()
    };
    let output = hunt(&["--hunt", "200", "--stretch", "32"]);
    let words =
        ["32 bins, alignments or raw bytes of one engine run take ", "cabac_encoder is right in 200 tries"];
    expect(&output, 0, &words);
    let json: Value =
        serde_json::from_slice(&hunt(&["--hunt", "200", "--stretch", "32", "--format", "json"]).stdout)
            .unwrap();
    let slowest = &json["hunt"]["slowest"][0];
    let clocks = format!("{} from bin ", slowest["clocks"]);
    let again = hunt(&["--vectors", slowest["file"].as_str().unwrap(), "--stretch", "32"]);
    expect(&again, 0, &["the slowest 32 bins", &clocks]);
    let counter = faulty("saturating_counter");
    let wrong = [
        &["--top", "saturating_counter", "--hunt", "500", "--rtl"],
        &*counter.iter().map(String::as_str).collect::<Vec<_>>(),
    ]
    .concat();
    let wrong = hunt(&wrong);
    expect(
        &wrong,
        1,
        &[
            "saturating_counter is WRONG at bin ",
            " of the output is ",
            "replay: silicabac cosim --socket encoder --vectors ",
        ],
    );
    expect(&hunt(&["--hunt", "--suite", "smoke"]), 2, &["cannot be used with"]);
}

#[test]
fn what_the_vectors_run_and_toggle_of_any_core_is_told() {
    let coverage = ["--suite", "smoke", "--coverage"];
    let output = socket("encoder", "textbook_encoder", &textbook(), &coverage);
    expect(&output, 5, &["textbook_encoder.v", "missed: textbook_encoder.v:29: toggle out_count[1]"]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("waivers");
    fs::write(&path, "# A byte at once.\ntextbook_encoder.v toggle out_count[3:1]\n").unwrap();
    let report = told(
        "encoder",
        "textbook_encoder",
        &textbook(),
        &[&coverage[..], &["--waivers", path.to_str().unwrap()]].concat(),
        5,
    );
    assert_eq!(report["waived"].as_array().unwrap().len(), 3);
    assert!(
        report["missed"]
            .as_array()
            .unwrap()
            .iter()
            .all(|point| !point.as_str().unwrap().contains("out_count"))
    );
    let wrong = socket("encoder", "saturating_counter", &faulty("saturating_counter"), &coverage);
    expect(&wrong, 1, &["MISMATCH in class outstanding-N-carry"]);
}

#[test]
fn waits_that_are_given_are_named_as_the_cause() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("waits.json");
    fs::write(&path, r#"{"waits": [{"port": "bytes", "when": {"transfer": 1}, "clocks": 40}]}"#).unwrap();
    let arguments = ["--suite", "smoke", "--class", "outstanding-N-carry", "--waits", path.to_str().unwrap()];
    let output = socket("encoder", "saturating_counter", &faulty("saturating_counter"), &arguments);
    expect(
        &output,
        1,
        &[
            "stalls: planned",
            "cause 1: a vector fails if the core waits as the given plan says",
            "  1 class: outstanding-N-carry",
        ],
    );
    expect(&socket("encoder", "textbook_encoder", &textbook(), &arguments), 0, &["passes: ", " of 1 class;"]);
}
