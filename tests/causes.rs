//! Why a wrong core fails is said as its designer would say it: for cores with known faults, alone and in pairs.

mod common;

use std::path::Path;
use std::sync::LazyLock;

use common::tools;
use silicabac::cosim::{self, Explanation, Model, Rules, Source};
use silicabac::fit::CoreFile;
use silicabac::mutation::{Design, Designs};
use silicabac::stress;
use silicabac::vectors::Vector;

/// A list of faults, and the right core.
fn list(name: &str) -> (Source, Vec<Design>) {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cores/{name}faults.toml"));
    let Designs { core, faults } = Designs::read(&list).unwrap();
    let CoreFile { direction, top, rtl, verilator_arg: arguments, can, .. } =
        CoreFile::read(Some(&core), &[]).unwrap();
    (Source { can, arguments, ..Source::new(direction.unwrap(), top.unwrap(), rtl) }, faults)
}

/// What is played: all that is small, and of the sizes at which counters end those up to some thousands.
static VECTORS: LazyLock<Vec<Vector>> = LazyLock::new(|| {
    let mut limits = stress::limits::vectors();
    limits.retain(|vector| vector.events.len() < 12_000);
    [stress::smoke(), stress::directed(), limits].concat()
});

/// Why a core with this fault fails; where it waits or is given up in some classes alone.
fn causes(right: &Source, fault: &Design, judged: &[&str]) -> Vec<Explanation> {
    let (cache, tools) = tools();
    let dir = tempfile::tempdir().unwrap();
    let wrong = fault.edited(right, dir.path()).unwrap();
    let model = Model::build(&wrong, &cache, &tools).unwrap();
    let classes = cosim::classes(&model.fitter(), &VECTORS);
    let rules = Rules { seed: 1, plan: None };
    let judged = classes.iter().filter(|class| judged.contains(&&*class.name));
    let verdicts: Vec<_> = judged.map(|class| cosim::judge(&model, class, &rules)).collect();
    let played = classes.iter().map(|class| (&*class.name, class.fitted.played()));
    let all = played.flat_map(|(name, vectors)| vectors.into_iter().map(move |vector| (name, vector)));
    let evidence: Vec<_> = all.filter_map(|(name, vector)| cosim::evidence(&model, name, vector)).collect();
    let mut causes = cosim::causes(&evidence);
    causes.extend(cosim::waiting(&model, &cosim::unexplained(&verdicts, &causes)));
    causes
}

/// A list, faults of it that a core has at once, classes that are judged in all ways, and a part of what is said of each cause.
type Case = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// What a designer would say of these.
const CASES: &[Case] = &[
    (
        "textbook_encoder_",
        &["run-that-a-flush-decides-is-counted-in-eight-bits"],
        &[],
        &["kind=terminate & ended-run>=256"],
    ),
    ("textbook_encoder_", &["outstanding-wraps-in-ten-bits"], &[], &["ended-run>=1024"]),
    ("textbook_encoder_", &["terminate-at-257-is-not-renormalised"], &[], &["flush=no & codIRange=257"]),
    ("textbook_encoder_", &["mark-of-the-last-byte-is-a-clock-late"], &[], &["flush=yes & phase=0"]),
    (
        "textbook_encoder_",
        &["align-does-nothing-behind-an-lps"],
        &[],
        &["kind=align & after-symbol=lps", "kind=align & request<=3"],
    ),
    ("textbook_encoder_", &["raw-byte-512-is-marked-last"], &[], &["raw-block>=512"]),
    (
        "textbook_encoder_",
        &["reset-keeps-a-flush"],
        &["give-up"],
        &["a reset comes in the middle of a slice"],
    ),
    (
        "textbook_encoder_",
        &["second-bin-is-left-out-after-32-stalled-clocks"],
        &["good-N"],
        &["the output is not taken"],
    ),
    ("quad_encoder/", &["range-of-384-has-the-first-column"], &[], &["codIRange=384"]),
    ("quad_encoder/", &["range-of-16-moves-by-five"], &[], &["codIRangeLPS=16"]),
    ("quad_encoder/", &["raw-byte-128-is-marked-last"], &[], &["raw-block>=128"]),
    ("hevc_encoder/", &["pcm-block-ends-behind-384-bytes"], &[], &["raw-block>=385"]),
    ("hevc_encoder/", &["raw-byte-1024-is-marked-last"], &[], &["raw-block>=1024"]),
    (
        "textbook_encoder_",
        &["terminate-at-257-is-not-renormalised", "raw-byte-512-is-marked-last"],
        &[],
        &["flush=no & codIRange=257", "raw-block>=512"],
    ),
    (
        "textbook_encoder_",
        &["align-does-nothing-behind-an-lps", "run-that-a-flush-decides-is-counted-in-eight-bits"],
        &[],
        &["kind=align & after-symbol=lps", "kind=align & request<=3", "kind=terminate & ended-run>=256"],
    ),
    (
        "quad_encoder/",
        &["range-of-384-has-the-first-column", "raw-byte-128-is-marked-last"],
        &[],
        &["codIRange=384", "raw-block>=128"],
    ),
];

#[track_caller]
fn check((name, wrong, judged, told): &Case) {
    let (right, faults) = list(name);
    let found = |wanted: &&str| faults.iter().find(|fault| fault.name == *wanted).unwrap();
    let fault = wrong.iter().map(found).cloned().reduce(|one, other| one.and(&other)).unwrap();
    let causes = causes(&right, &fault, judged);
    let said = |cause: &Explanation| match &cause.rule {
        Some(rule) => format!("{rule}: {}", cause.text),
        None => cause.text.clone(),
    };
    let all: Vec<String> = causes.iter().map(said).collect();
    println!("{name}{wrong:?}:\n  {}", all.join("\n  "));
    // What is left is told to be left.
    let told_apart = all.iter().filter(|one| !one.contains("vectors more fail")).count();
    assert_eq!(told_apart, told.len(), "{wrong:?}");
    for what in *told {
        assert!(all.iter().any(|one| one.contains(what)), "{what} is not said of {wrong:?}");
    }
}

#[test]
fn a_fault_is_told_by_its_cause() {
    check(&CASES[2]);
}

/// All of them, or those with a part of a name.
#[test]
#[ignore = "long"]
fn faults_are_told_by_their_causes_alone_and_in_pairs() {
    let part = std::env::var("SILICABAC_CAUSE").unwrap_or_default();
    let some = CASES.iter().filter(|(_, wrong, ..)| wrong.iter().any(|name| name.contains(&part)));
    let wrong: Vec<_> = some.filter(|case| std::panic::catch_unwind(|| check(case)).is_err()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
