//! The core beside its twin and the oracle, in every clock.

use silicabac::{
    cores::encoder4::SPEC,
    cosim::{self, Model, Outcome, Source, Ways},
    suites::Suite,
};

use super::{common, sources};

const SEED: u64 = 20_260_004;

fn play(suites: &[&str], edit: Option<[&str; 3]>) -> Vec<Outcome> {
    let (cache, tools) = common::tools();
    let scratch = tempfile::tempdir().unwrap();
    sources(scratch.path(), edit);
    let source = Source::of(&SPEC, SPEC.top, Some(scratch.path()), &cache).unwrap();
    let model = Model::build(&source, &cache, &tools).unwrap();
    let suites = suites.iter().map(|name| Suite::built_in(name, SEED).unwrap());
    suites.map(|suite| cosim::run(&model, &suite, SEED, &Ways::All, &mut |_| ())).collect()
}

fn are_equal(suites: &[&str]) {
    for outcome in play(suites, None) {
        assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
        println!("{} bins, {:.4} a clock", outcome.stats.bins, outcome.stats.bins_per_clock());
        assert!(outcome.lockstep_bins >= 3 * outcome.stats.bins, "{outcome:?}");
    }
}

#[test]
fn core_and_twin_are_equal() {
    are_equal(&["smoke", "random"]);
}

#[test]
#[ignore = "long"]
fn core_and_twin_are_equal_in_every_suite() {
    are_equal(&["directed", "real", "limits"]);
}

#[test]
fn recorded_slices_flow() {
    for (outcome, least) in play(&["avc", "hevc"], None).iter().zip([4.8, 7.8]) {
        let rate = outcome.stats.bins_per_clock();
        println!("{} bins, {rate:.3} a clock", outcome.stats.bins);
        assert!(rate > least && outcome.failure.is_none(), "{rate}");
    }
}

#[test]
fn a_wrong_core_is_noticed() {
    for edit in [
        ["cabac_encoder4_gate.sv", "few && ends == 4'd0", "(few || taken) && ends == 4'd0"],
        ["cabac_encoder4_gate.sv", "rst ? 4'd15", "rst ? 4'd9"],
        ["cabac_encoder4_group.sv", "req_model[7*k +: 7]", "req_model[7*(k & 1) +: 7]"],
        ["cabac_encoder4_slot.sv", "{9'd0, data}", "{9'd0, data & 8'h7f}"],
        ["cabac_encoder4_front.sv", "same_3[1] &= !same_3[2];", ""],
        ["cabac_encoder4_contexts.sv", "same[3] ? write_data[27:21] : same[2]", "same[2]"],
        ["cabac_encoder4_queue.sv", "few = fill_next <= 5'd1", "few = fill_next <= 5'd3"],
    ] {
        let outcomes = play(&["smoke", "random", "directed"], Some(edit));
        assert!(outcomes.iter().any(|outcome| outcome.failure.is_some()), "{edit:?}");
    }
}
