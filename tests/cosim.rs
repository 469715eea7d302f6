//! The cores against their twins and the oracle, and the judge against cores that are wrong.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use crate::common::{Corpus, command, expect, rtl_with, tools};
use serde_json::Value;
use silicabac::bin::{BinCoder, Decode, DecodeErrorKind, Encode, Event};
use silicabac::cores::{ALL, CoreSpec};
use silicabac::cosim::{self, Model, Plan, Port, Source, Ways};
use silicabac::spec;
use silicabac::suites::{BUILT_IN, Suite};
use silicabac::tables::RANGE_TAB_LPS;
use silicabac::vectors::{self, Flag, Vector};
use silicabac_sim::{Cache, Tools};

const SEED: u64 = 20_260_000;

fn model(core: &'static CoreSpec, cache: &Cache, tools: &Tools) -> Model {
    Model::build(&Source::of(core, core.top, None, cache).unwrap(), cache, tools).unwrap()
}

fn are_equal(suites: &[&str]) {
    let (cache, tools) = tools();
    for core in ALL {
        let model = model(core, &cache, &tools);
        for name in suites {
            let suite = Suite::built_in(name, SEED).unwrap();
            let outcome = cosim::run(&model, &suite, SEED, &Ways::All, &mut |_| ());
            assert!(outcome.failure.is_none(), "{name}, {}: {:?}", core.top, outcome.failure);
            assert!(
                outcome.stats.bins > 1_000 && outcome.total_bins >= 3 * outcome.stats.bins,
                "{outcome:?}"
            );
            let bins_per_clock = outcome.stats.bins_per_clock();
            assert!(bins_per_clock > 0.98 || !["avc", "hevc"].contains(name), "{name}: {bins_per_clock}");
        }
    }
}

#[test]
fn the_built_in_cores_are_equal() {
    are_equal(&["smoke", "random"]);
}

#[test]
#[ignore = "long"]
fn the_built_in_cores_are_equal_in_every_suite() {
    are_equal(&BUILT_IN);
}

#[test]
#[ignore = "long"]
fn slices_of_the_corpus_are_equal_too() {
    let Some(corpus) = Corpus::find() else { return };
    let (cache, tools) = tools();
    // PCM in H.264, wavefronts and tiles, field and MBAFF pictures: there are few or none of these in golden/.
    let wanted = ["allIPCM", "girlshy", "HCAMFF1", "hm_tiles", "bear"];
    let mut traces = corpus.traces();
    traces.retain(|path| wanted.iter().any(|name| path.to_string_lossy().contains(name)));
    assert!(!traces.is_empty(), "there is none of {wanted:?} in it");
    for core in ALL {
        let model = model(core, &cache, &tools);
        for path in &traces {
            let suite = Suite::from_trace(path).unwrap();
            let outcome = cosim::run(&model, &suite, SEED, &Ways::All, &mut |_| ());
            assert!(outcome.failure.is_none(), "{}: {:?}", suite.name, outcome.failure);
        }
    }
}

fn run(arguments: &[&str]) -> Output {
    // Files of a failure go to a temporary directory.
    let failures = tempfile::tempdir().unwrap();
    let seed = SEED.to_string();
    command()
        .args(["cosim", "--seed", &seed, "--failures", failures.path().to_str().unwrap()])
        .args(arguments)
        .output()
        .unwrap()
}

/// The bin at which a wrong core was convicted.
struct Found {
    suite: String,
    vector: String,
    bin: u64,
}

/// Runs a core with one edit on these suites; returns the first mismatch.
#[track_caller]
fn convicted_by(suites: &str, core: &str, edit: (&str, &str, &str)) -> Found {
    let dir = rtl_with(Some(edit));
    let rtl_dir = dir.path().to_str().unwrap();
    let output = run(&["--suite", suites, "--core", core, "--rtl-dir", rtl_dir, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["pass"], false);
    let failed = report["results"].as_array().unwrap().iter().find(|result| result["pass"] == false).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let failure = &failed["failure"];
    let bin = failure["bin"].as_u64().unwrap();
    let found = Found { suite: text(&failed["suite"]), vector: text(&failure["vector"]), bin };
    println!("convicted by bin {} of {}: {}", found.bin, found.vector, text(&failure["what"]));
    found
}

#[track_caller]
fn convicted(edit: (&str, &str, &str)) -> Found {
    convicted_by("smoke,directed", "encoder", edit)
}

/// The oracle before that bin, the bin, and the request before it.
fn scene(found: &Found) -> (spec::Encoder, Event, Option<Event>) {
    let suite = Suite::built_in(&found.suite, SEED).unwrap();
    let vector = suite.vectors.iter().find(|vector| vector.id == found.vector).unwrap();
    let mut encoder = spec::Encoder::new();
    let (mut bins, mut before) = (0, None);
    for &event in &vector.events {
        if event.is_bin() {
            if bins == found.bin {
                return (encoder, event, before);
            }
            bins += 1;
        }
        let _ = encoder.play(&[event]);
        before = Some(event);
    }
    panic!("{} has no bin {}", found.vector, found.bin);
}

#[test]
fn a_wrong_table_entry_is_found() {
    let edit = ("cabac_range_table.sv", "8'd73,  8'd85}", "8'd74,  8'd85}");
    let found = convicted(edit);
    let (oracle, event, _) = scene(&found);
    let Event::Context { ctx, .. } = event else { panic!("{event:?}") };
    assert_eq!((oracle.save(ctx).p_state_idx(), oracle.cod_i_range() >> 6 & 3), (20, 2));
}

#[test]
#[ignore = "long"]
fn a_dropped_carry_is_found() {
    let edit = (
        "cabac_encoder_low.sv",
        "assign carry = sum[10];",
        "assign carry = sum[10] && bits_outstanding != 32'd9;",
    );
    let found = convicted(edit);
    let (mut oracle, event, _) = scene(&found);
    assert_eq!(oracle.bits_outstanding(), 9);
    let low = oracle.cod_i_low_10();
    let _ = oracle.play(&[event]);
    assert!(oracle.bits_outstanding() < 9 && low < 512, "the run ends with this bin, by a carry");
}

#[test]
#[ignore = "long"]
fn a_missed_forward_is_found() {
    let edit = (
        "cabac_context_memory.sv",
        "write_valid && write_addr == read_addr ? write_data : models[read_addr]",
        "models[read_addr]",
    );
    let found = convicted(edit);
    let (_, event, before) = scene(&found);
    let context = |event| match event {
        Event::Context { ctx, .. } | Event::Load { ctx, .. } => Some(ctx),
        _ => None,
    };
    assert!(context(event).is_some());
    assert_eq!(context(event), before.and_then(context));
}

#[test]
#[ignore = "long"]
fn an_outstanding_counter_of_five_bits_is_found() {
    let edit = (
        "cabac_encoder_low.sv",
        "= bits_outstanding + {29'd0, low.shift}",
        "= (bits_outstanding + {29'd0, low.shift}) & 32'd31",
    );
    let found = convicted(edit);
    let (mut oracle, event, _) = scene(&found);
    assert!(oracle.bits_outstanding() < 32);
    let _ = oracle.play(&[event]);
    assert!(oracle.bits_outstanding() >= 32);
}

#[test]
fn a_carry_dropped_after_exactly_256_outstanding_bits_is_found() {
    let carry = "assign carry = sum[10] && (low.flush || bits_outstanding != 32'd256);";
    let found = convicted(("cabac_encoder_low.sv", "assign carry = sum[10];", carry));
    assert_eq!((found.suite.as_str(), found.vector.as_str()), ("directed", "outstanding-256-carry"));
}

#[test]
#[ignore = "long"]
fn a_register_that_a_reset_forgets_is_found() {
    convicted((
        "cabac_encoder_pack.sv",
        "      pack_last <= 1'b0;\n    end else begin",
        "    end else begin",
    ));
}

#[test]
fn a_byte_lost_when_the_output_is_not_ready_is_found() {
    convicted(("cabac_encoder_pack.sv", "assign pop = out_valid && out_ready;", "assign pop = out_valid;"));
}

#[test]
#[ignore = "long"]
fn a_wrong_output_that_is_no_register_is_found() {
    convicted(("cabac_encoder.sv", "assign settled = !fetch_valid;", "assign settled = 1'b1;"));
}

#[test]
#[ignore = "long"]
fn a_request_that_looks_at_a_port_it_does_not_use_is_found() {
    convicted((
        "cabac_encoder.sv",
        "req_model} : req_data};",
        "req_model} : req_data ^ {7'd0, req_kind == cabac_pkg::RAW && req_bin}};",
    ));
}

/// Runs a decoder with one edit on the smoke suite; returns the vector that convicts it, and the index of the event at fault.
#[track_caller]
fn convicted_decoder(edit: (&str, &str, &str)) -> (Vector, usize) {
    let found = convicted_by("smoke", "decoder", edit);
    let suite = Suite::built_in(&found.suite, SEED).unwrap();
    let vector = suite.vectors.into_iter().find(|vector| vector.id == found.vector).unwrap();
    let bins = (0..vector.events.len()).filter(|&i| vector.events[i].is_bin());
    let decisive = bins.clone().nth(found.bin as usize).unwrap_or(vector.events.len());
    (vector, decisive)
}

#[test]
fn a_decoder_with_a_wrong_table_entry_is_found() {
    let edit = ("cabac_range_table.sv", "8'd73,  8'd85}", "8'd74,  8'd85}");
    let (vector, decisive) = convicted_decoder(edit);
    assert_eq!(vector.id, "state-19");
    let mut oracle = spec::Decoder::new(&vector.bytes);
    oracle.play(&vector.events[..decisive]).unwrap();
    let Event::Context { ctx, .. } = vector.events[decisive] else { panic!("{:?}", vector.events[decisive]) };
    assert_eq!((oracle.save(ctx).p_state_idx(), oracle.cod_i_range() >> 6 & 3), (20, 2));
}

#[test]
#[ignore = "long"]
fn a_decoder_that_misses_a_forward_is_found() {
    let forward = "write_valid && write_addr == read_addr ? write_data : models[read_addr]";
    let (vector, decisive) = convicted_decoder(("cabac_context_memory.sv", forward, "models[read_addr]"));
    assert_eq!(vector.id, "outstanding-0-carry");
    let context = |event: Event| match event {
        Event::Context { ctx, .. } | Event::Load { ctx, .. } => Some(ctx),
        _ => None,
    };
    assert!(context(vector.events[decisive]).is_some());
    assert_eq!(context(vector.events[decisive]), context(vector.events[decisive - 1]), "{}", vector.id);
}

#[test]
#[ignore = "long"]
fn a_decoder_that_notices_the_end_a_byte_late_is_found() {
    let late = "assign overrun = {1'b0, gone} > ahead_len + (ended ? 6'd8 : 6'd0);";
    let edit = ("cabac_decoder_bits.sv", "assign overrun = {1'b0, gone} > ahead_len;", late);
    let (vector, decisive) = convicted_decoder(edit);
    assert_eq!(vector.id, "truncated-0-1");
    let error = vector.error.expect("a vector with an error");
    assert_eq!(error.kind, DecodeErrorKind::Exhausted, "{}", vector.id);
    let bins = vector.events[..decisive].iter().filter(|event| event.is_bin()).count();
    assert_eq!(bins as u64, error.bin, "{}", vector.id);
}

#[test]
#[ignore = "long"]
fn a_decoder_that_takes_a_byte_of_the_next_slice_is_found() {
    let more = "assign in_ready = ahead_len <= 6'd24 && (!ended || ahead_len == 6'd0);";
    let edit = ("cabac_decoder_bits.sv", "assign in_ready = ahead_len <= 6'd24 && !ended;", more);
    let (vector, _) = convicted_decoder(edit);
    assert_eq!(vector.id, "outstanding-0-carry");
}

#[test]
#[ignore = "long"]
fn a_decoder_that_renormalises_after_a_terminate_bin_is_found() {
    let edit = (
        "cabac_decoder_step.sv",
        "taken = upper ? 4'd0 : {1'b0, shift};",
        "taken = upper ? 4'd7 : {1'b0, shift};",
    );
    let (vector, decisive) = convicted_decoder(edit);
    assert_eq!(vector.id, "outstanding-0-carry");
    assert!(vector.events[decisive].ends_engine_run(), "{}", vector.id);
}

#[test]
fn a_decoder_that_compares_the_offset_one_too_high_is_found() {
    let edit =
        ("cabac_decoder_step.sv", "assign upper = !above[9];", "assign upper = !above[9] && above != 10'd0;");
    let (vector, decisive) = convicted_decoder(edit);
    assert_eq!(vector.id, "outstanding-0-no-carry");
    let mut oracle = spec::Decoder::new(&vector.bytes);
    oracle.play(&vector.events[..decisive]).unwrap();
    let (range, offset) = (oracle.cod_i_range(), oracle.cod_i_offset());
    // What is left below the upper part of the interval is exactly codIOffset.
    let part = match vector.events[decisive] {
        Event::Context { ctx, bin } => {
            let model = oracle.save(ctx);
            assert_ne!(bin, model.val_mps());
            u32::from(RANGE_TAB_LPS[usize::from(model.p_state_idx())][(range >> 6 & 3) as usize])
        }
        Event::Terminate { .. } => 2,
        _ => return, // a bypass bin: half the interval, and the bit that it reads
    };
    assert_eq!(range - part, offset, "{}", vector.id);
}

#[test]
#[ignore = "long"]
fn other_wrong_decoders_are_found() {
    for edit in [
        // The engine accepts bits at its start that it should refuse.
        ("cabac_decoder_step.sv", "refused = next_bits[8:1] == 8'hff;", "refused = next_bits == 9'h1ff;"),
        ("cabac_decoder_step.sv", "refused = cod_i_offset[8];", "refused = 1'b0;"),
        // The first error is not kept; it is kept for ever.
        (
            "cabac_decoder_answer.sv",
            "else if (response.error != cabac_pkg::NONE) response.error <= response.error;",
            "",
        ),
        (
            "cabac_decoder_answer.sv",
            "if (req_kind == cabac_pkg::SLICE) response.error <= cabac_pkg::NONE;\n      else if",
            "if",
        ),
        // Raw bytes are taken from the bit where the engine stopped.
        ("cabac_decoder_request.sv", "whole_bytes = req_kind == cabac_pkg::RAW ||", "whole_bytes ="),
        // A slice begins with what is left of the last one.
        ("cabac_decoder.sv", ".drop(req_valid && slice)", ".drop(1'b0)"),
        // valMPS is never swapped.
        ("cabac_transition.sv", "model.val_mps ^ (!mps && model.p_state_idx == 6'd0)", "model.val_mps"),
        // A reset forgets the end of the slice; it forgets an update in the pipeline.
        ("cabac_decoder_bits.sv", "      ended <= 1'b1;\n", ""),
        ("cabac_decoder_contexts.sv", "      write_valid <= 1'b0;\n", ""),
        // An answer is overwritten.
        (
            "cabac_decoder_request.sv",
            "assign req_ready = (!response_valid || rsp_ready) &&",
            "assign req_ready =",
        ),
    ] {
        convicted_decoder(edit);
    }
}

/// The only file in a directory with this extension.
fn only_file(dir: &Path, extension: &str) -> PathBuf {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files = files.filter(|path| path.extension().is_some_and(|found| found == extension));
    let file = files.next().unwrap();
    assert_eq!(files.next(), None);
    file
}

#[test]
fn a_failure_that_takes_waits_leaves_the_fewest_and_they_show_it_again() {
    let lost = "assign pop = out_valid;";
    let dir = rtl_with(Some(("cabac_encoder_pack.sv", "assign pop = out_valid && out_ready;", lost)));
    let failures = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut cosim = command();
        cosim.args(["cosim", "--seed", "7", "--core", "encoder", "--failures"]).arg(failures.path());
        cosim.arg("--rtl-dir").arg(dir.path()).args(arguments).output().unwrap()
    };
    expect(&run(&["--suite", "smoke", "--format", "json"]), 1, &["\"cause\"", "\"expected\"", "\"found\""]);
    let is_plan = |path: &PathBuf| path.to_string_lossy().ends_with(".waits.json");
    let plan =
        fs::read_dir(failures.path()).unwrap().map(|entry| entry.unwrap().path()).find(is_plan).unwrap();
    let waits = Plan::read(&fs::read_to_string(&plan).unwrap()).unwrap();
    assert_eq!((waits.waits.len(), waits.give_ups.len()), (1, 0), "{waits:?}");
    assert_eq!(waits.waits[0].port, Port::Bytes);
    let vectors = plan.to_str().unwrap().replace(".waits.json", ".json");
    let again = run(&["--vectors", &vectors, "--waits", plan.to_str().unwrap()]);
    expect(&again, 1, &["stalls: planned", "1 of 1 suite failed"]);
    let right =
        command().args(["cosim", "--core", "encoder", "--vectors", &vectors, "--waits"]).arg(&plan).output();
    expect(&right.unwrap(), 0, &["all equal"]);
    fs::write(&plan, "{ \"waits\": [{ \"port\": \"bites\" }] }").unwrap();
    expect(&run(&["--vectors", &vectors, "--waits", plan.to_str().unwrap()]), 4, &["waits.json", "bites"]);
}

#[test]
fn a_failure_shows_rows_bins_and_command_and_leaves_the_fewest_bins_and_a_waveform() {
    let edit = (
        "cabac_encoder_range.sv",
        "cabac_pkg::ALIGN: cod_i_range_next = 9'd256",
        "cabac_pkg::ALIGN: cod_i_range_next = 9'd510",
    );
    let dir = rtl_with(Some(edit));
    let failures = tempfile::tempdir().unwrap();
    let (rtl_dir, failures_dir) = (dir.path().to_str().unwrap(), failures.path().to_str().unwrap());
    let run = ["--core", "encoder", "--rtl-dir", rtl_dir, "--suite", "random", "--failures", failures_dir];
    let output = command().args(["cosim", "--seed", "7"]).args(run).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "MISMATCH",
        "clock ",
        "bin ",
        "twin",
        "core",
        "<-- differs",
        "cod_i_range",
        "  align",
        "1 of 1 suite failed",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in:\n{text}");
    }

    let (_, vectors) = vectors::read_file(&only_file(failures.path(), "json")).unwrap();
    let [vector] = &vectors[..] else { panic!("{} vectors", vectors.len()) };
    assert!(vector.events.contains(&Event::Align) && vector.events.len() <= 3, "{:?}", vector.events);
    assert!(vector.comment.starts_with("shrunk to "), "{}", vector.comment);
    assert!(fs::read_to_string(only_file(failures.path(), "hex")).unwrap().starts_with("// random-"));

    let vcd = fs::read(only_file(failures.path(), "vcd")).unwrap();
    let replay = text.lines().find_map(|line| line.trim().strip_prefix("replay: silicabac ")).unwrap();
    let again = command().args(replay.split(' ')).current_dir(failures.path()).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "{replay}");
    assert!(String::from_utf8(again.stdout).unwrap().contains(&vector.id), "{replay}");

    let header = vcd::Parser::new(&*vcd).parse_header().unwrap();
    for scope in ["twin", "core"] {
        assert!(
            header.find_var(&["cosim", scope, "cod_i_range"]).is_some(),
            "no {scope}.cod_i_range in the waveform"
        );
    }
    assert!(header.find_var(&["cosim", "clk"]).is_some());
    let changes = |scope: &str| {
        let code = header.find_var(&["cosim", scope, "cod_i_range"]).unwrap().code;
        let changes = vcd::Parser::new(&*vcd).filter_map(|command| match command {
            Ok(vcd::Command::ChangeVector(id, value)) if id == code => Some(value.to_string()),
            _ => None,
        });
        changes.collect::<Vec<_>>()
    };
    assert_ne!(changes("twin"), changes("core"), "the waveform shows what each core did");
}

#[test]
fn a_failure_that_takes_two_vectors_is_shrunk_to_two() {
    let sticky = (
        "cabac_decoder_answer.sv",
        "if (req_kind == cabac_pkg::SLICE) response.error <= cabac_pkg::NONE;\n      else if",
        "if",
    );
    let (dir, failures) = (rtl_with(Some(sticky)), tempfile::tempdir().unwrap());
    let output = command()
        .args(["vectors", "check", "golden/invalid.json", "--core", "decoder", "--seed", "7", "--rtl-dir"])
        .arg(dir.path())
        .arg("--failures")
        .arg(failures.path())
        .output()
        .unwrap();
    expect(&output, 1, &["MISMATCH in suite invalid", "0 bins of 2 vectors are enough"]);
    let (_, vectors) = vectors::read_file(&only_file(failures.path(), "json")).unwrap();
    let [first, second] = &vectors[..] else { panic!("{} vectors", vectors.len()) };
    assert!(first.error.is_some() && first.bytes.len() == 1 && second.bytes.len() == 1);
}

#[test]
fn reports_for_machines_are_well_formed() {
    let json = run(&["--suite", "smoke", "--format", "json"]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((report["seed"].as_u64(), &report["pass"]), (Some(SEED), &Value::Bool(true)));
    let junit = run(&["--suite", "smoke", "--format", "junit"]);
    let report =
        quick_junit::Report::deserialize_from_str(&String::from_utf8(junit.stdout).unwrap()).unwrap();
    assert_eq!((report.tests, report.failures), (ALL.len(), 0));
}

/// How the encoder plays a vector with the flag for give-ups in each clock, and a large one.
fn played(ways: &[&str]) -> Value {
    let events =
        |bins: usize| [vec![Event::Bypass { bin: true }; bins], vec![Event::Terminate { bin: true }]];
    let vector = |id, flag, bins| Vector::encoded(id, "", &[flag], events(bins).concat());
    let vectors = [vector("given-up", Flag::GiveUp, 100), vector("large", Flag::Large, 5_000)];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flagged.json");
    vectors::write_json("flagged", &vectors, &mut fs::File::create(&path).unwrap()).unwrap();
    let path = path.to_str().unwrap();
    let output = run(&[&["--core", "encoder", "--vectors", path, "--format", "json"], ways].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn random_ways_leave_out_what_is_the_same_for_every_seed() {
    let (all, random) = (played(&[]), played(&["--random-ways"]));
    assert_eq!((&all["ways"], &random["ways"]), (&Value::Null, &"random".into()));
    assert!(all["results"][0]["bins"].as_u64() > Some(5_000), "{all}");
    assert_eq!(random["results"][0]["bins"], 101);
    let clocks = |report: &Value| report["results"][0]["lockstep_clocks"].as_u64().unwrap();
    assert!(clocks(&random) < 5_000, "{random}");
    assert!(clocks(&all) > 20_000, "{all}");
    // But what shows under stalls is still found.
    let lost = ("cabac_encoder_pack.sv", "assign pop = out_valid && out_ready;", "assign pop = out_valid;");
    let dir = rtl_with(Some(lost));
    let rtl_dir = dir.path().to_str().unwrap();
    let arguments = ["--core", "encoder", "--rtl-dir", rtl_dir, "--suite", "smoke", "--random-ways"];
    expect(&run(&arguments), 1, &["MISMATCH", "1 of 1 suite failed; random ways only"]);
}

/// The output of `cosim` for a core with more text before its last `endmodule`.
fn with_more_verilog(text: &str, arguments: &[&str]) -> Output {
    let end = "write_valid, fetch.ctx_idx, fetch_model, write_new};";
    let dir = rtl_with(Some(("cabac_encoder.sv", end, &format!("{end}\n{text}"))));
    let rtl_dir = dir.path().to_str().unwrap();
    run(&[&["--core", "encoder", "--rtl-dir", rtl_dir, "--suite", "random"], arguments].concat())
}

#[test]
fn what_a_design_prints_stays_out_of_reports() {
    let output = with_more_verilog("initial $display(\"hello\");", &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice::<Value>(&output.stdout).expect("nothing but the report");
    assert!(String::from_utf8_lossy(&output.stderr).contains("hello"));
}

#[test]
fn a_design_that_stops_is_a_mismatch_that_says_where() {
    for stop in ["initial $finish;", "always @(posedge clk) if (out_last) $finish;"] {
        let output = with_more_verilog(stop, &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("$finish at ") && text.contains("cabac_encoder.sv:"), "{text}");
        assert!(!text.contains("<-- differs"), "nothing does:\n{text}");
    }
}

#[test]
fn a_mismatch_is_status_1_whatever_becomes_of_the_output() {
    let dir = rtl_with(Some(("cabac_encoder_front.sv", "fetch <= req;", "fetch <= req ^ 22'd1;")));
    let no_dir = dir.path().join("cabac_pkg.sv");
    let rtl_dir = dir.path().to_str().unwrap();
    let arguments = ["--core", "encoder", "--suite", "random", "--rtl-dir", rtl_dir, "--failures"];
    let output = command().arg("cosim").args(arguments).arg(&no_dir).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("MISMATCH") && text.contains(&format!("cannot write {}", no_dir.display())),
        "{text}"
    );

    let dir = rtl_with(Some(("cabac_encoder_front.sv", "fetch <= req;", "fetch <= req ^ 22'd1;")));
    let mut child = command()
        .args(["cosim", "--suite", "random", "--core", "encoder", "--rtl-dir", dir.path().to_str().unwrap()])
        .arg("--failures")
        .arg(dir.path().join("failures"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1), "a closed pipe");
}
