//! The steps of the cores at every point; and steps with one thing wrong, each of which is found and named.

use std::collections::BTreeSet;

use crate::common::{command, expect, rtl_with, tools};
use silicabac::cores::{ALL, CoreSpec, Direction, decoder, encoder};
use silicabac::cosim::sweep::{Column, Difference, Sweep, Swept, Wrong};

/// Sweeps a step with one text replaced in a file of the built-in sources, at each `every`th of its registers.
fn swept(core: &'static CoreSpec, edit: Option<(&str, &str, &str)>, every: usize) -> Vec<Swept> {
    let (cache, tools) = tools();
    let dir = rtl_with(edit);
    let sweep =
        Sweep::build(core, Some(dir.path()), &cache, &tools).unwrap_or_else(|error| panic!("{error}"));
    sweep.run(every, &mut |_| ()).unwrap()
}

#[test]
fn the_steps_of_the_decoders_are_the_oracles_everywhere() {
    // A step that several cores share is swept once.
    let mut steps = BTreeSet::new();
    for core in ALL.into_iter().filter(|core| core.direction == Direction::Decoder) {
        if steps.insert(core.step.top) {
            every_point_is_equal(&swept(core, None, 1));
        }
    }
}

#[track_caller]
fn every_point_is_equal(swept: &[Swept]) {
    let counts: Vec<_> = swept.iter().map(|swept| (swept.kind, swept.points)).collect();
    let registers = 95_641;
    let expected = [
        ("context", 12_050_766),
        ("shift", 63 * 251 * 2 * 2),
        ("bypass", registers),
        ("terminate", registers),
        ("align", registers),
        ("start", 512),
    ];
    assert_eq!(counts, expected);
    swept.iter().for_each(equal);
}

/// A part of what `silicabac cosim --exhaustive` does in seconds.
#[test]
fn the_encoders_step_is_the_oracles() {
    let swept = swept(&encoder::SPEC, None, 11);
    assert_eq!(swept[0].points, 38_061_072_u64.div_ceil(63 * 4).div_ceil(11) * 63 * 4);
    swept.iter().for_each(equal);
}

#[track_caller]
fn equal(swept: &Swept) {
    assert!(swept.failure.is_none(), "{}: {}", swept.kind, swept.failure.as_ref().unwrap());
}

/// The kinds of points at which a broken step is found, and the first of them.
#[track_caller]
fn found(core: &'static CoreSpec, edit: (&str, &str, &str)) -> (Vec<&'static str>, Difference) {
    let swept = swept(core, Some(edit), 13);
    let failed: Vec<_> =
        swept.iter().filter_map(|swept| Some((swept.kind, swept.failure.as_ref()?))).collect();
    let Some((_, Wrong::Differs(first))) = failed.first() else { panic!("not found") };
    (failed.iter().map(|(kind, _)| *kind).collect(), (**first).clone())
}

fn differing(difference: &Difference) -> Vec<&'static str> {
    let differ = |column: &&Column| column.oracle != column.core;
    difference.columns.iter().filter(differ).map(|column| column.name).collect()
}

#[track_caller]
fn names(difference: &Difference, words: &[&str]) {
    for word in words {
        assert!(difference.point.contains(word), "{word:?} is missing in: {difference}");
    }
}

#[test]
fn a_wrong_entry_of_the_table_is_found() {
    let edit = ("cabac_range_table.sv", "8'd48,  8'd59,  8'd69,  8'd80", "8'd48,  8'd59,  8'd68,  8'd80");
    for core in ALL.into_iter().filter(|core| core.lanes == 1) {
        let (kinds, first) = found(core, edit);
        assert_eq!(kinds[0], "context");
        names(&first, &["context", "p_state_idx 21"]);
        let range = first.point.split("cod_i_range ").nth(1).unwrap();
        assert_eq!(range[..3].parse::<u32>().unwrap() >> 6 & 3, 2, "{first}");
    }
}

#[test]
fn an_offset_compared_off_by_one_is_found() {
    let edit =
        ("cabac_decoder_step.sv", "assign upper = !above[9];", "assign upper = !above[9] && above != 0;");
    let (kinds, first) = found(&decoder::SPEC, edit);
    assert_eq!(kinds, ["context", "shift", "bypass", "terminate"]);
    assert!(differing(&first).contains(&"bin"), "{first}");
    let [bin, ..] = &first.columns[..] else { panic!("{first}") };
    assert_ne!(bin.oracle, bin.core);
}

#[test]
fn a_wrong_bit_of_the_longest_shift_is_found() {
    let edit = (
        "cabac_decoder_step.sv",
        "cod_i_offset_next = 9'(({offset_part, next_bits[8:3]} << shift) >> 6);",
        "cod_i_offset_next = 9'(({offset_part, next_bits[8:4], next_bits[shift == 3'd6 ? 2 : 3]} << shift) >> 6);",
    );
    let (kinds, first) = found(&decoder::SPEC, edit);
    assert_eq!(kinds, ["context", "shift"]);
    assert_eq!(differing(&first), ["cod_i_offset"]);
    assert!(first.columns.iter().any(|column| column.name == "taken" && column.core == "6"), "{first}");
}

#[test]
fn a_missed_swap_of_val_mps_is_found() {
    let edit =
        ("cabac_transition.sv", "model.val_mps ^ (!mps && model.p_state_idx == 6'd0);", "model.val_mps;");
    for core in ALL.into_iter().filter(|core| core.lanes == 1) {
        let (_, first) = found(core, edit);
        names(&first, &["context", "p_state_idx 0"]);
        assert_eq!(differing(&first), ["val_mps"]);
    }
}

#[test]
fn a_carry_lost_after_many_outstanding_bits_is_found() {
    let edit = (
        "cabac_encoder_low.sv",
        "assign carry = sum[10];",
        "assign carry = sum[10] && bits_outstanding < 32'd2;",
    );
    let (kinds, first) = found(&encoder::SPEC, edit);
    assert_eq!(kinds, ["context", "bypass", "terminate", "align", "counter"], "a carry may wait in codILow");
    assert!(differing(&first).contains(&"written"), "{first}");
    for few in ["bits_outstanding 0,", "bits_outstanding 1,"] {
        assert!(!first.point.contains(few), "{first}");
    }
}

#[test]
fn a_stuck_bit_of_the_counter_is_found() {
    let counted = "bits_outstanding_next = bits_outstanding + {29'd0, low.shift};";
    for bit in [17, 31] {
        let stuck = format!("{} & ~(32'd1 << {bit});", counted.replace("= ", "= (").replace(';', ")"));
        let (kinds, first) = found(&encoder::SPEC, ("cabac_encoder_low.sv", counted, &stuck));
        assert_eq!(kinds, ["counter"]);
        assert_eq!(differing(&first), ["bits_outstanding"]);
    }
}

#[test]
fn a_run_cut_short_is_found() {
    let edit = (
        "cabac_encoder_low.sv",
        "bits.run = bits_outstanding;",
        "bits.run = {12'd0, bits_outstanding[19:0]};",
    );
    let (kinds, first) = found(&encoder::SPEC, edit);
    assert_eq!(kinds, ["counter"]);
    assert!(differing(&first).contains(&"bits"), "{first}");
}

#[test]
fn the_command_shows_where_a_step_is_wrong() {
    let edit = ("cabac_decoder_step.sv", "bin = model.val_mps ^ upper;", "bin = model.val_mps ^ !upper;");
    let dir = rtl_with(Some(edit));
    let run = |format: &str| {
        let arguments = ["cosim", "--exhaustive", "--core", "decoder", "--format", format, "--rtl-dir"];
        command().args(arguments).arg(dir.path()).output().unwrap()
    };
    let human = run("human");
    expect(
        &human,
        1,
        &["MISMATCH in the step of the decoder, at a point of context", "next_bits", "start             512"],
    );
    let text = String::from_utf8(human.stdout).unwrap();
    let rows: Vec<_> = text.lines().skip_while(|line| !line.contains("bin  cod_i_range")).take(4).collect();
    let [head, oracle, core, marks] = rows[..] else { panic!("{text}") };
    let bin = head.find("bin").unwrap() + 2;
    let at = |row: &str| row.as_bytes()[bin];
    assert_eq!((at(oracle) ^ at(core), at(marks)), (1, b'^'), "{text}");

    let json: serde_json::Value = serde_json::from_slice(&run("json").stdout).unwrap();
    assert_eq!(
        (&json["pass"], &json["results"][0]["failure"]["after"][0]["name"]),
        (&false.into(), &"bin".into())
    );
    let junit = String::from_utf8(run("junit").stdout).unwrap();
    let junit = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    assert_eq!((junit.tests, junit.failures), (6, 2), "context and shift");
}

#[test]
fn a_sweep_is_no_suite() {
    for other in [["--suite", "smoke"], ["--trace", "file"], ["--seed", "1"], ["--failures", "dir"]] {
        let output = command().args(["cosim", "--exhaustive"]).args(other).output().unwrap();
        expect(&output, 2, &["--exhaustive", "cannot be used with", other[0]]);
    }
}
