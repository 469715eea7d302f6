//! The speed of the core on recorded slices, and wrong cores of many kinds, which its lockstep in `cosim` has to notice.

use silicabac::{
    cores::encoder4::SPEC,
    cosim::{self, Model, Outcome, Source, Ways},
    suites::Suite,
};

use super::sources;

const SEED: u64 = 20_260_004;

fn model(edit: Option<[&str; 3]>) -> Model {
    let (cache, tools) = crate::common::tools();
    let scratch = tempfile::tempdir().unwrap();
    sources(scratch.path(), edit);
    let source = Source::of(&SPEC, SPEC.top, Some(scratch.path()), &cache).unwrap();
    Model::build(&source, &cache, &tools).unwrap()
}

fn play(suites: &[&str], edit: Option<[&str; 3]>) -> Vec<Outcome> {
    let model = model(edit);
    let suites = suites.iter().map(|name| Suite::built_in(name, SEED).unwrap());
    suites.map(|suite| cosim::run(&model, &suite, SEED, &Ways::All, &mut |_| ())).collect()
}

/// When the output stops, the queue needs room for everything in the pipeline, the second word of a flush included.
#[test]
fn a_queue_that_is_too_short_is_noticed() {
    let edit = ["cabac_encoder4_queue.sv", "few = fill_next <= 5'd1", "few = fill <= 5'd1"];
    let mut suite = Suite::built_in("limits", SEED).unwrap();
    suite.vectors.retain(|vector| vector.id.starts_with("full-flush-words-"));
    for (edit, is_right) in [(None, true), (Some(edit), false)] {
        let outcome = cosim::run(&model(edit), &suite, SEED, &Ways::All, &mut |_| ());
        assert_eq!(outcome.failure.is_none(), is_right, "{:?}", outcome.failure);
    }
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
