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
    are_equal(&["directed", "real", "avc", "hevc", "limits"]);
}

#[test]
fn a_register_that_is_wrong_is_noticed() {
    let edit = ["cabac_encoder4_coder.sv", "few && !(taken", "(few || taken) && !(taken"];
    assert!(play(&["smoke"], Some(edit))[0].failure.is_some());
}
