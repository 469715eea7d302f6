//! A hunt finds what makes a core slow: in cores that were made slow on purpose, and nothing in one that was not.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::common::tools;
use silicabac::bin::{BinCoder, Event};
use silicabac::cores::{self, Direction};
use silicabac::cosim::{self, Hunt, Model, Slowest, Source, Within, rtl};
use silicabac::spec;
use silicabac::vectors::Vector;

const LENGTH: usize = 64;

/// The encoder that can be slow in four ways.
static STALLING: LazyLock<Model> = LazyLock::new(|| {
    let (cache, tools) = tools();
    let mut files: Vec<PathBuf> = rtl::built_in(cores::by_name("encoder").unwrap(), &cache).unwrap();
    files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cores/stalling_encoder.v"));
    let constants = vec!["trigger".to_owned()];
    let source = Source { constants, ..Source::new(Direction::Encoder, "stalling_encoder", files) };
    Model::build(&source, &cache, &tools).unwrap()
});

#[track_caller]
fn found(trigger: u32, tries: u64) -> Vec<Slowest> {
    let model = STALLING.with_constants(&[trigger]);
    let hunt = Hunt { seed: 1, tries, length: LENGTH };
    let found = cosim::hunt(&model, &hunt, &mut |_| ()).unwrap();
    for Slowest { within, clocks, most, found_at, pattern, vector } in &found {
        println!(
            "{trigger}: {within:?} {clocks} of {most} at {found_at}, {} events: {}",
            vector.events.len(),
            pattern.join("; ")
        );
        // It is a vector like any other, and is as slow again.
        let (_, throughput) = model.measure(&model.flowing(&[vector]), LENGTH).unwrap();
        let stretch = throughput.slowest_stretch().unwrap();
        assert!(stretch.clocks >= *clocks && stretch.vector == vector.id, "{stretch:?}");
    }
    found
}

fn within_a_run(found: &[Slowest]) -> &Slowest {
    let slowest = &found[0];
    assert_eq!(slowest.within, Within::OneRun);
    slowest
}

/// How many pairs of successive events in the vector satisfy `is_so`.
fn pairs(vector: &Vector, is_so: impl Fn(Event, Event) -> bool) -> usize {
    vector.events.windows(2).filter(|pair| is_so(pair[0], pair[1])).count()
}

#[test]
fn a_context_that_is_used_twice_in_a_row_is_found() {
    let found = found(1, 600);
    let Slowest { clocks, vector, .. } = within_a_run(&found);
    // Each bin takes six clocks, and the core itself waits from time to time.
    assert!((380..420).contains(clocks), "{clocks}");
    let again = pairs(vector, |one, next| match (one, next) {
        (Event::Context { ctx: one, .. }, Event::Context { ctx: next, .. }) => one == next,
        _ => false,
    });
    assert!(again >= LENGTH, "{again}");
    // The bins, one before them, one load and the end are the fewest requests.
    assert!(vector.events.len() <= LENGTH + 4, "{}", vector.events.len());
}

#[test]
fn a_long_run_of_outstanding_bits_is_found() {
    let found = found(2, 600);
    let Slowest { clocks, vector, .. } = within_a_run(&found);
    // A bin takes four clocks while there are more than 40 outstanding bits.
    assert!((250..300).contains(clocks), "{clocks}");
    let mut encoder = spec::Encoder::new();
    let long = vector.events.iter().filter(|event| {
        encoder.code(**event);
        event.is_bin() && encoder.bits_outstanding() > 40
    });
    assert!(long.count() >= LENGTH, "{vector:?}");
}

#[test]
fn a_terminate_bin_after_a_bypass_bin_is_found() {
    let found = found(3, 2_000);
    let Slowest { clocks, vector, .. } = within_a_run(&found);
    assert!((64 + 32 * 20..64 + 32 * 20 + 40).contains(clocks), "{clocks}");
    let both = pairs(vector, |one, next| {
        matches!((one, next), (Event::Bypass { .. }, Event::Terminate { bin: false }))
    });
    assert!(both >= LENGTH / 2, "{both}");
}

#[test]
fn a_bin_after_the_load_of_its_context_is_found() {
    let found = found(4, 2_000);
    let Slowest { clocks, vector, .. } = within_a_run(&found);
    assert!((640..700).contains(clocks), "{clocks}");
    let both = pairs(vector, |one, next| match (one, next) {
        (Event::Load { ctx: one, .. }, Event::Context { ctx: next, .. }) => one == next,
        _ => false,
    });
    assert!(both >= LENGTH, "{both}");
}

#[test]
fn a_core_without_a_weak_point_has_nothing_worse_than_is_known_of_it() {
    let found = found(0, 2_000);
    let clocks: Vec<u64> = found.iter().map(|slowest| slowest.clocks).collect();
    // One bin in a clock and one byte in a clock, bytes of outstanding bits included; a bin renormalises by seven bits at the most. A flush
    // takes two clocks more.
    let bytes = (4 * LENGTH * 7 / 8) as u64;
    assert!(clocks[0] <= LENGTH as u64 + bytes, "{clocks:?}");
    assert!(clocks.get(1).is_none_or(|clocks| *clocks <= 3 * LENGTH as u64 + bytes), "{clocks:?}");
}

#[test]
fn the_same_seed_finds_the_same() {
    let [one, other] = [0, 1].map(|_| found(3, 300));
    let said = |found: &[Slowest]| {
        found
            .iter()
            .map(|slowest| (slowest.clocks, slowest.found_at, slowest.vector.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(said(&one), said(&other));
    assert!(!one.is_empty());
}
