//! The cores against their twins and the oracle, and the judge against cores that are wrong.

mod common;

use std::{fs, process::Output};

use common::{command, rtl_with, tools, unpublished_traces};
use serde_json::Value;
use silicabac::bin::{BinCoder, Encode, Event};
use silicabac::cosim::CoreKind;
use silicabac::spec;
use silicabac::suites::{BUILT_IN, Suite};

const SEED: u64 = 20_260_000;

#[test]
fn the_built_in_cores_are_equal_in_every_suite() {
    let Some((cache, tools)) = tools() else { return };
    for core in CoreKind::ALL {
        let model = core.build(core.top(), None, &cache, &tools).unwrap();
        for name in BUILT_IN {
            let suite = Suite::built_in(name, SEED).unwrap();
            let outcome = model.run(&suite, SEED, &mut |_| ());
            assert!(outcome.failure.is_none(), "{name}, {}: {:?}", core.top(), outcome.failure);
            assert!(
                outcome.stats.bins > 100_000 && outcome.lockstep_bins >= 4 * outcome.stats.bins,
                "{outcome:?}"
            );
            let bins_per_clock = outcome.stats.bins_per_clock();
            assert!(bins_per_clock > 0.99 || !["avc", "hevc"].contains(&name), "{name}: {bins_per_clock}");
        }
    }
}

#[test]
fn unpublished_slices_are_equal_too() {
    let Some((cache, tools)) = tools() else { return };
    // PCM in H.264, wavefronts and tiles, field and MBAFF pictures: what golden/ has little or nothing of.
    let wanted = ["allIPCM", "girlshy", "HCAMFF1", "hm_tiles", "bear"];
    for core in CoreKind::ALL {
        let model = core.build(core.top(), None, &cache, &tools).unwrap();
        for path in unpublished_traces()
            .iter()
            .filter(|path| wanted.iter().any(|name| path.to_string_lossy().contains(name)))
        {
            let suite = Suite::from_file(path).unwrap();
            let outcome = model.run(&suite, SEED, &mut |_| ());
            assert!(outcome.failure.is_none(), "{}: {:?}", suite.name, outcome.failure);
        }
    }
}

fn run(arguments: &[&str]) -> Output {
    command().arg("cosim").args(["--seed", &SEED.to_string()]).args(arguments).output().unwrap()
}

/// The bin that a wrong core was convicted by.
struct Found {
    suite: String,
    vector: String,
    bin: u64,
}

/// Runs an encoder with one edit; the first mismatch.
fn convicted(edit: (&str, &str, &str)) -> Option<Found> {
    tools()?;
    let dir = rtl_with(Some(edit));
    let rtl_dir = dir.path().to_str().unwrap();
    let output = run(&["--core", "encoder", "--rtl-dir", rtl_dir, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["pass"], false);
    let failed = report["results"].as_array().unwrap().iter().find(|result| result["pass"] == false).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let failure = &failed["failure"];
    let bin = failure["bin"].as_u64().unwrap();
    Some(Found { suite: text(&failed["suite"]), vector: text(&failure["vector"]), bin })
}

/// The oracle before the named bin, that bin, and the request before it.
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
    let Some(found) = convicted(edit) else { return };
    let (oracle, event, _) = scene(&found);
    let Event::Context { ctx, .. } = event else { panic!("{event:?}") };
    assert_eq!((oracle.save(ctx).p_state_idx(), oracle.cod_i_range() >> 6 & 3), (20, 2));
}

#[test]
fn a_dropped_carry_is_found() {
    let edit = (
        "cabac_encoder_low.sv",
        "assign carry = sum[10];",
        "assign carry = sum[10] && bits_outstanding != 32'd9;",
    );
    let Some(found) = convicted(edit) else { return };
    let (mut oracle, event, _) = scene(&found);
    assert_eq!(oracle.bits_outstanding(), 9);
    let low = oracle.cod_i_low_10();
    let _ = oracle.play(&[event]);
    assert!(oracle.bits_outstanding() < 9 && low < 512, "the run ends with this bin, by a carry");
}

#[test]
fn a_missed_forward_is_found() {
    let edit = (
        "cabac_context_memory.sv",
        "write_valid && write_addr == read_addr ? write_data : models[read_addr]",
        "models[read_addr]",
    );
    let Some(found) = convicted(edit) else { return };
    let (_, event, before) = scene(&found);
    let context = |event| match event {
        Event::Context { ctx, .. } | Event::Load { ctx, .. } => Some(ctx),
        _ => None,
    };
    assert!(context(event).is_some());
    assert_eq!(context(event), before.and_then(context));
}

#[test]
fn an_outstanding_counter_of_five_bits_is_found() {
    let edit = (
        "cabac_encoder_low.sv",
        "= bits_outstanding + {29'd0, low.shift}",
        "= (bits_outstanding + {29'd0, low.shift}) & 32'd31",
    );
    let Some(found) = convicted(edit) else { return };
    let (mut oracle, event, _) = scene(&found);
    assert!(oracle.bits_outstanding() < 32);
    let _ = oracle.play(&[event]);
    assert!(oracle.bits_outstanding() >= 32);
}

#[test]
fn a_carry_dropped_after_exactly_256_outstanding_bits_is_found() {
    let carry = "assign carry = sum[10] && (low.flush || bits_outstanding != 32'd256);";
    let Some(found) = convicted(("cabac_encoder_low.sv", "assign carry = sum[10];", carry)) else {
        return;
    };
    assert_eq!((found.suite.as_str(), found.vector.as_str()), ("outstanding", "outstanding-256-carry"));
}

#[test]
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
fn a_wrong_output_that_is_no_register_is_found() {
    convicted(("cabac_encoder.sv", "assign settled = !fetch_valid;", "assign settled = 1'b1;"));
}

#[test]
fn a_request_that_looks_at_a_port_it_does_not_use_is_found() {
    convicted(("cabac_encoder.sv", "in_data};", "in_data ^ {7'd0, in_kind == cabac_pkg::RAW && in_bin}};"));
}

#[test]
fn a_failure_shows_rows_bins_command_and_waveform() {
    if tools().is_none() {
        return;
    }
    let edit = (
        "cabac_encoder_range.sv",
        "cabac_pkg::ALIGN: cod_i_range_next = 9'd256",
        "cabac_pkg::ALIGN: cod_i_range_next = 9'd510",
    );
    let dir = rtl_with(Some(edit));
    let waves = dir.path().join("mismatch.vcd");
    let (rtl_dir, waves) = (dir.path().to_str().unwrap(), waves.to_str().unwrap());
    let output = run(&["--core", "encoder", "--rtl-dir", rtl_dir, "--suite", "random", "--waves", waves]);
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
        "1 of 1 suites failed",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in:\n{text}");
    }
    let replay = text.lines().find_map(|line| line.trim().strip_prefix("replay: silicabac ")).unwrap();
    let again = command().args(replay.split(' ')).current_dir(dir.path()).output().unwrap();
    let mismatch = |text: &str| text.lines().find(|line| line.contains("clock ")).map(str::to_owned);
    assert_eq!(mismatch(&String::from_utf8(again.stdout).unwrap()), mismatch(&text));

    let vcd = fs::read(waves).unwrap();
    let header = vcd::Parser::new(&*vcd).parse_header().unwrap();
    for scope in ["twin", "core"] {
        assert!(
            header.find_var(&["cosim", scope, "cod_i_range"]).is_some(),
            "no {scope}.cod_i_range in the waveform"
        );
    }
    assert!(header.find_var(&["cosim", "clk"]).is_some());
    let last_change = |scope: &str| {
        let code = header.find_var(&["cosim", scope, "cod_i_range"]).unwrap().code;
        let changes = vcd::Parser::new(&*vcd).filter_map(|command| match command {
            Ok(vcd::Command::ChangeVector(id, value)) if id == code => Some(value.to_string()),
            _ => None,
        });
        changes.collect::<Vec<_>>()
    };
    assert_ne!(last_change("twin"), last_change("core"), "the waveform shows what each core did");
}

#[test]
fn reports_for_machines_are_well_formed() {
    if tools().is_none() {
        return;
    }
    let json = run(&["--suite", "avc", "--format", "json"]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((report["seed"].as_u64(), &report["pass"]), (Some(SEED), &Value::Bool(true)));
    let junit = run(&["--suite", "avc", "--format", "junit"]);
    let report =
        quick_junit::Report::deserialize_from_str(&String::from_utf8(junit.stdout).unwrap()).unwrap();
    assert_eq!((report.tests, report.failures), (2, 0));
}

/// What `cosim` says of a core with more text before its last `endmodule`.
fn with_more_verilog(text: &str, arguments: &[&str]) -> Output {
    let end = "write_valid, fetch.ctx_idx, fetch_model, write_new};";
    let dir = rtl_with(Some(("cabac_encoder.sv", end, &format!("{end}\n{text}"))));
    let rtl_dir = dir.path().to_str().unwrap();
    run(&[&["--core", "encoder", "--rtl-dir", rtl_dir, "--suite", "random"], arguments].concat())
}

#[test]
fn what_a_design_prints_stays_out_of_reports() {
    if tools().is_none() {
        return;
    }
    let output = with_more_verilog("initial $display(\"hello\");", &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice::<Value>(&output.stdout).expect("nothing but the report");
    assert!(String::from_utf8_lossy(&output.stderr).contains("hello"));
}

#[test]
fn a_design_that_stops_is_a_mismatch_that_says_where() {
    if tools().is_none() {
        return;
    }
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
    if tools().is_none() {
        return;
    }
    let stop = "initial $finish;";
    let output = with_more_verilog(stop, &["--waves", "/no/such/dir/waves.vcd"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("MISMATCH"));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/no/such/dir"));

    let dir = rtl_with(Some(("cabac_encoder.sv", "in_data};", "in_data ^ 8'd1};")));
    let mut child = command()
        .args(["cosim", "--suite", "random", "--core", "encoder", "--rtl-dir", dir.path().to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1), "a closed pipe");
}
